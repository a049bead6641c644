import { quoteList, quoteQualified } from "../names/identifier";
import type { ObservedConstraint } from "../observed";
import type { ReferentialAction } from "./args";
import type { ForeignKeySpec } from "./spec";

/** What follows the name of a foreign key in SQL. */
export function foreignKeyDefinition(key: ForeignKeySpec): string {
  const target = `${quoteQualified(key.references.schema, key.references.table)} (${quoteList(key.references.columns)})`;
  const actions = `${key.onDelete === "no action" ? "" : ` ON DELETE ${key.onDelete.toUpperCase()}`}${
    key.onUpdate === "no action" ? "" : ` ON UPDATE ${key.onUpdate.toUpperCase()}`
  }`;
  return `FOREIGN KEY (${quoteList(key.columns)}) REFERENCES ${target}${actions}`;
}

/** A foreign key as the catalogue shows it. Referenced columns and actions are in its text alone. */
export function observedForeignKey({ name, columns, definition, references }: ObservedConstraint): ForeignKeySpec {
  const [, remote = "", actions = ""] = /\(([^()]*)\)([^()]*)$/.exec(definition.replace(/^.*? REFERENCES /, "")) ?? [];
  const action = (event: string): ReferentialAction =>
    (
      new RegExp(`ON ${event} (CASCADE|RESTRICT|SET NULL|SET DEFAULT)`).exec(actions)?.[1] ?? "no action"
    ).toLowerCase() as ReferentialAction;
  return {
    name,
    columns,
    references: {
      schema: references?.schema ?? "",
      table: references?.table ?? "",
      columns: remote.split(", ").map((column) => column.replace(/^"(.*)"$/, "$1").replaceAll('""', '"')),
    },
    onDelete: action("DELETE"),
    onUpdate: action("UPDATE"),
  };
}

export function sameForeignKey(declared: ForeignKeySpec, found: ObservedConstraint): boolean {
  return foreignKeyDefinition(declared) === foreignKeyDefinition(observedForeignKey(found));
}
