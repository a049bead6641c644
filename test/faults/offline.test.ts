// A plain table that is converted in one transaction, while its writers wait.
import type { Client } from "pg";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { convertOffline } from "../../conversion/offline/convert-offline";
import type { Copyable } from "../../conversion/read/copy-reading";
import { readCopy } from "../../conversion/read/read-copy";
import { requireTableSpec } from "../../core/declare/table/parse";
import { decodeConversion, type DeclaredCopy, encodeConversion } from "../../core/resources/conversion";
import { QUIET } from "../../postgres/connect/log";
import { opener } from "../postgres/support";
import { conversionProgram, NO_TABLE } from "../support/convertible-table";
import { testVersions, withDatabase } from "../support/database";
import type { PluginProcess } from "../support/harness/plugin";
import { left } from "../support/harness/fixture";
import { leveledProgram, OBSERVED_TABLE, SOURCED } from "../support/harness/leveled-copy";
import { preview, type Run, up } from "../support/harness/rounds";
import { type Stop, stopAt } from "../support/harness/stop-at";
import { until } from "../support/harness/until";
import { withDeployment } from "../support/harness/with-deployment";
import { itAlike } from "../support/sample";

function failNow(): never {
  throw new Error("the table cannot be converted");
}

/** Fails at once if the run ends before it stands there. */
function reach({ reached }: Pick<Stop, "reached">, run: Promise<Run>): Promise<void> {
  const ended = run.then(({ error }) => {
    throw new Error(`it ended before: ${error ?? "done"}`);
  });
  return Promise.race([reached(), ended]);
}

