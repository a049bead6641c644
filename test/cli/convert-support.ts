// A plain table whose conversion by copy has begun, for the verbs of an operator. The clock is the server's: they know no other.
import { beforeEach, expect } from "vitest";
import { conversionProgram, NO_TABLE } from "../support/convertible-table";
import type { TestDatabase } from "../support/database";
import type { Program } from "../support/harness/declare";
import type { Deployment } from "../support/harness/deployment";
import { up } from "../support/harness/rounds";
import { withDeployment } from "../support/harness/with-deployment";
import { type CliResult, onDatabase } from "./support";

/** Fault point of an update after its first statement that copies: with 5,000 rows, after all of them. */
export const COPIED = "after copying blocks of app.events";

const asOf = new Date().toISOString();

/** Up to the swap, and with it. */
export const VERIFYING: Program = {
  ...conversionProgram({ convertFrom: { strategy: "copy", until: "verify" } }),
  asOf,
};
export const SWAPPING: Program = { ...conversionProgram({ convertFrom: { strategy: "copy" } }), asOf };

interface Convertible {
  readonly deployment: Deployment;
  readonly cli: (...args: string[]) => Promise<CliResult>;
  /** `convert status --json` of the table. */
  readonly status: () => Promise<Record<string, unknown>>;
  readonly rows: () => Promise<object[]>;
  readonly isPlain: () => Promise<boolean>;
  /** True if a run has taken every change that was captured. */
  readonly isFollowed: () => Promise<boolean>;
}

/** Before each test: the management schema, and a plain table of 5,000 rows that nothing has converted. */
export function withConvertible(database: TestDatabase): Convertible {
  const deployment = withDeployment(database);
  beforeEach(async () => {
    expect((await up(database, deployment, { ...NO_TABLE, asOf })).error).toBeUndefined();
    await database.query(`
      create table app.events (id bigint primary key, at timestamptz not null, note text);
      create index events_note on app.events (note);
      insert into app.events select n, now() - n * interval '20 minutes', 'note ' || n from generate_series(1, 5000) n;
      analyze app.events;`);
  });
  const cli: Convertible["cli"] = (...args) => onDatabase(database, "convert", ...args);
  return {
    deployment,
    cli,
    status: async () => {
      const { code, stdout, stderr } = await cli("status", "app.events", "--json");
      expect([code, stderr]).toEqual([0, ""]);
      const found = JSON.parse(stdout) as Record<string, unknown>[];
      expect(found).toHaveLength(1);
      return found[0] ?? {};
    },
    rows: () => database.query("select id, at, note from app.events order by id"),
    isPlain: async () => {
      const sql = "select relkind = 'r' as plain from pg_class where oid = 'app.events'::regclass";
      return (await database.query<{ plain: boolean }>(sql))[0]?.plain === true;
    },
    isFollowed: async () => (await database.query("select from app.events_pending")).length === 0,
  };
}
