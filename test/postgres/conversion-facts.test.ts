import { beforeAll, describe, expect, it } from "vitest";
import type { ConversionFacts } from "../../core/conversion/analyze/facts";
import { formatInstant } from "../../core/time/instant";
import { type AnalysisRequest, readConversionFacts } from "../../postgres/read/conversion-facts";
import { testVersions, withDatabase } from "../support/database";
import { opener } from "./support";

describe.each(testVersions())("reading the facts of a conversion on PostgreSQL %i", (version) => {
  const server = withDatabase(version);
  const open = opener(server);

  beforeAll(() => server.query("create schema app; create schema stats"));

  async function read(table: string, asked: Partial<AnalysisRequest> = {}): Promise<ConversionFacts> {
    const facts = await readConversionFacts(
      open(),
      { schema: "app", table },
      { encoding: "time", zone: "UTC", ...asked },
    );
    if (!facts) throw new Error(`no table ${table}`);
    return facts;
  }

  it("reads every row of a small table", async () => {
    await server.query(`create table app.small (id bigint primary key, at timestamptz);
      insert into app.small select n, '2026-01-01Z'::timestamptz + n * interval '1 day' from generate_series(0, 99) n;
      insert into app.small values (-1, null), (-2, null)`);
    const { key, activity, absentColumn } = await read("small");
    expect(key).toMatchObject({ column: "at", rows: { from: "table", read: 102, nulls: 2, nullsCapped: false } });
    expect(key?.rows?.minTime && formatInstant(key.rows.minTime)).toBe("2026-01-01T00:00:00Z");
    expect(key?.rows?.maxTime && formatInstant(key.rows.maxTime)).toBe("2026-04-10T00:00:00Z");
    expect(key?.scanSeconds).toBeGreaterThan(0);
    expect(activity.heapBytes).toBeGreaterThan(0);
    expect(activity.indexBytes).toBeGreaterThan(0);
    expect(absentColumn).toBeUndefined();
    expect((await read("small", { column: "when" })).absentColumn).toBe("when");
  });

  it("takes range and NULLs of a large table from an index, and samples one without", async () => {
    // Eight rows in a page: more than 64 MB without many rows.
    await server.query(`create table app.large (at timestamptz, note text) with (fillfactor = 10, autovacuum_enabled = false);
      insert into app.large select '2026-01-01Z'::timestamptz + n * interval '1 minute', repeat('x', 60) from generate_series(1, 90000) n;
      insert into app.large values ('1999-01-01Z', 'first'), (null, 'none'), (null, 'none');
      analyze app.large`);
    const sampled = await read("large");
    expect(sampled.activity.heapBytes).toBeGreaterThan(64 * 1024 ** 2);
    expect(sampled.key?.rows).toMatchObject({ from: "sample", nullsCapped: false });
    expect(sampled.key?.rows?.read).toBeGreaterThan(10_000);
    expect(sampled.key?.rows?.read).toBeLessThan(80_000);
    // An index that lacks rows, or does not begin with the key, tells neither end.
    await server.query(`create index on app.large (at) where note <> 'first'; create index on app.large (note, at)`);
    expect((await read("large")).key?.rows?.from).toBe("sample");
    await server.query("create index on app.large (at desc)");
    expect((await read("large")).key?.rows).toMatchObject({ from: "index", nulls: 2, min: "1999-01-01 00:00:00+00" });
  });

  it("reads keys of numbers and of UUIDs", async () => {
    await server.query(`create table app.numbers (ms bigint not null);
      insert into app.numbers values (1767225600000);
      create table app.uuids (id uuid primary key);
      insert into app.uuids values ('019b76da-a800-7abc-8def-0123456789ab'), ('019b76da-a801-7000-8000-000000000000')`);
    for (const [table, encoding] of [
      ["numbers", "epoch-ms"],
      ["uuids", "uuidv7"],
    ] as const) {
      const { rows } = (await read(table, { encoding })).key ?? {};
      expect(rows?.minTime && formatInstant(rows.minTime)).toBe("2026-01-01T00:00:00Z");
    }
  });

  it("tells infinity from a time, and an empty table from a full one", async () => {
    await server.query(`create table app.endless (at timestamptz not null); insert into app.endless values (now()), ('infinity');
      create table app.empty (at timestamptz not null)`);
    expect((await read("endless")).key?.rows).toMatchObject({ max: "infinity", maxTime: undefined });
    expect((await read("empty")).key?.rows).toMatchObject({ read: 0, min: undefined });
  });

  it("reads no range where a policy would hide rows, and says so", async () => {
    await server.query(`create table app.hidden (at timestamptz not null); insert into app.hidden values (now());
      alter table app.hidden enable row level security, force row level security`);
    const { key } = await read("hidden");
    expect(key?.rows).toBeUndefined();
    expect(key?.unread).toBe("the role may not read all rows");
  });

  it("finds statements and functions that name the table", async () => {
    await server.query(`create table app.named (id bigint primary key, at timestamptz not null default now());
      create function app.save_named() returns void language sql as 'insert into app.named (id) values (1) on conflict (id) do nothing';
      create view stats.pg_stat_statements as select 'select * from app.named'::text as query, 3::bigint as calls,
        1.5::float8 as mean_exec_time, 4.5::float8 as total_exec_time, oid as dbid from pg_database
        where datname = current_database()`);
    const { texts } = await read("named");
    expect(texts).toMatchObject({
      statistics: "unread",
      statements: [{ text: "select * from app.named", calls: 3, meanMs: 1.5 }],
      functions: [{ signature: "app.save_named()" }],
    });
    expect(
      (
        await readConversionFacts(
          open(server.superuser),
          { schema: "app", table: "named" },
          { encoding: "time", zone: "UTC" },
        )
      )?.texts.statistics,
    ).toBe("read");
    await server.query("drop view stats.pg_stat_statements");
    expect((await read("named")).texts).toMatchObject({ statistics: "absent", statements: [] });
  });

  it("proposes the end of the history, unless it is declared", async () => {
    const proposed = await read("small");
    expect(proposed.historyUntil && proposed.historyUntil.epochMilliseconds > proposed.now.epochMilliseconds).toBe(
      true,
    );
    expect((await read("small", { every: "year" })).every).toBe("year");
  });

  it("says what the role lacks", async () => {
    await server.query("create table app.theirs (at timestamptz not null); alter table app.theirs owner to postgres");
    const { missingRights, key } = await read("theirs");
    expect(missingRights.join()).toContain('ALTER TABLE "app"."theirs" OWNER TO');
    expect(key?.unread).toBe("the role may not read all rows");
  });
});
