import { quoteList, quoteQualified } from "../../names/identifier";
import type { ObservedConstraint } from "../../observed/observed-table";
import type { ReferentialAction } from "../../declare/table/constraints";
import { getReach, parseConstraintState } from "../../declare/table/constraint-state";
import type { ForeignKeySpec } from "../../declare/table/constraints";

/** Returns the definition after a foreign key's name; NOT VALID is added if the table has rows. */
export function formatForeignKey(key: ForeignKeySpec): string {
  const target = `${quoteQualified(key.references.schema, key.references.table)} (${quoteList(key.references.columns)})`;
  const actions = `${key.onDelete === "no action" ? "" : ` ON DELETE ${key.onDelete.toUpperCase()}`}${
    key.onUpdate === "no action" ? "" : ` ON UPDATE ${key.onUpdate.toUpperCase()}`
  }`;
  const deferrable = key.deferrable === undefined ? "" : ` DEFERRABLE ${key.deferrable.toUpperCase()}`;
  const enforced = key.enforced === false ? " NOT ENFORCED" : "";
  return `FOREIGN KEY (${quoteList(key.columns)}) REFERENCES ${target}${actions}${deferrable}${enforced}`;
}

/** Reads a foreign key from the catalogue. Referenced columns, actions and state are in its text alone. */
export function parseForeignKey(found: Omit<ObservedConstraint, "oid" | "kind" | "validated">): ForeignKeySpec {
  const { name, columns, definition, references } = found;
  const [, remote = "", actions = ""] = /\(([^()]*)\)([^()]*)$/.exec(definition.replace(/^.*? REFERENCES /, "")) ?? [];
  const parseAction = (event: string): ReferentialAction =>
    (
      new RegExp(`ON ${event} (CASCADE|RESTRICT|SET NULL|SET DEFAULT)`).exec(actions)?.[1] ?? "no action"
    ).toLowerCase() as ReferentialAction;
  const { deferrable } = parseConstraintState(found);
  return {
    name,
    columns,
    references: {
      schema: references?.schema ?? "",
      table: references?.table ?? "",
      columns: remote.split(", ").map((column) => column.replace(/^"(.*)"$/, "$1").replaceAll('""', '"')),
    },
    onDelete: parseAction("DELETE"),
    onUpdate: parseAction("UPDATE"),
    ...(deferrable === undefined ? {} : { deferrable }),
    ...getReach(found),
  };
}

/**
 * True if both require the same of the same rows. The rows that it applies to are a state, which `VALIDATE` changes; the time of
 * its check is compared if declared.
 */
export function isSameForeignKey(
  declared: ForeignKeySpec,
  found: Omit<ObservedConstraint, "oid" | "kind" | "validated">,
): boolean {
  const observed = parseForeignKey(found);
  const normalizeKey = ({ enforced: _enforced, ...key }: ForeignKeySpec, deferrable = declared.deferrable): string =>
    formatForeignKey({ ...key, deferrable: declared.deferrable === undefined ? undefined : deferrable });
  return normalizeKey(declared) === normalizeKey(observed, observed.deferrable);
}
