// A conversion beside sessions that use the table, alter it, or are in the way.
import { beforeEach, expect, it } from "vitest";
import { conversionProgram, NO_TABLE } from "../support/convertible-table";
import { withDatabase } from "../support/database";
import { left } from "../support/harness/fixture";
import { preview, up } from "../support/harness/rounds";
import { stopAt } from "../support/harness/stop-at";
import { commitWhenNamed, PATIENT, underLoad } from "../support/harness/under-load";
import { until } from "../support/harness/until";
import { allowedMs } from "../support/harness/waits";
import { withDeployment } from "../support/harness/with-deployment";

const database = withDatabase();
const deployment = withDeployment(database);
const program = conversionProgram();
const lockTimeoutMs = 100;
const times = ["2025-01-14T00:00:00Z", "2025-02-14T00:00:00Z", "2025-03-14T00:00:00Z"];

beforeEach(async () => {
  expect((await up(database, deployment, NO_TABLE)).error).toBeUndefined();
  await database.query(`
    create table app.events (id bigint primary key, at timestamptz not null, note text);
    insert into app.events select -n, timestamptz '2025-01-01' + n * interval '1 minute', 'old' from generate_series(1, 20000) n;`);
});

async function isPartitioned(): Promise<boolean> {
  const [row] = await database.query<{ kind: string }>(
    "select relkind as kind from pg_class where oid = 'app.events'::regclass",
  );
  return row?.kind === "p";
}

it("G06 while clients insert: no row is lost or doubled, no statement fails, and none waits longer than one lock time-out", async () => {
  const loaded = await underLoad(database, times, () => up(database, deployment, program, { config: PATIENT }));
  expect(loaded.run.error).toBeUndefined();
  expect(await isPartitioned()).toBe(true);
  expect(loaded.ledger.refused).toEqual({});
  expect(await loaded.ledger.violations()).toEqual([]);
  expect(loaded.ledger.acknowledged).toBeGreaterThan(20);
  expect(loaded.waits.worst?.ms ?? 0).toBeLessThanOrEqual(allowedMs(loaded.waits, lockTimeoutMs));
  expect((await preview(database, deployment, program)).steps).toEqual([]);
});

