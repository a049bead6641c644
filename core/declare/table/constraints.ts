import { z } from "zod";
import { DEFAULT_SCHEMA } from "../../defaults";
import type { Problem } from "../../problems/problem";
import { checkName } from "../../names/name-problems";
import { type Around, defineAsWritten, defineOption, type OptionsOf } from "../option/option";
import { formatPath } from "../../problems/shape-problems";
import { nameShape as name, namesShape as names, nameType } from "../option/shapes";

/** Constraints on the rows of a table. */
export interface ConstraintOptions {
  /** Columns of the primary key. PostgreSQL requires the partition key among them. @example ["id", "ts"] */
  readonly primaryKey?: readonly string[];
  /** Unique constraints by name. Each must contain the partition key, because PostgreSQL enforces uniqueness per partition. */
  readonly uniques?: Readonly<Record<string, readonly string[]>>;
  /**
   * CHECK constraints by name, each one SQL expression. A new one is validated partition by partition without blocking writers;
   * rows that violate it revert what that update added, and nothing else. One that is no longer declared is dropped. One that
   * holds for new rows only is `{ expression, validate: false }`.
   *
   * @example { amount: "amount > 0", old_rows: { expression: "length(note) < 100", validate: false } }
   */
  readonly checks?: Readonly<Record<string, string | CheckArgs>>;
  /**
   * Foreign keys by name. A new one is validated partition by partition. Each new partition takes a SHARE ROW EXCLUSIVE lock on
   * the referenced table for an instant. A delete there searches every partition: give the columns an index.
   */
  readonly foreignKeys?: Readonly<Record<string, ForeignKeyArgs>>;
}

/** A CHECK constraint, and the rows it holds for. */
export interface CheckArgs {
  /** One SQL expression. @example "amount > 0" */
  readonly expression: string;
  /**
   * True to check existing rows. `false`: it holds for new and changed rows only (NOT VALID); an existing constraint is adopted
   * so without reading rows, and adding one reads nothing. Changed to true later: rows are read partition by partition. A
   * constraint created with a new table always holds for all rows. @default true
   */
  readonly validate?: boolean;
  /** False (NOT ENFORCED): the server does not check it. Needs PostgreSQL 18, and never changes in place. @default true */
  readonly enforced?: boolean;
}

/** A foreign key from the partitioned table. The referenced columns need a unique index. */
export interface ForeignKeyArgs {
  /** Columns of this table, paired in order with the referenced ones. @example ["run_id"] */
  readonly columns: readonly string[];
  /** Table and columns that it references. */
  readonly references: {
    /** Schema of the referenced table. @default "public" */
    readonly schema?: string;
    /** Name of the referenced table. Needs the privilege REFERENCES on it. */
    readonly table: string;
    /** Referenced columns, as many as `columns`. @example ["id"] */
    readonly columns: readonly string[];
  };
  /** Action on this table when the referenced row is deleted. @default "no action" */
  readonly onDelete?: ReferentialAction;
  /** Action on this table when the referenced key is updated. @default "no action" */
  readonly onUpdate?: ReferentialAction;
  /**
   * Time of the check: `initially immediate` can be deferred to the end of a transaction by SET CONSTRAINTS, `initially deferred`
   * is checked there. Left out: as it exists; a new one is checked at each statement. Never changes in place.
   */
  readonly deferrable?: Deferrable;
  /**
   * True to check existing rows. `false`: it holds for new and changed rows only (NOT VALID). An existing key is adopted so
   * without reading rows; adding one so to an existing table needs PostgreSQL 18. @default true
   */
  readonly validate?: boolean;
  /** False (NOT ENFORCED): the server does not check it. Needs PostgreSQL 18, and never changes in place. @default true */
  readonly enforced?: boolean;
}

export type Deferrable = "initially immediate" | "initially deferred";

export type ReferentialAction = "no action" | "restrict" | "cascade" | "set null" | "set default";

/** Rows that a constraint holds for, if not all of them. */
export interface ConstraintReach {
  /** False: new rows only; existing rows are never checked. */
  readonly validate?: false;
  /** False: none, because the server does not check it. */
  readonly enforced?: false;
}

export interface CheckSpec extends ConstraintReach {
  readonly name: string;
  readonly expression: string;
}

export interface ForeignKeySpec extends ConstraintReach {
  readonly name: string;
  readonly columns: readonly string[];
  readonly references: { readonly schema: string; readonly table: string; readonly columns: readonly string[] };
  readonly onDelete: ReferentialAction;
  readonly onUpdate: ReferentialAction;
  /** Undefined: as it exists; a new one is not deferrable. */
  readonly deferrable?: Deferrable | undefined;
}

const reach = { validate: z.boolean().optional(), enforced: z.boolean().optional() };
const action = nameType("ReferentialAction", z.enum(["no action", "restrict", "cascade", "set null", "set default"]));
const deferrable = nameType("Deferrable", z.enum(["initially immediate", "initially deferred"]));

