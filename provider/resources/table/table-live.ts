import { columnChanges, isSerial } from "../../../core/table/alter/changes";
import { checkExpression, constraintChanges } from "../../../core/table/alter/constraint-changes";
import { sameExpression } from "../../../core/table/alter/expression-text";
import type {
  Observation,
  ObservedColumn,
  ObservedConstraint,
  ObservedTable,
} from "../../../core/observed/observed-table";
import type { RegisteredExpression } from "../../../core/observed/registration";
import { canonicalType } from "../../../core/table/compare/compare";
import { reachOf } from "../../../core/declare/table/constraint-state";
import { observedForeignKey } from "../../../core/table/compare/compare-foreign-keys";
import type { ColumnSpec, TableShape } from "../../../core/declare/table/spec";
import type { CheckSpec } from "../../../core/declare/table/constraints";
import { tableFromWire, tableWireSchema } from "../../../core/declare/table/wire";
import type { PropertyMap } from "../../runtime/values";
import { asProperties, requireWire } from "../shared/inputs";

/**
 * Returns the last inputs updated to the present table: equal parts keep the program's text, parts changed by hand appear as
 * they are. A refresh then shows the difference, and the next update corrects or refuses it.
 */
export function liveInputs(inputs: PropertyMap, table: ObservedTable, observation: Observation): PropertyMap {
  const shape = tableFromWire(requireWire(tableWireSchema, inputs));
  const recorded = observation.registration?.expressions ?? [];
  const live: Record<string, unknown> = {
    ...(shape.comment !== undefined && shape.comment !== table.comment ? { comment: table.comment } : {}),
    ...(shape.columns ? liveParts(shape, table, recorded) : {}),
  };
  const kept = Object.entries(inputs).filter(([name]) => !(name in live));
  return { ...Object.fromEntries(kept), ...asProperties(live) };
}

/** Returns only the differing parts: the rest keeps the program's exact text. */
function liveParts(
  shape: TableShape,
  table: ObservedTable,
  recorded: readonly RegisteredExpression[],
): Record<string, readonly object[] | undefined> {
  const columns = columnChanges(shape, table, recorded).filter((change) => change.kind !== "drop");
  const constraints = constraintChanges(shape, table, recorded).map((change) => change.kind);
  const differs = (word: string) => constraints.some((kind) => kind.endsWith(word));
  return {
    ...(columns.length > 0 ? { columns: liveColumns(shape, table, recorded) } : {}),
    ...(differs("check") ? { checks: nonEmpty(liveChecks(shape, table, recorded)) } : {}),
    ...(differs("unique") ? { uniques: nonEmpty(liveUniques(shape, table)) } : {}),
    ...(differs("foreign key") ? { foreignKeys: nonEmpty(liveForeignKeys(shape, table, recorded)) } : {}),
  };
}

function liveColumns(shape: TableShape, table: ObservedTable, recorded: readonly RegisteredExpression[]): object[] {
  const changes = columnChanges(shape, table, recorded);
  const declared = (shape.columns ?? []).flatMap((column) => {
    const found = table.columns.find((candidate) => candidate.name === column.name);
    if (!found) return [];
    const mine = changes.filter((change) => "column" in change && change.column.name === column.name);
    return mine.length === 0 ? [column] : [liveColumn(column, found, new Set(mine.map((change) => change.kind)))];
  });
  // A column whose removal is confirmed is only dropped later than the program declares.
  const undeclared = changes.flatMap((change) => (change.kind === "undeclared" ? [importedColumn(change.found)] : []));
  return [...declared, ...undeclared];
}

function liveColumn(declared: ColumnSpec, found: ObservedColumn, changed: ReadonlySet<string>): object {
  const { default: _default, identity: _identity, comment: _comment, ...column } = declared;
  const differs = changed.has("set default") || changed.has("drop default");
  return {
    ...column,
    type: changed.has("type") ? found.type : column.type,
    nullable: found.nullable,
    // A serial that lost its default would otherwise look unchanged.
    ...(differs
      ? given("default", found.default ?? (isSerial(column.type) ? "NULL" : undefined))
      : given("default", declared.default)),
    ...given("identity", found.identity),
    ...(changed.has("comment") ? given("comment", found.comment) : given("comment", declared.comment)),
  };
}