describe.each(testVersions())("PostgreSQL %s", (version) => {
  const database = withDatabase(version);
  const deployment = withDeployment(database);
  const program = conversionProgram({ convertFrom: { strategy: "offline" } });
  const open = opener(database);
  const clients: Client[] = [];
  const connect = async (name: string): Promise<Client> => {
    const client = await database.connect({ application_name: name });
    clients.push(client);
    return client;
  };

  beforeEach(async () => {
    expect((await up(database, deployment, NO_TABLE)).error).toBeUndefined();
    // No key, and rows that are there twice.
    await database.query(`
      create table app.events (id bigint, at timestamptz, note text, amount numeric);
      create index events_note on app.events (note);
      insert into app.events select n / 2, timestamptz '2025-01-01 00:00+00' + n * interval '20 minutes', 'note ' || n, n / 10.0 from generate_series(1, 4000) n;
      insert into app.events select * from app.events where id < 50`);
  });
  afterEach(async () => {
    await Promise.all(clients.splice(0).map((client) => client.end()));
  });

  const rows = () => database.query("select id, at, note, amount::text from app.events order by at, id, note");
  const kind = async () => {
    const [row] = await database.query<{ kind: string }>(
      "select relkind as kind from pg_class where oid = 'app.events'::regclass",
    );
    return row?.kind;
  };
  const isWaiting = async (name: string) => {
    const found = await database.query(
      "select from pg_stat_activity where application_name = $1 and wait_event_type = 'Lock'",
      [name],
    );
    return found.length === 1;
  };

  it("readers go on while the rows of a table without a key are copied; a writer waits, and writes into the partitioned table", async () => {
    const shown = await preview(database, deployment, program);
    expect(shown.error).toBeUndefined();
    const told = shown.messages.join("\n");
    expect(told).toContain("copied, compared and swapped in one transaction, while writers wait");
    expect(told).toMatch(/writers of app\.events wait from the first lock to the COMMIT, (less than a second|about)/);
    expect(told).toContain("IN EXCLUSIVE MODE");
    expect(told).not.toContain("pgpartition_capture");

    const before = await rows();
    const [reader, writer, old] = await Promise.all(["old reader", "writer", "snapshot"].map(connect));
    await old?.query("begin isolation level repeatable read; select 1 from pg_class limit 1");
    const stop = stopAt("before begin swap app.events");
    let plugin: PluginProcess | undefined;
    const run = up(database, deployment, program, { env: stop.env, started: (started) => (plugin = started) });
    await reach(stop, run);
    // Its lock stays until its transaction ends: the swap cannot come before.
    const read = await reader?.query<{ n: number }>("begin; select count(*)::int as n from app.events");
    expect((read as unknown as { rows: object[] }[])[1]?.rows).toEqual([{ n: before.length }]);
    const written = writer?.query("insert into app.events values (9000, '2025-03-14', 'late', 1)");
    await until(() => isWaiting("writer"));
    stop.goOn();
    await until(() => /waiting for pid \d+ \("old reader"/.test(plugin?.messages.join("\n") ?? ""), 30_000);
    await expect(database.query("select count(*)::int as n from app.events")).resolves.toEqual([{ n: before.length }]);
    await reader?.query("commit");
    await written;
    // What is bound to a snapshot from before gets an error, and has to run again.
    await expect(old?.query("insert into app.events values (9001, '2025-03-14')")).rejects.toThrow(
      /converted after the snapshot/,
    );
    await old?.query("rollback");
    const { error, messages: said } = await run;
    expect(error).toBeUndefined();
    // The swap was tried again, and nothing else.
    expect(said.filter((message) => message.includes("rows are copied and compared, all equal"))).toHaveLength(1);
    expect(await kind()).toBe("p");
    expect(await rows()).toHaveLength(before.length + 1);
    expect((await rows()).filter((row) => (row as { id: string }).id !== "9000")).toEqual(before);
    expect(await database.query("select tableoid::regclass::text as place from app.events where id = 9000")).toEqual([
      { place: "app.events_p2025_03" },
    ]);
    // What is bound to the former table gets an error.
    await expect(database.query("insert into app.events_legacy values (1, now())")).rejects.toThrow(/is refused/);
    expect((await preview(database, deployment, program)).steps).toEqual([]);
    expect((await left(database)).orphans).toEqual([]);
  });

  itAlike(version)("rows that come between its reading and its lock get partitions", async () => {
    const stop = stopAt("before begin lock app.events");
    const run = up(database, deployment, program, { env: stop.env });
    await reach(stop, run);
    await database.query("insert into app.events values (9000, '2024-03-05', 'early', 1)");
    const before = await rows();
    stop.goOn();
    expect((await run).error).toBeUndefined();
    expect(await rows()).toEqual(before);
    expect(await database.query("select tableoid::regclass::text as place from app.events where id = 9000")).toEqual([
      { place: "app.events_p2024_03" },
    ]);
    expect((await preview(database, deployment, program)).steps).toEqual([]);
  });

  itAlike(version)(
    "LIST levels: values that nothing names get branches, a row that belongs to none changes nothing, and what is altered meanwhile is carried",
    async () => {
      await database.query(`${OBSERVED_TABLE} alter table app.obs alter site_id drop not null`);
      const leveled = leveledProgram(SOURCED, { strategy: "offline" });
      const { dump } = await left(database);
      const stop = stopAt("before begin lock app.obs");
      const run = up(database, deployment, leveled, { env: stop.env });
      await reach(stop, run);
      await database.query(
        "insert into app.obs values (9000, 'new', 'newer', '2025-02-02', 1, 1), (9001, 'new', null, '2025-02-02', 1, 1)",
      );
      stop.goOn();
      expect((await run).error).toMatch(/1 rows have no "site_id", and NULL belongs to no branch/);
      await database.query("delete from app.obs where site_id is null");
      expect((await left(database)).dump).toBe(dump);
      const seen = () => database.query("select o::text from app.obs o order by id");
      const before = await seen();
      const again = stopAt("before begin lock app.obs");
      const second = up(database, deployment, leveled, { env: again.env });
      await reach(again, second);
      await database.query("create index late on app.obs (user_id)");
      again.goOn();
      const { error, messages } = await second;
      expect(error).toBeUndefined();
      expect(messages.join("\n")).toContain("table app.obs was altered while it was being converted");
      expect(await database.query("select to_regclass('app.late')::text as late")).toEqual([{ late: "app.late" }]);
      expect(await seen()).toEqual(before);
      expect(await database.query("select tableoid::regclass::text as place from app.obs where id = 9000")).toEqual([
        { place: "app.obs_prog_new_site_newer_2025_02" },
      ]);
      expect((await preview(database, deployment, leveled)).steps).toEqual([]);
    },
  );

  itAlike(version)(
    "out of its time while a reader keeps it from its swap, it is rolled back, and writers go on",
    async () => {
      const { dump } = await left(database);
      const reader = await connect("old reader");
      await reader.query("begin; select 1 from app.events limit 1");
      const own = open({ managementSchema: "pgpartition" });
      const budget = new AbortController();
      const log = { ...QUIET, status: (text: string) => (text.includes("all equal") ? budget.abort() : undefined) };
      const work = { database: own, management: "pgpartition", run: "test", signal: new AbortController().signal, log };
      const declared = decodeConversion(
        encodeConversion(requireTableSpec(Object.values(program.tables)[0], "a table")) ?? failNow(),
      ) as DeclaredCopy;
      const read = async (): Promise<Copyable> => {
        const reading = await readCopy(own, { ...declared, timeBudgetMinutes: 7 }, ({ now }) => now);
        return reading.kind === "copyable" ? reading : failNow();
      };
      const job = { work, declared: { ...declared, timeBudgetMinutes: 7 }, budget: budget.signal, read };
      await expect(
        own.withTableLock("app", "events", { signal: work.signal, log }, () => convertOffline(job)),
      ).rejects.toThrow(/timeBudgetMinutes, 7, is over, and it was rolled back: the table is as it was/);
      await database.query("insert into app.events values (9000, '2025-03-14')");
      await own.close();
      await reader.query("commit");
      expect((await left(database)).dump).toBe(dump);
    },
  );

  itAlike(version)("a copy that is under way is not taken over", async () => {
    await database.query("alter table app.events add n int generated always as identity primary key");
    const copying = conversionProgram({ convertFrom: { strategy: "copy", until: "verify" } });
    expect((await up(database, deployment, copying)).error).toBeUndefined();
    expect((await preview(database, deployment, program)).error).toMatch(
      /"app\.events" is being copied while writers continue.*give-up app\.events --yes/s,
    );
  });
});
