import { beforeEach, describe, expect, it } from "vitest";
import { partitions } from "../provider/support";
import { testVersions, withDatabase } from "../support/database";
import { stopAt, whenWaiting } from "../support/harness/stop-at";
import { left, program } from "../support/harness/fixture";
import { preview, up } from "../support/harness/rounds";
import { until } from "../support/harness/until";
import { withDeployment } from "../support/harness/with-deployment";
import { apply, column, failure, scheduleRuns, whenRunning } from "./support";
import { itAlike } from "../support/sample";

const window = { lead: "1 month", retention: "forever", start: "2025-03-01" } as const;
const march = program("2025-03-10T00:00:00Z", { window });
const june = program("2025-06-10T00:00:00Z", { window });
const made = "select partition_name from pgpartition.ledger where event = 'created' order by lower_bound";

describe.each(testVersions())("PostgreSQL %s, several at once", (version) => {
  const database = withDatabase(version);
  const deployment = withDeployment(database);

  beforeEach(async () => {
    await apply(database, deployment, march);
  });

  it("many callers ask for one partition: it is created once, and all of them get it", async () => {
    const clients = await Promise.all(Array.from({ length: 8 }, () => database.connect()));
    const answers = await Promise.all(
      clients.map((client) =>
        client.query("select pgpartition.ensure_partition('app.events', date '2025-08-15')::text as p"),
      ),
    );
    await Promise.all(clients.map((client) => client.end()));
    expect(answers.map(({ rows }) => rows as unknown[])).toEqual(clients.map(() => [{ p: "app.events_p2025_08" }]));
    expect((await column(database, made)).filter((name) => name === "events_p2025_08")).toHaveLength(1);
    expect((await left(database)).orphans).toEqual([]);
  });

  it("C08 the schedule runs while an update creates the same partitions: one of them creates each, and preview is empty", async () => {
    const stop = stopAt("before begin create partition app.events_p2025_05");
    const running = up(database, deployment, june, { env: stop.env });
    await stop.reached();
    const session = await database.connect();
    const scheduled = scheduleRuns(session, "2025-06-10");
    await whenRunning(database, "ensure_window");
    stop.goOn();
    expect((await running).error).toBeUndefined();
    await scheduled;
    await session.end();
    expect(await column(database, made)).toEqual(
      ["03", "04", "05", "06", "07"].map((month) => `events_p2025_${month}`),
    );
    expect((await preview(database, deployment, june)).steps).toEqual([]);
  });

  it("C08 an update runs while the schedule creates partitions: it waits, adopts them, and preview is empty", async () => {
    const client = await database.connect();
    await client.query("begin; select pgpartition.ensure_partitions('app.events', '2025-06-10')");
    const running = up(database, deployment, june, {
      started: (plugin) => void whenWaiting(plugin).then(() => client.query("commit")),
    });
    const { error, messages } = await running;
    await client.end();
    expect(error).toBeUndefined();
    expect(messages.join("\n")).toContain('waiting for the lock of table "app"."events"');
    expect(await column(database, made)).toHaveLength(5);
    expect((await preview(database, deployment, june)).steps).toEqual([]);
  });

  itAlike(version).each([
    ["under our name", "events_p2025_05"],
    ["under another name", "made_by_hand"],
  ])(
    "C08 another session creates the same partition %s without the lock: it is found by its bounds",
    async (_, name) => {
      const client = await database.connect();
      await client.query(`begin; create table app.${name} partition of app.events
      for values from ('2025-05-01 00:00+00') to ('2025-06-01 00:00+00')`);
      const session = await database.connect();
      const scheduled = scheduleRuns(session, "2025-06-10");
      await until(async () => (await column(database, "select 1 from pg_locks where not granted")).length > 0);
      await client.query("commit");
      await client.end();
      await scheduled;
      await session.end();
      expect(await partitions(database)).toEqual([
        "events_p2025_03",
        "events_p2025_04",
        name,
        "events_p2025_06",
        "events_p2025_07",
      ]);
      expect(await column(database, made)).not.toContain("events_p2025_05");
      await apply(database, deployment, june);
      expect((await preview(database, deployment, june)).steps).toEqual([]);
    },
  );

  itAlike(version)(
    "C08 the name is taken by something else: that is reported, and every other partition is created anyway",
    async () => {
      await database.query("create table app.events_p2025_05 (id int)");
      const said = await failure(scheduleRuns(database, "2025-06-10"));
      expect(said).toContain(
        '42P07 | partition "app"."events_p2025_05" [2025-05-01 00:00:00+00, 2025-06-01 00:00:00+00) cannot be made',
      );
      expect(await partitions(database)).toEqual(["03", "04", "06", "07"].map((month) => `events_p2025_${month}`));
      await database.query("drop table app.events_p2025_05");
      await database.query(`create table app.half partition of app.events
      for values from ('2025-05-01 00:00+00') to ('2025-05-15 00:00+00')`);
      expect(await failure(scheduleRuns(database, "2025-06-10"))).toContain("would overlap partition");
    },
  );

  itAlike(version)(
    "a lock that others hold is waited for in short pieces; then it gives up and leaves nothing behind",
    async () => {
      const client = await database.connect();
      await client.query("begin; lock table app.events in share mode");
      const waiting = failure(database.query("select pgpartition.ensure_partition('app.events', date '2025-05-15')"));
      await until(async () => {
        const { rows } = await client.query<{ n: number }>(
          "select count(*)::int as n from pg_locks where locktype = 'advisory' and granted",
        );
        return (rows[0]?.n ?? 0) > 0;
      });
      // A writer of another session is held up by the lock of the client alone, never by our waiting behind it.
      expect(await waiting).toMatch(/^55P03/);
      await client.query("rollback");
      await client.end();
      expect((await left(database)).orphans).toEqual([]);
      expect(await column(database, "select pgpartition.ensure_partition('app.events', date '2025-05-15')")).toEqual([
        "app.events_p2025_05",
      ]);
    },
  );

  it("each partition is a separate transaction; inside one the error names the function for it", async () => {
    await scheduleRuns(database, "2025-06-10");
    const transactions = await column(
      database,
      "select distinct xmin::text from pgpartition.ledger where run = 'schedule'",
    );
    expect(transactions).toHaveLength(3);
    const client = await database.connect();
    await client.query("begin");
    await expect(client.query("call pgpartition.ensure_window('app.events', '2025-08-10')")).rejects.toThrow(
      "invalid transaction termination",
    );
    await client.query("rollback");
    await client.query("begin");
    const { rows } = await client.query(
      "select p::text from pgpartition.ensure_partitions('app.events', '2025-08-10') p",
    );
    expect(rows).toEqual([{ p: "app.events_p2025_08" }, { p: "app.events_p2025_09" }]);
    await client.query("rollback");
    await client.end();
    expect(await partitions(database)).toHaveLength(5);
    const [comment] = await column(
      database,
      "select obj_description('pgpartition.ensure_window(regclass, timestamptz)'::regprocedure, 'pg_proc')",
    );
    expect(comment).toContain("inside a transaction or a function use ensure_partitions");
  });
});