it("S1 a session is in the way of the swap: it is named, clients go on, and the swap follows its end", async () => {
  const reader = await database.connect({ application_name: "old reader" });
  const stop = stopAt("before begin convert app.events");
  const loaded = await underLoad(database, times, async (ledger) => {
    const run = up(database, deployment, program, {
      env: stop.env,
      config: PATIENT,
      started: (plugin) => {
        void stop
          .reached()
          .then(() => reader.query("begin; select count(*) from app.events"))
          .then(() => {
            stop.goOn();
            return commitWhenNamed(reader, "old reader", plugin, ledger);
          });
      },
    });
    return run;
  });
  await reader.end();
  expect(loaded.run.error).toBeUndefined();
  expect(loaded.run.messages.join("\n")).toMatch(/waiting for pid \d+ \("old reader"/);
  expect(await loaded.ledger.violations()).toEqual([]);
  expect(loaded.waits.worst?.ms ?? 0).toBeLessThanOrEqual(allowedMs(loaded.waits, lockTimeoutMs));
});

it.each([
  ["adds an index", "create index late on app.events (note)"],
  ["adds a policy", "create policy late on app.events using (true)"],
  ["adds a column", "alter table app.events add late integer"],
  [
    "adds a trigger",
    "create trigger late before update on app.events for each row execute function suppress_redundant_updates_trigger()",
  ],
  ["grants a right", "grant select on app.events to pg_monitor"],
  ["adds a check", "alter table app.events add constraint late check (id < 100000)"],
  ["gives it another default", "alter table app.events alter note set default 'late'"],
])("R13 a session %s just before the swap: nothing is swapped without it", async (_, ddl) => {
  const stop = stopAt("before begin convert app.events");
  const run = up(database, deployment, program, { env: stop.env });
  await stop.reached();
  await database.query(ddl);
  stop.goOn();
  const { error, messages } = await run;
  expect(error).toBeUndefined();
  expect(messages.join("\n")).toContain(
    "table app.events was altered while it was being converted; nothing was swapped",
  );
  expect(await isPartitioned()).toBe(true);
  const { dump, orphans } = await left(database);
  expect(
    dump.split("\n").filter((line) => /^\w+ app\.events\b(?!_)/.test(line) && /late|pg_monitor/.test(line)),
  ).not.toEqual([]);
  expect(orphans).toEqual([]);
  expect((await preview(database, deployment, program)).steps).toEqual([]);
});

it("S3 a snapshot from before the swap reads every row after it", async () => {
  const only = conversionProgram({ convertFrom: { historyUntil: "2025-04-01", until: "prepare" } });
  expect((await up(database, deployment, only)).error).toBeUndefined();
  const reader = await database.connect({ application_name: "report" });
  await reader.query("begin isolation level repeatable read; select 1 from pg_class limit 1");
  expect((await up(database, deployment, program)).error).toBeUndefined();
  const { rows } = await reader.query<{ rows: string }>("select count(*) as rows from app.events");
  expect(rows).toEqual([{ rows: "20000" }]);
  await reader.query("commit");
  await reader.end();
});

it("S4 C17 a prepared statement, and an INSERT that waits for the swap, go on in the partitioned table", async () => {
  const client = await database.connect({ application_name: "prepared" });
  await client.query("prepare read as select count(*) from app.events where at >= $1");
  for (let n = 0; n < 6; n += 1) await client.query("execute read ('2025-01-01')");
  // Stopped in its transaction, the swap has the lock: the insert waits for its commit.
  const stop = stopAt("before commit convert app.events");
  const run = up(database, deployment, program, { env: stop.env });
  await stop.reached();
  const waiting = client.query("insert into app.events (id, at) values (1, '2025-03-14')");
  await until(async () => {
    const rows = await database.query(
      "select from pg_stat_activity where application_name = 'prepared' and wait_event_type = 'Lock'",
    );
    return rows.length === 1;
  });
  stop.goOn();
  await waiting;
  expect((await run).error).toBeUndefined();
  const { rows } = await client.query<{ count: string }>("execute read ('2025-01-01')");
  expect(rows).toEqual([{ count: "20001" }]);
  await client.end();
  expect(await database.query("select tableoid::regclass::text as place from app.events where id = 1")).toEqual([
    { place: "app.events_history" },
  ]);
});

it("prepares only where it is told to: the table stays plain, and a later update without it has only to swap", async () => {
  const only = conversionProgram({ convertFrom: { historyUntil: "2025-04-01", until: "prepare" } });
  const first = await preview(database, deployment, only);
  expect(first.messages.join("\n")).toContain("ADD CONSTRAINT");
  expect(first.messages.join("\n")).not.toContain("ATTACH PARTITION");
  expect((await up(database, deployment, only)).error).toBeUndefined();
  expect(await isPartitioned()).toBe(false);
  expect((await preview(database, deployment, only)).steps).toEqual([]);
  const second = await preview(database, deployment, program);
  expect(second.messages.join("\n")).not.toContain("CREATE UNIQUE INDEX CONCURRENTLY");
  expect((await up(database, deployment, program)).error).toBeUndefined();
  expect(await isPartitioned()).toBe(true);
});

it("a conversion that leaves the program before its swap takes back what it prepared", async () => {
  const before = (await left(database)).dump;
  const only = conversionProgram({ convertFrom: { historyUntil: "2025-04-01", until: "prepare" } });
  expect((await up(database, deployment, only)).error).toBeUndefined();
  expect((await left(database)).dump).not.toBe(before);
  const renamed = conversionProgram({
    convertFrom: { historyUntil: "2025-04-01", historyName: "old", until: "prepare" },
  });
  expect((await preview(database, deployment, renamed)).error).toContain(
    'historyName changed from "events_history" to "old"',
  );
  expect((await up(database, deployment, NO_TABLE)).error).toBeUndefined();
  expect((await left(database)).dump).toBe(before);
  await database.query("insert into app.events values (2, '2026-01-01')");
});

it.each([
  [
    "a row at its end",
    "insert into app.events values (1, '2025-04-01')",
    /Rows at or after 2025-04-01.* do not fit into the history/,
  ],
  ["the name of the history is taken", "create table app.events_history ()", /"app\.events_history" exists already/],
])("is refused by a preview, and by an update that changes nothing: %s", async (_, sql, message) => {
  await database.query(sql);
  const before = (await left(database)).dump;
  expect((await preview(database, deployment, program)).error).toMatch(message);
  expect((await up(database, deployment, program)).error).toMatch(message);
  expect((await left(database)).dump).toBe(before);
});

it("the history leaves as a whole, when its end has expired and confirmDrops names it", async () => {
  const one = { window: { lead: "1 month", retention: "1 month" }, grace: "7 days" } as const;
  expect((await up(database, deployment, conversionProgram(one))).error).toBeUndefined();
  const later = { ...conversionProgram(one), asOf: "2025-06-10T00:00:00Z" };
  expect((await preview(database, deployment, later)).messages.join("\n")).toMatch(
    /not now: detach events_history .*add "\.\.\/2025-04-01T00:00:00Z" to confirmDrops/,
  );
  expect((await up(database, deployment, later)).error).toBeUndefined();
  expect(await database.query("select count(*)::int as rows from app.events")).toEqual([{ rows: 20000 }]);
  const confirmed = conversionProgram({ ...one, confirmDrops: ["../2025-04-01T00:00:00Z"] });
  expect((await up(database, deployment, { ...confirmed, asOf: later.asOf })).error).toBeUndefined();
  expect(await database.query("select count(*)::int as rows from app.events")).toEqual([{ rows: 0 }]);
  expect(await database.query("select count(*)::int as rows from app.events_history")).toEqual([{ rows: 20000 }]);
});
