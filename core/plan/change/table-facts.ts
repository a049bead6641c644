import type { Observation } from "../../observed/table";
import type { IndexSpec } from "../../declare/table/spec";
import type { ParentIndex, ParentShape } from "../../partition/carry/parent";
import type { WindowPlan } from "./types";

/** What policies judge about the table itself and about the role that changes it. */
export function tableFacts(
  parent: ParentShape | undefined,
  declared: readonly IndexSpec[],
  role: Observation["role"],
): Pick<WindowPlan, "role" | "keyKind" | "leadingColumns"> {
  return {
    ...(role ? { role } : {}),
    ...(parent ? { keyKind: parent.key.kind, leadingColumns: leadingColumns(parent.indexes, declared) } : {}),
  };
}

/** The columns that an index of all rows begins with: of the indexes that are there, and of those that the update builds. */
function leadingColumns(indexes: readonly ParentIndex[], declared: readonly IndexSpec[]): string[] {
  const there = indexes.map((index) => firstColumn(index.constraint ?? index.definition));
  const coming = declared.map((index) => (index.where === undefined ? index.columns[0]?.column : undefined));
  return [...new Set([...there, ...coming].filter((column) => column !== undefined))].sort();
}

/** Of `USING btree ("a", b DESC)`, `PRIMARY KEY ("a")`; undefined for an expression, a part of the rows, or no order at all. */
function firstColumn(definition: string): string | undefined {
  if (/\) WHERE \(/.test(definition) || /^USING (?!btree|hash)/.test(definition)) return undefined;
  const [, quoted, plain] = /^[^(]*\((?:"((?:[^"]|"")+)"|([a-z_][\w$]*))[ ,)]/.exec(definition) ?? [];
  return quoted?.replaceAll('""', '"') ?? plain;
}
