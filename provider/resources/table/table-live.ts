import { findColumnChanges, isSerial } from "../../../core/table/alter/changes";
import { parseCheckExpression, findConstraintChanges } from "../../../core/table/alter/constraint-changes";
import { isSameExpression } from "../../../core/table/alter/expression-text";
import type {
  Observation,
  ObservedColumn,
  ObservedConstraint,
  ObservedTable,
} from "../../../core/observed/observed-table";
import type { RegisteredExpression } from "../../../core/observed/registration";
import { canonicalizeType } from "../../../core/table/compare/compare";
import { getReach } from "../../../core/declare/table/constraint-state";
import { parseForeignKey } from "../../../core/table/compare/compare-foreign-keys";
import type { ColumnSpec, TableShape } from "../../../core/declare/table/spec";
import type { CheckSpec } from "../../../core/declare/table/constraints";
import { decodeTable, tableWireSchema } from "../../../core/declare/table/wire";
import type { PropertyMap } from "../../runtime/values";
import { toProperties, requireWire } from "../shared/inputs";

/**
 * Returns the last inputs updated to the present table: equal parts keep the program's text, parts changed by hand appear as
 * they are. A refresh then shows the difference, and the next update corrects or refuses it.
 */
export function refreshInputs(inputs: PropertyMap, table: ObservedTable, observation: Observation): PropertyMap {
  const shape = decodeTable(requireWire(tableWireSchema, inputs));
  const recorded = observation.registration?.expressions ?? [];
  const live: Record<string, unknown> = {
    ...(shape.comment !== undefined && shape.comment !== table.comment ? { comment: table.comment } : {}),
    ...(shape.columns ? refreshParts(shape, table, recorded) : {}),
  };
  const kept = Object.entries(inputs).filter(([name]) => !(name in live));
  return { ...Object.fromEntries(kept), ...toProperties(live) };
}

/** Returns only the differing parts: the rest keeps the program's exact text. */
function refreshParts(
  shape: TableShape,
  table: ObservedTable,
  recorded: readonly RegisteredExpression[],
): Record<string, readonly object[] | undefined> {
  const columns = findColumnChanges(shape, table, recorded).filter((change) => change.kind !== "drop");
  const constraints = findConstraintChanges(shape, table, recorded).map((change) => change.kind);
  const differs = (word: string) => constraints.some((kind) => kind.endsWith(word));
  return {
    ...(columns.length > 0 ? { columns: refreshColumns(shape, table, recorded) } : {}),
    ...(differs("check") ? { checks: omitEmpty(refreshChecks(shape, table, recorded)) } : {}),
    ...(differs("unique") ? { uniques: omitEmpty(refreshUniques(shape, table)) } : {}),
    ...(differs("foreign key") ? { foreignKeys: omitEmpty(refreshForeignKeys(shape, table, recorded)) } : {}),
  };
}

function refreshColumns(shape: TableShape, table: ObservedTable, recorded: readonly RegisteredExpression[]): object[] {
  const changes = findColumnChanges(shape, table, recorded);
  const declared = (shape.columns ?? []).flatMap((column) => {
    const found = table.columns.find((candidate) => candidate.name === column.name);
    if (!found) return [];
    const mine = changes.filter((change) => "column" in change && change.column.name === column.name);
    return mine.length === 0 ? [column] : [refreshColumn(column, found, new Set(mine.map((change) => change.kind)))];
  });
  // A column whose removal is confirmed is only dropped later than the program declares.
  const undeclared = changes.flatMap((change) => (change.kind === "undeclared" ? [importColumn(change.found)] : []));
  return [...declared, ...undeclared];
}

function refreshColumn(declared: ColumnSpec, found: ObservedColumn, changed: ReadonlySet<string>): object {
  const { default: _default, identity: _identity, comment: _comment, ...column } = declared;
  const differs = changed.has("set default") || changed.has("drop default");
  return {
    ...column,
    type: changed.has("type") ? found.type : column.type,
    nullable: found.nullable,
    // A serial that lost its default would otherwise look unchanged.
    ...(differs
      ? keepGiven("default", found.default ?? (isSerial(column.type) ? "NULL" : undefined))
      : keepGiven("default", declared.default)),
    ...keepGiven("identity", found.identity),
    ...(changed.has("comment") ? keepGiven("comment", found.comment) : keepGiven("comment", declared.comment)),
  };
}

