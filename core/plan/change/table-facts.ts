import type { Observation } from "../../observed/observed-table";
import type { IndexSpec } from "../../declare/table/spec";
import type { ParentIndex, ParentShape } from "../../partition/carry/parent";
import type { WindowPlan } from "./plan-types";

/** Collects the facts by which policies judge the table itself and the role that changes it. */
export function collectTableFacts(
  parent: ParentShape | undefined,
  declared: readonly IndexSpec[],
  role: Observation["role"],
): Pick<WindowPlan, "role" | "keyKind" | "leadingColumns"> {
  return {
    ...(role ? { role } : {}),
    ...(parent ? { keyKind: parent.key.kind, leadingColumns: listLeadingColumns(parent.indexes, declared) } : {}),
  };
}

/** Lists the first column of each index that covers all rows, existing or built by the update. */
function listLeadingColumns(indexes: readonly ParentIndex[], declared: readonly IndexSpec[]): string[] {
  const there = indexes.map((index) => parseFirstColumn(index.constraint ?? index.definition));
  const coming = declared.map((index) => (index.where === undefined ? index.columns[0]?.column : undefined));
  return [...new Set([...there, ...coming].filter((column) => column !== undefined))].sort();
}

/**
 * Reads the first column from `USING btree ("a", b DESC)` or `PRIMARY KEY ("a")`; undefined for an expression, a partial index,
 * or a method without order.
 */
function parseFirstColumn(definition: string): string | undefined {
  if (/\) WHERE \(/.test(definition) || /^USING (?!btree|hash)/.test(definition)) return undefined;
  const [, quoted, plain] = /^[^(]*\((?:"((?:[^"]|"")+)"|([a-z_][\w$]*))[ ,)]/.exec(definition) ?? [];
  return quoted?.replaceAll('""', '"') ?? plain;
}
