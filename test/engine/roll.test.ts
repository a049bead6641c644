import { describe, expect, test } from "vitest";
import type { TableSpecArgs } from "../../core/declare/table/args";
import { anyVersion, withDatabase } from "../support/database";
import { statementsDuring } from "../support/statement-log";
import { withEngine } from "./support";

const events: TableSpecArgs = {
  table: "events",
  columns: {
    id: "bigserial",
    run_id: "uuid",
    at: { type: "timestamptz", default: "now()" },
    payload: { type: "jsonb", nullable: true },
  },
  primaryKey: ["id", "at"],
  foreignKeys: { events_run: { columns: ["run_id"], references: { table: "runs", columns: ["id"] } } },
  partitionBy: [{ range: "at", every: "month" }],
  window: { lead: "2 months", retention: "3 months" },
  onExpire: "drop",
  grace: "7 days",
  indexes: { by_run: { columns: ["run_id", { column: "at", order: "desc" }] } },
  reason: "replay",
  owner: "tests",
};

describe.each(anyVersion())("a rolling window on PostgreSQL %i", (version) => {
  const database = withDatabase(version);
  const engine = withEngine(database);

  test(`${version}: a declared table is created with its window, its indexes and its foreign key`, async () => {
    await database.query("create table public.runs (id uuid primary key)");
    engine.declare({ tables: { events }, asOf: "2026-05-10T12:00:00Z" });
    await engine.pulumi(["up", "--yes", "--skip-preview"]);
    const partitions = await database.query<{ name: string }>(
      "select c.relname as name from pg_inherits i join pg_class c on c.oid = i.inhrelid where i.inhparent = 'public.events'::regclass order by 1",
    );
    expect(partitions.map((row) => row.name)).toEqual(
      ["02", "03", "04", "05", "06", "07"].map((month) => `events_p2026_${month}`),
    );
    const invalid = await database.query("select 1 from pg_index where not indisvalid");
    expect(invalid).toEqual([]);
    const keys = await database.query(
      "select 1 from pg_constraint k join pg_inherits i on i.inhrelid = k.conrelid where k.contype = 'f' and i.inhparent = 'public.events'::regclass",
    );
    expect(keys).toHaveLength(6);
  });

  test(`${version}: a second up, a refresh and the up after it have nothing to do`, async () => {
    await engine.pulumi(["up", "--yes", "--skip-preview", "--expect-no-changes"]);
    await engine.pulumi(["refresh", "--yes", "--skip-preview", "--expect-no-changes"]);
    await engine.pulumi(["up", "--yes", "--skip-preview", "--expect-no-changes"]);
  });

  test(`${version}: a month later preview shows what comes and goes, and changes nothing`, async () => {
    await database.query("insert into public.runs values ('00000000-0000-0000-0000-000000000001')");
    await database.query(
      "insert into public.events (run_id, at) select '00000000-0000-0000-0000-000000000001', '2026-02-01Z'::timestamptz + i * interval '1 hour' from generate_series(0, 3000) i",
    );
    await database.query("analyze public.events");
    engine.declare({ tables: { events }, asOf: "2026-06-01T00:00:00Z" });
    const { result, logged } = await logging(database, () => engine.pulumi(["preview", "--diff"]));
    const shown = result.stdout + result.stderr;
    expect(shown).toMatch(
      /public\.events: 1 to detach \(~\d+ rows, [^)]*\), 1 to create; .*window 2026-02-01 \.\. 2026-08-01 \(6\) -> 2026-03-01 \.\. 2026-09-01 \(6\)/,
    );
    expect(shown).toMatch(
      /detach events_p2026_02 \[2026-02-01, 2026-03-01\) ~\d+ rows, .*dropped on 2026-06-08 or later: ended 2026-03-01, and retention \(3 months\) begins at 2026-03-01/,
    );
    expect(logged.filter(changesSomething)).toEqual([]);
    const json = await engine.pulumi(["preview", "--json"]);
    expect(json.stdout).toContain('ALTER TABLE \\"public\\".\\"events\\" DETACH PARTITION');
  });

  test(`${version}: up runs the statements that preview printed, in their order`, async () => {
    const preview = await engine.pulumi(["preview"]);
    const printed = printedStatements(preview.stdout);
    expect(printed.length).toBeGreaterThan(3);
    const { logged } = await logging(database, () => engine.pulumi(["up", "--yes", "--skip-preview"]));
    expect(logged.filter(changesSomething).filter((sql) => !isBookkeeping(sql))).toEqual(printed);
    // What this update had to do is no drift: the engine asks about a refresh with the sides exchanged.
    await engine.pulumi(["refresh", "--yes", "--skip-preview", "--expect-no-changes"]);
    await engine.pulumi(["up", "--yes", "--skip-preview", "--expect-no-changes"]);
  });

  test(`${version}: the detached partition is dropped when its grace is over, and not before`, async () => {
    const exists = async (): Promise<unknown[]> =>
      database.query(
        "select to_regclass('public.events_p2026_02') as name where to_regclass('public.events_p2026_02') is not null",
      );
    engine.declare({ tables: { events }, asOf: "2026-06-07T23:59:00Z" });
    await engine.pulumi(["up", "--yes", "--skip-preview"]);
    expect(await exists()).toHaveLength(1);
    engine.declare({ tables: { events }, asOf: "2026-06-08T00:00:00Z" });
    const preview = await engine.pulumi(["preview"]);
    expect(preview.stdout).toMatch(/drop events_p2026_02 .*detached 2026-06-01, its grace is over/);
    await engine.pulumi(["up", "--yes", "--skip-preview"]);
    expect(await exists()).toHaveLength(0);
  });

  test(`${version}: a destroy is refused before a partition is touched, and allowed for the table that is named`, async () => {
    const refused = await engine.refused(["destroy", "--yes", "--skip-preview", "--continue-on-error"]);
    expect(refused.stdout).toContain('set allowDestroy: ["public.events"]');
    expect(await database.query("select 1 from pg_inherits where inhparent = 'public.events'::regclass")).toHaveLength(
      6,
    );
    engine.declare({ tables: { events }, asOf: "2026-06-08T00:00:00Z", more: { allowDestroy: ["public.events"] } });
    await engine.pulumi(["up", "--yes", "--skip-preview"]);
    await engine.pulumi(["destroy", "--yes", "--skip-preview"]);
    expect(await database.query("select 1 from pg_class where relname like 'events%'")).toEqual([]);
  });
});

async function logging<T>(
  database: Parameters<typeof statementsDuring>[0],
  body: () => Promise<T>,
): Promise<{ result: T; logged: string[] }> {
  let result: T | undefined;
  const logged = await statementsDuring(database, async () => {
    result = await body();
  });
  return { result: result as T, logged: logged.map((entry) => entry.sql.replace(/\n\s*/g, " ").trim()) };
}

function changesSomething(sql: string): boolean {
  return /^(create|alter|drop|insert|update|delete|truncate|grant|revoke|comment|lock)\b/i.test(sql);
}

/** The provider's own registry and ledger. */
function isBookkeeping(sql: string): boolean {
  return /"pgpartition"\.(registry|ledger)/.test(sql);
}

function printedStatements(output: string): string[] {
  const diagnostics = output.slice(output.indexOf("Diagnostics:"));
  return [...diagnostics.matchAll(/^\s+((?:CREATE|ALTER|DROP|LOCK) .*?);\s+-- .*$/gm)].map((match) => match[1] ?? "");
}