/** Returns a column as a program would declare it. */
export function importColumn(found: ObservedColumn, recorded: readonly RegisteredExpression[] = []): object {
  const serial = findSerialType(found);
  const known = recorded.find((one) => one.kind === "default" && one.name === found.name);
  const fallback = known?.printed === found.default ? known?.declared : found.default;
  return {
    name: found.name,
    type: serial ?? found.type,
    nullable: found.nullable,
    ...(serial ? {} : keepGiven("default", fallback)),
    ...keepGiven("identity", found.identity),
    ...keepGiven("comment", found.comment),
  };
}

/** Returns the serial type of an integer with a sequence of its own. */
function findSerialType(found: ObservedColumn): string | undefined {
  if (found.sequence === undefined || found.identity !== undefined || found.nullable) return undefined;
  if (!found.default?.startsWith("nextval(")) return undefined;
  const serial = { bigint: "bigserial", integer: "serial", smallint: "smallserial" }[canonicalizeType(found.type)];
  return serial !== undefined && isSerial(serial) ? serial : undefined;
}

function refreshChecks(
  shape: TableShape,
  table: ObservedTable,
  recorded: readonly RegisteredExpression[],
): readonly CheckSpec[] {
  const changed = findConstraintChanges(shape, table, recorded);
  return shape.checks.flatMap((check) => {
    const change = changed.find((one) => "name" in one && one.kind.endsWith(" check") && one.name === check.name);
    switch (change?.kind) {
      case undefined:
        return [check];
      case "replace check":
        return [toCheckSpec(change.found)];
      case "validate check":
        return [{ ...check, validate: false as const }];
      case "enforce check":
        return [{ name: check.name, expression: check.expression, ...getReach(change.found) }];
      default:
        return [];
    }
  });
}

function toCheckSpec(found: ObservedConstraint): CheckSpec {
  return { name: found.name, expression: parseCheckExpression(found.definition), ...getReach(found) };
}

/** Returns every check of a table, in the program's text where it is recorded. */
export function importChecks(table: ObservedTable, recorded: readonly RegisteredExpression[]): object[] {
  return table.constraints
    .filter((constraint) => constraint.kind === "check")
    .map((found) => {
      const known = recorded.find((one) => one.kind === "check" && one.name === found.name);
      const same =
        known &&
        isSameExpression(parseCheckExpression(known.printed), parseCheckExpression(found.definition), undefined);
      return same ? { ...toCheckSpec(found), expression: known.declared } : toCheckSpec(found);
    });
}

function refreshUniques(shape: TableShape, table: ObservedTable): object[] {
  return shape.uniques.flatMap((unique) => {
    const found = table.constraints.find((one) => one.kind === "unique" && one.name === unique.name);
    return found ? [{ name: unique.name, columns: found.columns }] : [];
  });
}

function refreshForeignKeys(
  shape: TableShape,
  table: ObservedTable,
  recorded: readonly RegisteredExpression[],
): object[] {
  const changed = findConstraintChanges(shape, table, recorded);
  return shape.foreignKeys.flatMap((key) => {
    const found = table.constraints.find((one) => one.kind === "foreign" && one.name === key.name);
    const differs = changed.some(
      (change) =>
        ("key" in change && change.key.name === key.name) ||
        (change.kind === "enforce foreign key" && change.name === key.name),
    );
    return differs ? (found ? [parseForeignKey(found)] : []) : [key];
  });
}

function keepGiven(name: string, value: string | undefined): Record<string, string> {
  return value === undefined ? {} : { [name]: value };
}

/** Returns undefined for an empty list, as the components do. */
function omitEmpty(list: readonly object[]): readonly object[] | undefined {
  return list.length > 0 ? list : undefined;
}
