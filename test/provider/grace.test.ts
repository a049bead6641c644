import { describe, expect, it } from "vitest";
import type { TableSpecArgs } from "../../core/declare/table/args";
import { anyVersion, type TestDatabase, withDatabase } from "../support/database";
import { eventsTable, left, program } from "../support/harness/fixture";
import { preview, up, withPlugin } from "../support/harness/rounds";
import { withDeployment } from "../support/harness/with-deployment";
import { statementsDuring } from "../support/statement-log";
import { ddlOf, entryOf, identityOf, partitions, ledger } from "./support";

const window = { lead: "1 month", retention: "1 month" } as const;
const at = (asOf: string, changes: Partial<TableSpecArgs> = {}) => program(asOf, { window, indexes: {}, ...changes });
const MARCH = "2025-03-10T00:00:00Z";
const APRIL = "2025-04-10T00:00:00Z";

describe.each(anyVersion())("PostgreSQL %s, after the detach", (version) => {
  const database = withDatabase(version);
  const deployment = withDeployment(database);

  async function run(declared: ReturnType<typeof at>, config = {}) {
    const result = await up(database, deployment, declared, { config });
    expect(result.error).toBeUndefined();
    return result;
  }
  const retired = () => entryOf(deployment, "events-window").outputs["retired"];

  it("a grace runs by the ledger: kept until its very end, dropped after it, nothing to do in between", async () => {
    await run(at(MARCH));
    await run(at(APRIL));
    expect(retired()).toEqual(["detach events_p2025_02"]);
    const shown = await preview(database, deployment, at("2025-04-16T23:59:59Z"));
    expect(shown.steps).toEqual([]);
    await run(at("2025-04-17T00:00:00Z"));
    expect(retired()).toEqual(["drop events_p2025_02"]);
    expect(
      await identityOf(database, "app.events").then(() =>
        database.query("select to_regclass('app.events_p2025_02')::text as r"),
      ),
    ).toEqual([{ r: null }]);
  });

  it("a grace is measured by the database's clock, not by the program's month", async () => {
    const asOf = await monthsAgo(database, 0);
    const config = { trustAsOf: "false", asOf: "" };
    await run(at(await monthsAgo(database, 2), { paused: true }), config);
    await run(at(asOf, { paused: true }), config);
    const began = await seconds(database);
    await run(at(asOf), config);
    const [row] = await database.query<{ effective: number; promised: number }>(
      `select extract(epoch from effective_at)::float as effective, extract(epoch from (detail->>'dropAfter')::timestamptz)::float as promised
       from pgpartition.ledger where event = 'detached' order by id limit 1`,
    );
    expect(row?.effective).toBeGreaterThanOrEqual(began);
    expect(row?.effective).toBeLessThanOrEqual(await seconds(database));
    // Written as a whole second: the next one, so that it is never less than promised.
    const grace = (row?.promised ?? 0) - (row?.effective ?? 0);
    expect(grace).toBeGreaterThanOrEqual(7 * 86_400);
    expect(grace).toBeLessThan(7 * 86_400 + 1);
    expect((await up(database, deployment, at(asOf), { config })).steps).toEqual([]);
  });

  it("what was detached under onExpire detach is never dropped, whatever is declared later", async () => {
    const { grace: _, ...keeping } = eventsTable({ window, indexes: {}, onExpire: "detach" });
    const detach = (asOf: string) => ({ tables: { events: keeping }, asOf });
    await run(detach(MARCH));
    await database.query("insert into app.events values (1, '2025-02-05', 'kept')");
    await run(detach(APRIL));
    const drop = { onExpire: "drop", grace: "none" } as const;
    await run(at(APRIL, drop));
    await run(at("2025-05-10T00:00:00Z", drop));
    expect(retired()).toEqual(["detach events_p2025_03", "drop events_p2025_03"]);
    await run(at("2027-05-10T00:00:00Z", { ...drop, maxDropsPerUpdate: 100 }));
    expect(await database.query("select note from app.events_p2025_02")).toEqual([{ note: "kept" }]);
  });

  it("a promise of a drop is not kept while onExpire is detach, and is once it is drop again", async () => {
    await run(at(MARCH));
    await run(at(APRIL));
    const { grace: _, ...keeping } = eventsTable({ window, indexes: {}, onExpire: "detach" });
    await run({ tables: { events: keeping }, asOf: "2025-04-25T00:00:00Z" });
    expect(await identityOf(database, "app.events_p2025_02")).not.toBe("none");
    await run(at("2025-04-26T00:00:00Z"));
    expect(retired()).toEqual(["drop events_p2025_02"]);
  });

  it("a table that took the name of a detached one is not dropped in its place", async () => {
    await run(at(MARCH));
    await run(at(APRIL));
    await database.query(
      "alter table app.events_p2025_02 rename to kept; create table app.events_p2025_02 (mine text)",
    );
    await run(at("2025-04-20T00:00:00Z"));
    expect(retired()).toEqual(["drop kept"]);
    expect(await identityOf(database, "app.events_p2025_02")).not.toBe("none");
  });

  it("an interrupted detach of this stack is finished first in the next update, and its grace continues", async () => {
    await run(at(MARCH));
    await halfDetach(database, "events_p2025_02");
    await database.query(
      `insert into pgpartition.ledger (schema_name, table_name, partition_name, partition_oid, lower_bound, upper_bound, event, effective_at, run, detail)
       values ('app', 'events', 'events_p2025_02', 'app.events_p2025_02'::regclass, '2025-02-01 00:00+00', '2025-03-01 00:00+00',
         'detaching', '2025-04-01 00:00+00', 'interrupted', '{"dropAfter": "2025-05-08T00:00:00Z"}')`,
    );
    const may = at("2025-05-02T00:00:00Z");
    expect((await preview(database, deployment, may)).messages.join("\n")).toContain("FINALIZE");
    const sent = await statementsDuring(database, () => run(may));
    const moves = ddlOf(sent).filter((sql) => /detach/i.test(sql));
    expect(moves).toEqual([
      expect.stringMatching(/"events_p2025_02" FINALIZE$/),
      expect.stringMatching(/"events_p2025_03" CONCURRENTLY$/),
    ]);
    expect(retired()).toEqual(["finalize events_p2025_02", "detach events_p2025_03"]);
    expect((await left(database)).orphans).toEqual([]);
    await run(at("2025-05-08T00:00:00Z"));
    expect(retired()).toEqual(["drop events_p2025_02"]);
  });

  it("a detach that another session left half done is finished, and what it left is never dropped", async () => {
    await run(at(MARCH));
    await halfDetach(database, "events_p2025_02");
    const april = at(APRIL, { grace: "none" });
    const shown = await preview(database, deployment, april);
    expect(shown.messages.join("\n")).toContain("another session began its detach");
    const sent = await statementsDuring(database, () => run(april));
    expect(ddlOf(sent).filter((sql) => /detach|drop table/i.test(sql))).toEqual([
      expect.stringMatching(/"events_p2025_02" FINALIZE$/),
    ]);
    expect((await left(database)).orphans).toEqual([]);
    await run(at("2025-04-20T00:00:00Z", { grace: "none" }));
    expect(await identityOf(database, "app.events_p2025_02")).not.toBe("none");
  });

  it("J01 a partition of the window half detached by hand: refresh shows it, up finishes it, and the next one attaches it with its rows", async () => {
    const march = at(MARCH);
    await run(march);
    await database.query("insert into app.events values (1, '2025-03-05', 'kept')");
    await halfDetach(database, "events_p2025_03");
    const refresh = async () =>
      (await withPlugin(database, march, (plugin) => deployment.refresh(plugin))).result.map((urn) =>
        urn.split("::").at(-1),
      );
    expect(await refresh()).toEqual(["events-window"]);
    await run(march);
    expect(retired()).toEqual(["finalize events_p2025_03"]);
    expect(await refresh()).toContain("events-2025-03-01T00:00:00Z_2025-04-01T00:00:00Z");
    await run(march);
    expect(await partitions(database)).toContain("events_p2025_03");
    expect(await database.query("select note from app.events")).toEqual([{ note: "kept" }]);
    expect((await up(database, deployment, march)).steps).toEqual([]);
  });

  it("a program clock ahead of the database's retires nothing, and creation continues", async () => {
    const config = { trustAsOf: "false", asOf: "" };
    const mode = { resources: "window", grace: "none" } as const;
    await run(at(await monthsAgo(database, 1), mode), config);
    const before = await partitions(database);
    const ahead = at(await monthsAgo(database, -2), mode);
    const shown = await preview(database, deployment, ahead, { config });
    expect(shown.messages.join("\n")).toContain("nothing is retired: the program's clock is at");
    await run(ahead, config);
    const after = await partitions(database);
    expect(after.slice(0, before.length)).toEqual(before);
    expect(after.length).toBeGreaterThan(before.length);
    expect((await ledger(database)).filter((line) => /^(detach|drop)/.test(line))).toEqual([]);
  });

  it("a database clock ahead of the program's does not expire anything either: the earlier of the two decides", async () => {
    const config = { trustAsOf: "false", asOf: "" };
    const past = at(await monthsAgo(database, 3), { grace: "none" });
    await run(past, config);
    const before = await partitions(database);
    expect(before).toHaveLength(3);
    expect((await up(database, deployment, past, { config })).steps).toEqual([]);
    expect(await partitions(database)).toEqual(before);
  });
});

/** Phase one of DETACH CONCURRENTLY commits; the reader stops phase two until the time-out. */
async function halfDetach(database: TestDatabase, partition: string): Promise<void> {
  const [reader, writer] = [await database.connect(), await database.connect()];
  await reader.query("begin; select from app.events");
  await writer.query("set statement_timeout = '300ms'");
  await writer.query(`alter table app.events detach partition app.${partition} concurrently`).catch(() => undefined);
  await reader.query("rollback");
  await Promise.all([reader.end(), writer.end()]);
  expect(
    await database.query("select inhrelid::regclass::text as name from pg_inherits where inhdetachpending"),
  ).toEqual([{ name: `app.${partition}` }]);
}

async function monthsAgo(database: TestDatabase, months: number): Promise<string> {
  const [row] = await database.query<{ text: string }>(
    `select to_char(now() at time zone 'UTC' - $1 * interval '1 month', 'YYYY-MM-DD"T"HH24:MI:SS"Z"') as text`,
    [months],
  );
  return row?.text ?? "";
}

async function seconds(database: TestDatabase): Promise<number> {
  const [row] = await database.query<{ now: number }>("select extract(epoch from clock_timestamp())::float as now");
  return row?.now ?? 0;
}
