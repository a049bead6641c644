// A table of three months and a thousand rows whose columns change, and how the catalogue describes them.
import { beforeEach, expect } from "vitest";
import type { TableSpecArgs } from "../../core/declare/table/args";
import type { TestDatabase } from "../support/database";
import { program } from "../support/harness/fixture";
import { up } from "../support/harness/rounds";
import { asOf, withChangedTable } from "./changed-table";

export const base = { id: "bigint", at: "timestamptz", note: { type: "text", nullable: true } } as const;
export const declare = (columns: TableSpecArgs["columns"], changes: Partial<TableSpecArgs> = {}) =>
  program(asOf, { columns: columns ?? base, ...changes });

/** Call it at the top of a describe block: the table is as new before each test. */
export function withColumns(version: TestDatabase["version"]) {
  const table = withChangedTable(version);
  const { database, deployment } = table;
  beforeEach(async () => {
    expect((await up(database, deployment, declare(base))).error).toBeUndefined();
    await database.query(
      "insert into app.events select n, timestamptz '2025-02-03' + n * interval '1 hour', 'x' from generate_series(1, 1000) n",
    );
  });
  return {
    ...table,
    files: () => filesOf(database),
    column: (name: string) => columnOf(database, name),
  };
}

/** The files of every partition and its indexes: another one means that it was written anew. */
async function filesOf(database: TestDatabase): Promise<string[]> {
  const rows = await database.query<{ line: string }>(
    `select c.relname || ' ' || c.relfilenode as line from pg_class c
     where c.relnamespace = 'app'::regnamespace and c.relkind in ('r', 'i') order by 1`,
  );
  return rows.map(({ line }) => line);
}

/** `app.events note text null default` of the table and each partition. */
async function columnOf(database: TestDatabase, name: string): Promise<string[]> {
  const rows = await database.query<{ line: string }>(
    `select format('%s %s%s%s', c.relname, format_type(a.atttypid, a.atttypmod), case when a.attnotnull then ' not null' end,
       ' default ' || pg_get_expr(d.adbin, d.adrelid)) as line
     from pg_class c join pg_attribute a on a.attrelid = c.oid left join pg_attrdef d on d.adrelid = c.oid and d.adnum = a.attnum
     where c.relnamespace = 'app'::regnamespace and c.relkind in ('r', 'p') and a.attname = $1 and not a.attisdropped
     order by c.relname`,
    [name],
  );
  return rows.map(({ line }) => line);
}
