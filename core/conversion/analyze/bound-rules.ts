import { quote, quoteQualified } from "../../names/identifier";
import { type Found, listSome, type Rule } from "./finding";

/** Views and functions are bound by oid: left alone, they would read the history alone. */
export const views: Rule = ({ source }) => {
  const direct = source.views.filter((one) => one.direct);
  const stale = direct.filter((one) => one.kind === "materialized");
  const plain = direct.filter((one) => one.kind === "view");
  const above = source.views.filter((one) => !one.direct);
  return [
    ...stale.map((one): Found => ({
      level: "blocker",
      message: `materialised view "${nameView(one)}" is bound to the table by its oid, and REFRESH would go on reading the history alone.`,
      fix: `Let it read a view of the table, which the conversion points to the new one: create the view, DROP MATERIALIZED VIEW ${quoteQualified(one.schema, one.name)} and create it from that.`,
    })),
    ...plain
      .filter((one) => !one.ours)
      .map((one): Found => ({
        level: "blocker",
        message: `view "${nameView(one)}" belongs to "${one.owner}", and only its owner can point it to the new table.`,
        fix: `GRANT ${quote(one.owner)} TO the role that converts, or drop the view meanwhile.`,
      })),
    ...(plain.length > 0
      ? [
          {
            level: "handled",
            message: `view${plain.length > 1 ? "s" : ""} ${listSome(plain.map(nameView))} ${plain.length > 1 ? "are" : "is"} pointed to the partitioned table in the swap; owner, grants and comments stay${above.length > 0 ? `, and so does what reads ${plain.length > 1 ? "them" : "it"}: ${listSome(above.map(nameView))}` : ""}.`,
          } as const,
        ]
      : []),
  ];
};

function nameView({ schema, name }: { readonly schema: string; readonly name: string }): string {
  return `${schema}.${name}`;
}

export const functions: Rule = ({ source }) => {
  const direct = source.functions.filter((one) => one.direct);
  return [
    ...direct
      .filter((one) => !one.ours)
      .map((one): Found => ({
        level: "blocker",
        message: `${one.kind} ${one.signature} has a body bound to the table (BEGIN ATOMIC) and belongs to "${one.owner}", who alone can replace it.`,
        fix: `GRANT ${quote(one.owner)} TO the role that converts, or write its body as a string.`,
      })),
    ...(direct.length > 0
      ? [
          {
            level: "handled",
            message: `${direct.map((one) => `${one.kind} ${one.signature}`).join(", ")}: a body bound to the table (BEGIN ATOMIC) is replaced by the same text in the swap, with owner and grants kept.`,
          } as const,
        ]
      : []),
  ];
};

export const foreignPolicies: Rule = ({ source }) => {
  const found = source.foreignPolicies;
  return [
    ...found
      .filter((one) => !one.ours)
      .map((one): Found => ({
        level: "blocker",
        message: `policy "${one.name}" of "${one.schema}.${one.table}" queries the table, and only the owner of that table can point it to the new one.`,
        fix: `GRANT the owner of ${quoteQualified(one.schema, one.table)} TO the role that converts, or drop the policy meanwhile.`,
      })),
    ...(found.length > 0
      ? [
          {
            level: "handled",
            message: `policies of other tables query it, and are pointed to the partitioned table in the swap: ${found.map((one) => `"${one.name}" of "${one.schema}.${one.table}"`).join(", ")}.`,
          } as const,
        ]
      : []),
  ];
};
