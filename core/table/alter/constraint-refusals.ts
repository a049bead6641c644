import type { Problem } from "../../problems/problem";
import type { Differences } from "./alteration";
import { readsNothing } from "./checks";
import type { AlterFacts } from "./facts";
import { isSameKey, mayBeUnread } from "./foreign-keys";
import { formatForeignKey } from "../compare/compare-foreign-keys";
import { formatPath } from "../../problems/shape-problems";
import type { ConstraintChange } from "./constraint-changes";

/** Explains why changes of constraints are refused; empty: none is. `name` is the table's, in quotes. */
export function findConstraintRefusals(changes: readonly ConstraintChange[], name: string): Problem[] {
  return changes.flatMap((change) => {
    const problem = refuseConstraintChange(change, name);
    return problem ? [problem] : [];
  });
}

function refuseConstraintChange(change: ConstraintChange, name: string): Problem | undefined {
  switch (change.kind) {
    case "add unique":
      return {
        path: formatPath(["uniques", change.name]),
        code: "table-mismatch",
        message: `${name} has no unique constraint "${change.name}"; adding one builds an index on every partition while writers wait.`,
        fix:
          `Declare it as an index instead: indexes: { ${JSON.stringify(change.name)}: { columns: ${JSON.stringify(change.columns)}, unique: true } }. ` +
          "It is built CONCURRENTLY and enforces the same; ON CONFLICT and foreign keys take it too.",
      };
    case "other unique":
      return {
        path: formatPath(["uniques", change.name]),
        code: "table-mismatch",
        message: `the unique constraint "${change.name}" of ${name} is (${change.found.columns.join(", ")}), declared is (${change.columns.join(", ")}).`,
        fix: "Declare what exists; declare the new one as a unique index, run `pulumi up`, then remove the old one.",
      };
    case "other foreign key":
      return {
        path: formatPath(["foreignKeys", change.key.name]),
        code: "table-mismatch",
        message: `the foreign key "${change.key.name}" of ${name} is ${change.found.definition}, declared is ${formatForeignKey(change.key)}.`,
        fix: "A foreign key never changes in place: declare the new one under another name and remove the old one, in one update.",
      };
    case "enforce check":
    case "enforce foreign key":
      return refuseToEnforce(change, name);
    default:
      return undefined;
  }
}

function refuseToEnforce(
  change: Extract<ConstraintChange, { kind: "enforce check" | "enforce foreign key" }>,
  name: string,
): Problem {
  const isCheck = change.kind === "enforce check";
  const [property, word] = isCheck ? (["checks", "check"] as const) : (["foreignKeys", "foreign key"] as const);
  const text = JSON.stringify(change.name);
  return {
    path: formatPath([property, change.name]),
    code: "table-mismatch",
    message: change.enforced
      ? `the ${word} ${text} of ${name} is NOT ENFORCED: the server does not check it, and declared is one that it checks.`
      : `the ${word} ${text} of ${name} is enforced, declared is enforced: false.`,
    fix: change.enforced
      ? `Declare what exists: ${property}: { ${text}: { …, enforced: false } }; or declare an enforced one under another name and remove this one, in one update.`
      : "Remove enforced: false; or declare it under another name and remove this one, in one update.",
  };
}

/**
 * Refuses constraints that a partition or this server prevents: a partition has a different constraint of that name, or only a
 * later PostgreSQL has such foreign keys.
 */
export function findArrivalRefusals(
  { constraints }: Pick<Differences, "constraints">,
  arriving: readonly string[],
  facts: Pick<AlterFacts, "pending" | "version">,
  name: string,
): Problem[] {
  const keys = constraints.flatMap((change) => (change.kind === "add foreign key" ? [change.key] : []));
  return [
    ...facts.pending
      .filter((one) => one.own === true && arriving.includes(one.name))
      .filter((one) => {
        const key = keys.find((candidate) => candidate.name === one.name);
        return key ? !isSameKey(one, key) : one.kind !== "check";
      })
      .map((one): Problem => {
        const isKey = keys.some((candidate) => candidate.name === one.name);
        return {
          path: formatPath([isKey ? "foreignKeys" : "checks", one.name]),
          code: "table-mismatch",
          message: `partition "${one.schema}.${one.partition}" of ${name} has a constraint "${one.name}" with another definition: ${one.definition ?? one.kind}.`,
          fix: "Declare yours under another name; that of the partition is left as it is.",
        };
      }),
    ...keys
      .filter((key) => readsNothing(key) && !mayBeUnread(facts))
      .map((key): Problem => ({
        path: formatPath(["foreignKeys", key.name, key.enforced === false ? "enforced" : "validate"]),
        code: "invalid-value",
        message: `PostgreSQL ${String(facts.version)} has no foreign key of a partitioned table that ${key.enforced === false ? "is not enforced" : "holds for new rows only"}: that comes with 18.`,
        fix: "Remove it; the rows are then read partition by partition.",
      })),
    ...constraints.flatMap((change): Problem[] => {
      const check = change.kind === "add check" ? change : change.kind === "replace check" ? change.check : undefined;
      if (check?.enforced !== false || mayBeUnread(facts)) return [];
      return [
        {
          path: formatPath(["checks", change.kind === "replace check" ? change.name : check.name, "enforced"]),
          code: "invalid-value",
          message: `PostgreSQL ${String(facts.version)} has no check that is not enforced: that comes with 18.`,
          fix: "Remove enforced: false.",
        },
      ];
    }),
  ];
}
