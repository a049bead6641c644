// A plain table is converted by every kind of key, and under any name: the history ends where its key says.
import { describe, expect, it } from "vitest";
import type { RangeLevelArgs } from "../../core/declare/levels/time-level";
import type { TableSpecArgs } from "../../core/declare/table/args";
import { quote, quoteQualified } from "../../core/names/identifier";
import { testVersions, withDatabase } from "../support/database";
import { preview, up } from "../support/harness/rounds";
import { withDeployment } from "../support/harness/with-deployment";
import { casesOn } from "../support/sample";

interface Kind {
  readonly type: string;
  readonly level: Omit<RangeLevelArgs, "range">;
  /** Values before and at the end of the history, and that end as the server prints it. */
  readonly before: string;
  readonly at: string;
  readonly bound: string;
}

const KINDS: Readonly<Record<string, Kind>> = {
  timestamptz: {
    type: "timestamptz",
    level: {},
    before: "'2025-03-31 23:59:59.999999+00'",
    at: "'2025-04-01 00:00+00'",
    bound: "'2025-04-01 00:00:00+00'",
  },
  "timestamptz in Helsinki": {
    type: "timestamptz",
    level: { zone: "Europe/Helsinki" },
    before: "'2025-03-31 20:59:59+00'",
    at: "'2025-03-31 21:00+00'",
    bound: "'2025-03-31 21:00:00+00'",
  },
  timestamp: {
    type: "timestamp",
    level: {},
    before: "'2025-03-31 23:59'",
    at: "'2025-04-01'",
    bound: "'2025-04-01 00:00:00'",
  },
  date: { type: "date", level: {}, before: "'2025-03-31'", at: "'2025-04-01'", bound: "'2025-04-01'" },
  "epoch-s in four bytes": {
    type: "integer",
    level: { key: "epoch-s" },
    before: "1743465599",
    at: "1743465600",
    bound: "1743465600",
  },
  "epoch-ms": {
    type: "bigint",
    level: { key: "epoch-ms" },
    before: "1743465599999",
    at: "1743465600000",
    bound: "'1743465600000'",
  },
  uuidv7: {
    type: "uuid",
    level: { key: "uuidv7" },
    before: "'0195eea5-d3ff-7fff-bfff-ffffffffffff'",
    at: "'0195eea5-d400-7000-8000-000000000000'",
    bound: "",
  },
};

const NAMES: readonly (readonly [table: string, column: string])[] = [
  ["events", "at"],
  ["we\"ird. Täble's $1", 'a"t; --'],
  ["e".repeat(63), "select"],
];

describe.each(testVersions())("PostgreSQL %s, a plain table that is converted", (version) => {
  const database = withDatabase(version);
  const deployment = withDeployment(database);

  it.each(casesOn(version, Object.entries(KINDS)))("by a key of %s", async (_, { type, level, before, at, bound }) => {
    await convert("events", "at", { type, level, before, at });
    const [history] = await database.query<{ bounds: string }>(
      "select pg_get_expr(relpartbound, oid) as bounds from pg_class where oid = 'app.events_history'::regclass",
    );
    expect(history?.bounds).toContain(`FROM (MINVALUE) TO (${bound}`);
  });

  it.each(casesOn(version, NAMES))("called %j, by %j", (table, column) => convert(table, column, KINDS["timestamptz"]));

  async function convert(table: string, column: string, kind: Omit<Kind, "bound"> | undefined): Promise<void> {
    if (!kind) throw new Error("no such kind");
    const name = quoteQualified("app", table);
    const key = quote(column);
    await database.query(`
      create table ${name} (id bigint generated always as identity primary key, ${key} ${kind.type} not null, ${quote(`x${table}`.slice(0, 60))} text);
      create index on ${name} (${key});
      create view app.seen as select * from ${name};
      comment on column ${name}.${key} is 'it''s';
      insert into ${name} (${key}) values (${kind.before});`);
    const args = {
      schema: "app",
      table,
      partitionBy: [{ range: column, every: "month", ...kind.level }],
      window: { lead: "2 months", retention: "forever" },
      onExpire: "detach",
      convertFrom: { historyUntil: "2025-04-01" },
    } as const;
    const program = { tables: { events: args as TableSpecArgs }, asOf: "2025-03-10T00:00:00Z" };
    expect((await up(database, deployment, program)).error).toBeUndefined();
    expect((await preview(database, deployment, program)).steps).toEqual([]);
    await database.query(`insert into ${name} (${key}) values (${kind.at})`);
    // One row on each side of the bound, and both in the view.
    const rows = await database.query(
      `select count(*)::int as rows, (select count(*)::int from app.seen) as seen from ${name} group by tableoid order by 1`,
    );
    expect(rows).toEqual([
      { rows: 1, seen: 2 },
      { rows: 1, seen: 2 },
    ]);
  }
});
