// A database as every session sees it, and a table with one mistake of each kind.
import type { TableSpecArgs } from "../../core/declare/table/args";
import type { TestDatabase } from "../support/database";

/** Every row of the catalogue that a declaration could add or change; another oid is another row. */
export async function catalogueOf(database: TestDatabase): Promise<unknown> {
  const [row] = await database.query(`select
    (select md5(string_agg(concat_ws(' ', oid, relname, relowner, relacl, reloptions, relnatts), ',' order by oid)) from pg_class) as relations,
    (select md5(string_agg(concat_ws(' ', attrelid, attnum, attname, atttypid, attacl), ',' order by attrelid, attnum)) from pg_attribute) as columns,
    (select md5(string_agg(concat_ws(' ', oid, conname, conrelid), ',' order by oid)) from pg_constraint) as constraints,
    (select md5(string_agg(concat_ws(' ', oid, polname, polrelid), ',' order by oid)) from pg_policy) as policies,
    (select md5(string_agg(concat_ws(' ', oid, adrelid, adnum), ',' order by oid)) from pg_attrdef) as defaults,
    (select md5(string_agg(concat_ws(' ', oid, typname), ',' order by oid)) from pg_type) as types,
    (select md5(string_agg(concat_ws(' ', oid, nspname, nspacl), ',' order by oid)) from pg_namespace) as schemas,
    (select string_agg(classid || ' ' || objid || ' ' || refclassid || ' ' || refobjid, ',' order by 1) from pg_shdepend where dbid = (select oid from pg_database where datname = current_database())) as shared`);
  return row;
}

export const COLUMNS = { id: "bigint", at: "timestamptz", note: { type: "text", nullable: true } } as const;

/** What is wrong, how it is declared, and what is told. */
type Mistake = readonly [what: string, declared: Partial<TableSpecArgs>, told: RegExp];

const policy = (one: object) => ({ rowSecurity: { policies: { own: { using: "true", ...one } } } });
const column = (one: object) => ({ columns: { ...COLUMNS, extra: { type: "int", nullable: true, ...one } } });
const key = (columns: string[], table: string, referred: string[]) => ({
  foreignKeys: { owner: { columns, references: { schema: "app", table, columns: referred } } },
});

/** Mistakes in what an existing table can be given as well. */
export const ALWAYS: readonly Mistake[] = [
  [
    "an unknown type",
    column({ type: "app.mood" }),
    /columns\.extra\.type: the type "app\.mood" of column "extra" .*Correct its spelling/,
  ],
  [
    "a type that cannot be",
    column({ type: "varchar(0)" }),
    /columns\.extra\.type: the server refuses the type "varchar\(0\)"/,
  ],
  [
    "a function in a default",
    column({ default: "app.nope()" }),
    /columns\.extra\.default: the server refuses the default app\.nope\(\) of column "extra": function app\.nope\(\) does not exist\. Create it first/,
  ],
  [
    "a default of another type",
    column({ default: "'a'::text" }),
    /columns\.extra\.default: .*of type integer but default expression is of type text\. Correct it/,
  ],
  [
    "a column in a check",
    { checks: { positive: "amuont > 0" } },
    /checks\.positive: the server refuses the check "positive": column "amuont" does not exist\. Correct its name/,
  ],
  ["a check that is no condition", { checks: { positive: "id" } }, /checks\.positive: .*must be type boolean/],
  [
    "a role in a grant",
    { grants: { nobody_here: ["select"] } },
    /grants\.nobody_here: role "nobody_here" does not exist\. Create it first, or correct the name\./,
  ],
  [
    "a role in a policy",
    policy({ roles: ["nobody_here"] }),
    /rowSecurity\.policies\.own\.roles: role "nobody_here" does not exist\. Create it first/,
  ],
  [
    "a column in a policy",
    policy({ using: "tenant = 1" }),
    /rowSecurity\.policies\.own: .*column "tenant" does not exist/,
  ],
  [
    "a function in a policy",
    policy({ using: "app.nope()" }),
    /rowSecurity\.policies\.own: .*app\.nope\(\) does not exist\. Create it first/,
  ],
  [
    "a schema of partitions",
    { partitionSchema: "nowhere" },
    /partitionSchema: schema "nowhere" does not exist\. Create it first \(CREATE SCHEMA "nowhere"\)/,
  ],
  [
    "a tablespace",
    { storage: { hot: { tablespace: "nowhere" } } },
    /storage\.hot\.tablespace: tablespace "nowhere" does not exist/,
  ],
  [
    "a storage parameter",
    { storage: { hot: { options: { filfactor: 90 } } } },
    /storage\.hot\.options\.filfactor: .*unrecognized parameter "filfactor"/,
  ],
  [
    "a value of a storage parameter",
    { storage: { hot: { options: { fillfactor: 1000 } } } },
    /storage\.hot\.options\.fillfactor: .*1000 out of bounds/,
  ],
  [
    "a storage parameter of TOAST",
    { storage: { hot: { toast: { nope: 1 } } } },
    /storage\.hot\.toast\.nope: .*unrecognized parameter "nope"/,
  ],
  [
    "an operator class",
    { indexes: { by_note: { columns: [{ column: "note", opclass: "app.nope" }] } } },
    /indexes\.by_note: .*nope.* does not exist/,
  ],
  [
    "an expression of an index",
    { indexes: { by_note: { columns: [{ expression: "app.nope(note)" }] } } },
    /indexes\.by_note: .*app\.nope\(text\) does not exist/,
  ],
  [
    "a referenced column",
    key(["id"], "kinds", ["nope"]),
    /foreignKeys\.owner\.references\.columns\[0\]: the referenced table "app\.kinds" has no column "nope"\. Correct the name; its columns are: id, name/,
  ],
  [
    "a referenced column without a key",
    key(["note"], "kinds", ["name"]),
    /foreignKeys\.owner\.references\.columns: no primary key or unique index .*has exactly the columns name/,
  ],
  [
    "a foreign key of another type",
    key(["note"], "kinds", ["id"]),
    /foreignKeys\.owner\.columns\[0\]: .*from "note" to bigint.*Give both columns the same type/,
  ],
];

/** Mistakes that only a new table can have. */
export const NEW: readonly Mistake[] = [
  [
    "a schema",
    { schema: "nowhere" },
    /schema: schema "nowhere" does not exist\. Create it first \(CREATE SCHEMA "nowhere"\), or correct the name/,
  ],
  [
    "a key of a type without order",
    { columns: { ...COLUMNS, id: "json" } },
    /primaryKey: .*json has no default operator class/,
  ],
];
