import { parseCheckExpression } from "../table/alter/constraint-changes";
import type { ObservedColumn, ObservedTable } from "../observed/observed-table";
import type { TableSpecArgs } from "../declare/table/args";
import type { ColumnArgs } from "../declare/table/column";
import type { CheckArgs, ForeignKeyArgs } from "../declare/table/constraints";
import { canonicalizeType } from "../table/compare/compare";
import { getReach, parseConstraintState } from "../declare/table/constraint-state";
import { parseForeignKey } from "../table/compare/compare-foreign-keys";

/** Returns columns and constraints of a table as declared. Texts are the server's. */
export function declareColumns(
  table: ObservedTable,
): Pick<TableSpecArgs, "columns" | "primaryKey" | "uniques" | "checks" | "foreignKeys"> {
  const primary = table.constraints.find((one) => one.kind === "primary");
  const declareKind = <T>(kind: "unique" | "check" | "foreign", read: (one: Constraint) => T) =>
    record(table.constraints.filter((one) => one.kind === kind).map((one) => [one.name, read(one)] as const));
  const uniques = declareKind("unique", (one) => one.columns);
  const checks = declareKind("check", checkArgs);
  const foreignKeys = declareKind("foreign", declareForeignKey);
  return {
    columns: Object.fromEntries(table.columns.map((column) => [column.name, declareColumn(column)])),
    ...(primary ? { primaryKey: primary.columns } : {}),
    ...(uniques ? { uniques } : {}),
    ...(checks ? { checks } : {}),
    ...(foreignKeys ? { foreignKeys } : {}),
  };
}

/** Notes the states of constraints: those declared, and those left as they are. */
export function noteConstraintStates(table: ObservedTable): string[] {
  return [
    ...table.constraints.flatMap((one) => {
      const { notValid, notEnforced, deferrable } = parseConstraintState(one);
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

function declareColumn(found: ObservedColumn): string | ColumnArgs {
  const serial = findSerialType(found);
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
function findSerialType(found: ObservedColumn): string | undefined {
  if (found.sequence === undefined || found.identity !== undefined || found.nullable) return undefined;
  if (!found.default?.startsWith("nextval(")) return undefined;
  return { bigint: "bigserial", integer: "serial", smallint: "smallserial" }[canonicalizeType(found.type)];
}

/** Returns a text if it applies to all rows. */
function checkArgs(found: Constraint): string | CheckArgs {
  const expression = parseCheckExpression(found.definition);
  const reach = getReach(found);
  return Object.keys(reach).length === 0 ? expression : { expression, ...reach };
}

function declareForeignKey(constraint: Constraint): ForeignKeyArgs {
  const { columns, references, onDelete, onUpdate, deferrable } = parseForeignKey(constraint);
  return {
    columns,
    references,
    ...(onDelete === "no action" ? {} : { onDelete }),
    ...(onUpdate === "no action" ? {} : { onUpdate }),
    ...(deferrable === undefined ? {} : { deferrable }),
    ...getReach(constraint),
  };
}
