// A table of three months that refers to a table of users: what the tests of constraints start from.
import type { TableSpecArgs } from "../../core/declare/table/args";
import type { TestDatabase } from "../support/database";
import { program } from "../support/harness/fixture";
import { asOf, withChangedTable } from "./changed-table";

export const columns = {
  id: "bigint",
  at: "timestamptz",
  note: { type: "text", nullable: true },
  author: { type: "bigint", nullable: true },
} as const;
export const declare = (changes: Partial<TableSpecArgs> = {}) => program(asOf, { columns, indexes: {}, ...changes });

/** Call it at the top of a describe block: before each test there are users 1 and 2, and the rows of the statement. */
export function withAuthors(version: TestDatabase["version"], rows: string) {
  return withChangedTable(version, {
    before: "create table app.users (id bigint primary key); insert into app.users values (1), (2)",
    program: declare(),
    rows,
  });
}
