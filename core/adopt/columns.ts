import { checkExpression } from "../table/alter/constraints";
import type { ObservedColumn, ObservedTable } from "../observed/table";
import type { ColumnArgs, TableSpecArgs } from "../declare/table/args";
import type { CheckArgs, ForeignKeyArgs } from "../declare/table/constraints";
import { canonicalType } from "../table/compare/compare";
import { reachOf, stateOf } from "../declare/table/constraint-state";
import { observedForeignKey } from "../table/compare/foreign-keys";

/** Returns columns and constraints of a table as declared. Texts are the server's. */
export function declaredColumns(
  table: ObservedTable,
): Pick<TableSpecArgs, "columns" | "primaryKey" | "uniques" | "checks" | "foreignKeys"> {
  const primary = table.constraints.find((one) => one.kind === "primary");
  const of = <T>(kind: "unique" | "check" | "foreign", read: (one: Constraint) => T) =>
    record(table.constraints.filter((one) => one.kind === kind).map((one) => [one.name, read(one)] as const));
  const uniques = of("unique", (one) => one.columns);
  const checks = of("check", checkArgs);
  const foreignKeys = of("foreign", foreignKeyArgs);
  return {
    columns: Object.fromEntries(table.columns.map((column) => [column.name, columnArgs(column)])),
    ...(primary ? { primaryKey: primary.columns } : {}),
    ...(uniques ? { uniques } : {}),
    ...(checks ? { checks } : {}),
    ...(foreignKeys ? { foreignKeys } : {}),
  };
}

/** Notes the states of constraints: those declared, and those left as they are. */
export function constraintNotes(table: ObservedTable): string[] {
  return [
    ...table.constraints.flatMap((one) => {
      const { notValid, notEnforced, deferrable } = stateOf(one);
      const name = `${WORDS[one.kind]} "${one.name}"`;
      if (notEnforced)
        return [`${name} is NOT ENFORCED: the server does not check it, and enforced: false declares that`];
      if (notValid)
        return [
          `${name} is NOT VALID: it holds for new rows only, and validate: false declares that. Otherwise an update reads the older rows`,
        ];
      if (deferrable !== undefined && one.kind !== "foreign")
        return [`${name} is DEFERRABLE ${deferrable.toUpperCase()}: left as it is, and new partitions get it too`];
      return [];
    }),
    ...table.columns.flatMap((column) =>
      column.unread === true
        ? [
            `column "${column.name}" is NOT NULL for new rows only (NOT VALID): left as it is, and its older rows are not read`,
          ]
        : [],
    ),
  ];
}

const WORDS: Readonly<Record<Constraint["kind"], string>> = {
  primary: "primary key",
  unique: "unique constraint",
  check: "check",
  foreign: "foreign key",
  exclusion: "exclusion constraint",
};

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

/** Returns the serial type of an integer with its own sequence. */
function serialType(found: ObservedColumn): string | undefined {
  if (found.sequence === undefined || found.identity !== undefined || found.nullable) return undefined;
  if (!found.default?.startsWith("nextval(")) return undefined;
  return { bigint: "bigserial", integer: "serial", smallint: "smallserial" }[canonicalType(found.type)];
}

/** Returns a text if it applies to all rows. */
function checkArgs(found: Constraint): string | CheckArgs {
  const expression = checkExpression(found.definition);
  const reach = reachOf(found);
  return Object.keys(reach).length === 0 ? expression : { expression, ...reach };
}

function foreignKeyArgs(constraint: Constraint): ForeignKeyArgs {
  const { columns, references, onDelete, onUpdate, deferrable } = observedForeignKey(constraint);
  return {
    columns,
    references,
    ...(onDelete === "no action" ? {} : { onDelete }),
    ...(onUpdate === "no action" ? {} : { onUpdate }),
    ...(deferrable === undefined ? {} : { deferrable }),
    ...reachOf(constraint),
  };
}
