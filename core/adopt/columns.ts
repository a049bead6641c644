import { checkExpression } from "../alter/constraints";
import type { ObservedColumn, ObservedTable } from "../observed";
import type { ColumnArgs, ForeignKeyArgs, TableSpecArgs } from "../spec/args";
import { canonicalType } from "../spec/compare";
import { observedForeignKey } from "../spec/foreign-keys";

/** Columns and constraints of a table as they would be declared. Texts are the server's. */
export function declaredColumns(
  table: ObservedTable,
): Pick<TableSpecArgs, "columns" | "primaryKey" | "uniques" | "checks" | "foreignKeys"> {
  const primary = table.constraints.find((one) => one.kind === "primary");
  const of = <T>(kind: "unique" | "check" | "foreign", read: (one: Constraint) => T) =>
    record(table.constraints.filter((one) => one.kind === kind).map((one) => [one.name, read(one)] as const));
  const uniques = of("unique", (one) => one.columns);
  const checks = of("check", (one) => checkExpression(one.definition));
  const foreignKeys = of("foreign", foreignKeyArgs);
  return {
    columns: Object.fromEntries(table.columns.map((column) => [column.name, columnArgs(column)])),
    ...(primary ? { primaryKey: primary.columns } : {}),
    ...(uniques ? { uniques } : {}),
    ...(checks ? { checks } : {}),
    ...(foreignKeys ? { foreignKeys } : {}),
  };
}

type Constraint = ObservedTable["constraints"][number];

function record<T>(entries: readonly (readonly [string, T])[]): Readonly<Record<string, T>> | undefined {
  return entries.length > 0 ? Object.fromEntries(entries) : undefined;
}

function columnArgs(found: ObservedColumn): string | ColumnArgs {
  const serial = serialType(found);
  const more = {
    ...(found.nullable ? { nullable: true } : {}),
    ...(serial !== undefined || found.default === undefined ? {} : { default: found.default }),
    ...(found.identity === undefined ? {} : { identity: found.identity }),
    ...(found.comment === undefined ? {} : { comment: found.comment }),
  };
  const type = serial ?? found.type;
  return Object.keys(more).length === 0 ? type : { type, ...more };
}

/** An integer that takes its values from a sequence of its own. */
export function serialType(found: ObservedColumn): string | undefined {
  if (found.sequence === undefined || found.identity !== undefined || found.nullable) return undefined;
  if (!found.default?.startsWith("nextval(")) return undefined;
  return { bigint: "bigserial", integer: "serial", smallint: "smallserial" }[canonicalType(found.type)];
}

function foreignKeyArgs(constraint: Constraint): ForeignKeyArgs {
  const { columns, references, onDelete, onUpdate } = observedForeignKey(constraint);
  return {
    columns,
    references,
    ...(onDelete === "no action" ? {} : { onDelete }),
    ...(onUpdate === "no action" ? {} : { onUpdate }),
  };
}