const uniqueWire = nameType("UniqueConstraint", z.object({ name, columns: z.array(name) }));
const checkWire = nameType("CheckConstraint", z.object({ name, expression: z.string(), ...reach }));
const foreignKeyWire = nameType(
  "ForeignKey",
  z.object({
    name,
    columns: z.array(name),
    references: nameType("ForeignKeyReference", z.object({ schema: name, table: name, columns: z.array(name) })),
    onDelete: action,
    onUpdate: action,
    deferrable: deferrable.optional(),
    ...reach,
  }),
);

export const CONSTRAINTS = {
  primaryKey: defineAsWritten(names.optional()),
  uniques: defineOption({
    shape: z.record(name, names).optional(),
    wire: z.array(uniqueWire).optional(),
    parse: parseUniques,
    toWire: (uniques) => omitEmpty(uniques.map((unique) => ({ ...unique, columns: [...unique.columns] }))),
    fromWire: (wire) => wire ?? [],
  }),
  checks: defineOption({
    shape: z.record(name, z.union([name, z.strictObject({ expression: name, ...reach })])).optional(),
    wire: z.array(checkWire).optional(),
    parse: parseChecks,
    toWire: (checks) => omitEmpty([...checks]),
    fromWire: (wire) => (wire ?? []).map(normalizeReach),
  }),
  foreignKeys: defineOption({
    shape: z
      .record(
        name,
        z.strictObject({
          columns: names,
          references: z.strictObject({ schema: name.optional(), table: name, columns: names }),
          onDelete: action.optional(),
          onUpdate: action.optional(),
          deferrable: deferrable.optional(),
          ...reach,
        }),
      )
      .optional(),
    wire: z.array(foreignKeyWire).optional(),
    parse: parseForeignKeys,
    toWire: (keys) =>
      omitEmpty(
        keys.map((key) => ({
          ...key,
          columns: [...key.columns],
          references: { ...key.references, columns: [...key.references.columns] },
        })),
      ),
    fromWire: (wire) => (wire ?? []).map(normalizeReach),
  }),
} satisfies OptionsOf<ConstraintOptions>;

function parseUniques(
  declared: ConstraintOptions["uniques"],
  { problems }: Around<unknown>,
): readonly { readonly name: string; readonly columns: readonly string[] }[] {
  return Object.entries(declared ?? {}).map(([unique, columns]) => {
    checkName(formatPath(["uniques", unique]), unique, problems);
    return { name: unique, columns };
  });
}

function parseChecks(declared: ConstraintOptions["checks"], { problems }: Around<unknown>): readonly CheckSpec[] {
  return Object.entries(declared ?? {}).map(([check, value]) => {
    checkName(formatPath(["checks", check]), check, problems);
    return normalizeReach({ name: check, ...(typeof value === "string" ? { expression: value } : value) });
  });
}

function parseForeignKeys(
  declared: ConstraintOptions["foreignKeys"],
  { problems }: Around<unknown>,
): readonly ForeignKeySpec[] {
  return Object.entries(declared ?? {}).map(([key, value]) => {
    checkName(formatPath(["foreignKeys", key]), key, problems);
    checkForeignKey(key, value, problems);
    return normalizeReach({
      ...value,
      name: key,
      references: { ...value.references, schema: value.references.schema ?? DEFAULT_SCHEMA },
      onDelete: value.onDelete ?? "no action",
      onUpdate: value.onUpdate ?? "no action",
    });
  });
}

/** Drops default values, so that two ways to declare the same are equal. */
export function normalizeReach<
  T extends { readonly validate?: boolean | undefined; readonly enforced?: boolean | undefined },
>({ validate, enforced, ...rest }: T): Omit<T, "validate" | "enforced"> & ConstraintReach {
  if (enforced === false) return { ...rest, enforced };
  return validate === false ? { ...rest, validate } : rest;
}

function omitEmpty<T>(list: T[]): T[] | undefined {
  return list.length > 0 ? list : undefined;
}

function checkForeignKey(name: string, key: ForeignKeyArgs, problems: Problem[]): void {
  const path = ["foreignKeys", name, "references"];
  checkName(formatPath([...path, "table"]), key.references.table, problems);
  checkName(formatPath([...path, "schema"]), key.references.schema ?? DEFAULT_SCHEMA, problems);
  for (const [index, column] of key.references.columns.entries()) {
    checkName(formatPath([...path, "columns", index]), column, problems);
  }
  if (key.columns.length === key.references.columns.length) return;
  problems.push({
    path: formatPath([...path, "columns"]),
    code: "invalid-value",
    message: `the foreign key "${name}" pairs (${key.columns.join(", ")}) with (${key.references.columns.join(", ")}).`,
    fix: "Name one referenced column for each column.",
  });
}