/** Returns a column as a program would declare it. */
export function importedColumn(found: ObservedColumn, recorded: readonly RegisteredExpression[] = []): object {
  const serial = serialType(found);
  const known = recorded.find((one) => one.kind === "default" && one.name === found.name);
  const fallback = known?.printed === found.default ? known?.declared : found.default;
  return {
    name: found.name,
    type: serial ?? found.type,
    nullable: found.nullable,
    ...(serial ? {} : given("default", fallback)),
    ...given("identity", found.identity),
    ...given("comment", found.comment),
  };
}

/** Returns the serial type of an integer with a sequence of its own. */
function serialType(found: ObservedColumn): string | undefined {
  if (found.sequence === undefined || found.identity !== undefined || found.nullable) return undefined;
  if (!found.default?.startsWith("nextval(")) return undefined;
  const serial = { bigint: "bigserial", integer: "serial", smallint: "smallserial" }[canonicalType(found.type)];
  return serial !== undefined && isSerial(serial) ? serial : undefined;
}

function liveChecks(
  shape: TableShape,
  table: ObservedTable,
  recorded: readonly RegisteredExpression[],
): readonly CheckSpec[] {
  const changed = constraintChanges(shape, table, recorded);
  return shape.checks.flatMap((check) => {
    const change = changed.find((one) => "name" in one && one.kind.endsWith(" check") && one.name === check.name);
    switch (change?.kind) {
      case undefined:
        return [check];
      case "replace check":
        return [liveCheck(change.found)];
      case "validate check":
        return [{ ...check, validate: false as const }];
      case "enforce check":
        return [{ name: check.name, expression: check.expression, ...reachOf(change.found) }];
      default:
        return [];
    }
  });
}

function liveCheck(found: ObservedConstraint): CheckSpec {
  return { name: found.name, expression: checkExpression(found.definition), ...reachOf(found) };
}

/** Returns every check of a table, in the program's text where it is recorded. */
export function importedChecks(table: ObservedTable, recorded: readonly RegisteredExpression[]): object[] {
  return table.constraints
    .filter((constraint) => constraint.kind === "check")
    .map((found) => {
      const known = recorded.find((one) => one.kind === "check" && one.name === found.name);
      const same =
        known && sameExpression(checkExpression(known.printed), checkExpression(found.definition), undefined);
      return same ? { ...liveCheck(found), expression: known.declared } : liveCheck(found);
    });
}

function liveUniques(shape: TableShape, table: ObservedTable): object[] {
  return shape.uniques.flatMap((unique) => {
    const found = table.constraints.find((one) => one.kind === "unique" && one.name === unique.name);
    return found ? [{ name: unique.name, columns: found.columns }] : [];
  });
}

function liveForeignKeys(shape: TableShape, table: ObservedTable, recorded: readonly RegisteredExpression[]): object[] {
  const changed = constraintChanges(shape, table, recorded);
  return shape.foreignKeys.flatMap((key) => {
    const found = table.constraints.find((one) => one.kind === "foreign" && one.name === key.name);
    const differs = changed.some(
      (change) =>
        ("key" in change && change.key.name === key.name) ||
        (change.kind === "enforce foreign key" && change.name === key.name),
    );
    return differs ? (found ? [observedForeignKey(found)] : []) : [key];
  });
}

function given(name: string, value: string | undefined): Record<string, string> {
  return value === undefined ? {} : { [name]: value };
}

/** Returns undefined for an empty list, as the components do. */
function nonEmpty(list: readonly object[]): readonly object[] | undefined {
  return list.length > 0 ? list : undefined;
}
