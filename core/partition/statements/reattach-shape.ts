import { quote, quoteQualified } from "../../names/identifier";
import { parseConstraintState } from "../../declare/table/constraint-state";
import type { Lock, Statement } from "../../sql/statement";

/** Differences of a detached table from its parent, which was changed in the meantime. */
export interface AwayShape {
  readonly missing: readonly {
    readonly name: string;
    readonly type: string;
    readonly nullable: boolean;
    readonly default: string | undefined;
  }[];
  readonly extra: readonly string[];
  readonly types: readonly { readonly name: string; readonly type: string; readonly from: string }[];
  /** Columns that may be NULL here, but not in the parent. */
  readonly empty: readonly string[];
  readonly constraints: readonly {
    readonly name: string;
    readonly kind: "check" | "foreign";
    readonly definition: string;
    /** `schema.table` of a foreign key. */
    readonly referenced: string | undefined;
    /** True if another constraint of this table has its name. */
    readonly taken: boolean;
  }[];
}

/**
 * Applies changes made while a table was detached: columns added or dropped, types, NOT NULL, checks and foreign keys. No query
 * plan contains the table, so it may be read and rewritten; only a referenced table is locked for an instant.
 */
export function buildDetachedShapeStatements(
  partition: { readonly schema: string; readonly name: string },
  shape: AwayShape,
): Statement[] {
  const relation = `${partition.schema}.${partition.name}`;
  const table = quoteQualified(partition.schema, partition.name);
  const columns = `columns of ${relation}`;
  const alter = (action: string, transaction: string, undo: string): Statement => ({
    sql: `ALTER TABLE ${table} ${action}`,
    transaction,
    timeouts: "strong",
    locks: [{ relation, role: "partition", mode: "ACCESS EXCLUSIVE" }],
    hold: "grows with rows",
    hazards: ["LOCK_PARTITION_AX", "SCAN_PARTITION"],
    undo,
  });
  return [
    ...shape.constraints
      .filter((one) => one.taken)
      .map(({ name }) => alter(`DROP CONSTRAINT ${quote(name)}`, columns, "not needed")),
    ...shape.extra.map((name) => ({
      ...alter(`DROP COLUMN ${quote(name)}`, columns, "none: the table has lost the column too"),
      hazards: ["LOCK_PARTITION_AX", "DELETES_DATA"] as const,
    })),
    ...shape.missing.map((column) =>
      alter(
        `ADD COLUMN ${quote(column.name)} ${column.type}${column.default === undefined ? "" : ` DEFAULT ${column.default}`}${column.nullable ? "" : " NOT NULL"}`,
        columns,
        `ALTER TABLE ${table} DROP COLUMN ${quote(column.name)}`,
      ),
    ),
    ...shape.types.map(({ name, type, from }) =>
      alter(
        `ALTER COLUMN ${quote(name)} TYPE ${type}`,
        columns,
        `ALTER TABLE ${table} ALTER COLUMN ${quote(name)} TYPE ${from}`,
      ),
    ),
    ...shape.empty.map((name) =>
      alter(
        `ALTER COLUMN ${quote(name)} SET NOT NULL`,
        columns,
        `ALTER TABLE ${table} ALTER COLUMN ${quote(name)} DROP NOT NULL`,
      ),
    ),
    ...shape.constraints.flatMap((one) =>
      one.kind === "check" ? [alter(addText(one), columns, buildDropText(table, one))] : [],
    ),
    ...shape.constraints.flatMap((one) =>
      one.kind === "foreign" ? buildForeignKeyStatements(relation, table, one) : [],
    ),
  ];
}

type AwayConstraint = AwayShape["constraints"][number];

/**
 * Adds a foreign key. Its rows are read without a lock that blocks writers of the referenced table; one that is NOT VALID or NOT
 * ENFORCED on the parent is so here, and reads none.
 */
function buildForeignKeyStatements(relation: string, table: string, one: AwayConstraint): Statement[] {
  const { notValid, notEnforced } = parseConstraintState(one);
  const listLocks = (own: Lock["mode"], other: Lock["mode"]): Lock[] => [
    { relation, role: "partition", mode: own },
    { relation: one.referenced ?? "", role: "referenced", mode: other },
  ];
  return [
    {
      sql: `ALTER TABLE ${table} ${addText(one)}${notValid || notEnforced ? "" : " NOT VALID"}`,
      transaction: `foreign key ${one.name} of ${relation}`,
      timeouts: "strong",
      locks: listLocks("SHARE ROW EXCLUSIVE", "SHARE ROW EXCLUSIVE"),
      hold: "instant",
      hazards: ["LOCK_REF_WRITE"],
      undo: buildDropText(table, one),
    },
    ...(notValid || notEnforced
      ? []
      : [validateKey(relation, table, one, listLocks("SHARE UPDATE EXCLUSIVE", "ROW SHARE"))]),
  ];
}

function validateKey(relation: string, table: string, one: AwayConstraint, locks: readonly Lock[]): Statement {
  return {
    sql: `ALTER TABLE ${table} VALIDATE CONSTRAINT ${quote(one.name)}`,
    transaction: `validate ${one.name} of ${relation}`,
    timeouts: "waiting",
    locks,
    hold: "grows with rows",
    hazards: ["SCAN_PARTITION"],
    undo: "not needed: it only reads",
  };
}

/** Returns the constraint as the parent has it: if that holds for new rows only, older rows were never required to satisfy it. */
function addText({ name, definition }: AwayConstraint): string {
  return `ADD CONSTRAINT ${quote(name)} ${definition}`;
}

function buildDropText(table: string, { name }: AwayConstraint): string {
  return `ALTER TABLE ${table} DROP CONSTRAINT ${quote(name)}`;
}
