// A table with a default partition: what the catalogue has of it, and updates that have to succeed.
import { expect } from "vitest";
import type { TableSpecArgs } from "../../core/declare/table/args";
import { type TestDatabase, withDatabase } from "../support/database";
import type { Program } from "../support/harness/declare";
import { program } from "../support/harness/fixture";
import { preview, refresh, type Run } from "../support/harness/rounds";
import { withDeployment } from "../support/harness/with-deployment";
import { entryOf } from "./support";

export const window = { lead: "1 month", retention: "1 month" } as const;
export const wider = { lead: "3 months", retention: "1 month" } as const;
export const declared = (asOf: string, changes: Partial<TableSpecArgs> = {}) =>
  program(asOf, { window, defaultPartition: {}, ...changes });
export const march = declared("2025-03-10T00:00:00Z");

/** One row each: in May, in June, and of no time that a window ever reaches. */
export const strays = `insert into app.events values (1, '2025-05-05', 'may'), (2, '2025-06-06', 'june'), (3, 'infinity', 'never')`;

export const excluding = (from: string, to: string) => `CHECK ((NOT ((at >= ${from}) AND (at < ${to}))))`;

/** Call it at the top of a describe block. */
export function withDefaultPartition(version: TestDatabase["version"]) {
  const database = withDatabase(version);
  const deployment = withDeployment(database);
  return {
    database,
    deployment,
    /** A run that has to succeed. */
    done: async (run: Promise<Run>): Promise<Run> => {
      const result = await run;
      expect(result.error).toBeUndefined();
      return result;
    },
    /** Neither a preview nor one after a refresh has a step. */
    settled: async (state: Program): Promise<void> => {
      expect((await preview(database, deployment, state)).steps).toEqual([]);
      await refresh(database, deployment, state);
      expect((await preview(database, deployment, state)).steps).toEqual([]);
    },
    defaultRows: () => entryOf(deployment, "events-window").outputs["defaultRows"],
  };
}

/** The CHECKs of the default partition, without the hours of their bounds. */
export async function checks(database: TestDatabase, table = "events_default"): Promise<string[]> {
  const rows = await database.query<{ line: string }>(
    `select pg_get_constraintdef(oid) || case when convalidated then '' else ' (not valid)' end as line
     from pg_constraint where contype = 'c' and conrelid = to_regclass($1) order by 1`,
    [`app.${table}`],
  );
  return rows.map(({ line }) => line.replace(/'([\d-]+) 00:00:00\+00'::timestamp with time zone/g, "$1"));
}

/** `1 may`: the rows that lie in this one table. */
export async function rowsOf(database: TestDatabase, table: string): Promise<string[]> {
  const rows = await database.query<{ line: string }>(
    `select id || ' ' || note as line from only app.${table} order by 1`,
  );
  return rows.map(({ line }) => line);
}
