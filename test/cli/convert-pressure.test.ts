// A copy that is slower than it could be, because of others: slots, replicas, sessions that wait for it.
import { Client } from "pg";
import { beforeEach, describe, expect, it, onTestFinished } from "vitest";
import type { CopyJob } from "../../conversion/copy-job";
import { readDeclaredCopy } from "../../conversion/declared-copy";
import { makeOperatorJob } from "../../conversion/job-for";
import { readCopy } from "../../conversion/read/read-copy";
import { runCopy } from "../../conversion/run-copy";
import { PressureWatch } from "../../conversion/watch-pressure";
import { QUIET } from "../../postgres/connect/log";
import { type CopyRecord, readCopyRecord } from "../../postgres/conversion/journal";
import { readPressure } from "../../postgres/conversion/read-pressure";
import { Database } from "../../postgres/database";
import { asSuperuser, ownRole, testVersions, withDatabase } from "../support/database";
import { up } from "../support/harness/rounds";
import { connectStandby } from "../support/harness/standby";
import { until } from "../support/harness/until";
import { requestedRole } from "../support/servers";
import { COPIED, VERIFYING, withConvertible } from "./convert-support";
import { pgpartition } from "./support";
import { itAlike } from "../support/sample";

describe.each(testVersions())("PostgreSQL %s, a copy that others cannot follow", (version) => {
  const database = withDatabase(version);
  const { deployment, cli, status, rows, isFollowed } = withConvertible(database);

  /** An update that has failed while it copied. */
  beforeEach(async () => {
    const { error } = await up(database, deployment, VERIFYING, { env: { PGPARTITION_FAULT: `${COPIED}:throw` } });
    expect(error).toContain(`fault injected at "${COPIED}"`);
  });

  /** A slot that nothing reads, and more WAL after it than a copy is allowed to let it keep. */
  const makeSlot = async (): Promise<{ readonly name: string; readonly drop: () => Promise<void> }> => {
    const name = `unread_${database.database}`;
    await database.query("select pg_create_logical_replication_slot($1, 'pgoutput')", [name]);
    let there = true;
    const drop = async (): Promise<void> => {
      if (there) await database.query("select pg_drop_replication_slot($1)", [name]);
      there = false;
    };
    onTestFinished(drop);
    await database.query("select pg_logical_emit_message(false, '', repeat('x', 1000000)) from generate_series(1, 8)");
    return { name, drop };
  };

  /** `convert run --once` in a process of its own, with what it has said so far. */
  const run = () => {
    let said = "";
    const options = { env: { DATABASE_URL: database.url }, heard: (text: string) => void (said += text) };
    return { result: pgpartition(["convert", "run", "app.events", "--once"], options), said: () => said };
  };

  /** A run in this process, whose time and words the test has. */
  const openJob = async (
    url = database.url,
  ): Promise<{ job: CopyJob; record: CopyRecord; said: string[]; endTime: () => void }> => {
    const own = new Database({ url, managementSchema: "pgpartition", applicationName: "pulumi-pgpartition test" }, {});
    onTestFinished(() => own.close());
    const record = await readCopyRecord(own, { schema: "app", table: "events" });
    if (!record) throw new Error("no conversion is under way");
    const declared = readDeclaredCopy(record);
    const reading = await readCopy(own, declared, ({ now }) => now);
    if (reading.kind !== "copyable") throw new Error(reading.kind);
    const said: string[] = [];
    const log = {
      ...QUIET,
      info: (text: string) => void said.push(text),
      status: (text: string) => void said.push(text),
    };
    const stop = new AbortController();
    const work = { database: own, management: "pgpartition", run: "test", signal: stop.signal, log };
    let over = false;
    const job = { ...makeOperatorJob(work, declared, reading, stop.signal), isTimeOver: () => over };
    return { job, record, said, endTime: () => (over = true) };
  };

  itAlike(version)(
    "waits for a slot that nothing reads, says why and what to do, follows the changes, and goes on once it is dropped",
    async () => {
      const slot = await makeSlot();
      expect((await cli("pace", "app.events", "--max-slot-lag", "1 MB")).stdout).toBe(
        "the conversion of app.events waits while a slot keeps more than 1 MB of WAL\n",
      );
      const { result, said } = run();
      await until(() => said().includes("waits, and follows the changes"));
      expect(said()).toMatch(
        new RegExp(
          `waits, and follows the changes: slot "${slot.name}" keeps [\\d.]+ MB of WAL of 1 MB at most \\(nothing reads the slot: start its reader, or SELECT pg_drop_replication_slot\\('${slot.name}'\\) if it has none any more, or pgpartition convert pace app\\.events --max-slot-lag allows more\\)`,
        ),
      );
      await database.query("update app.events set note = 'meanwhile' where id <= 50");
      await until(isFollowed);
      expect(await status()).toMatchObject({
        phase: "copying",
        rowsCompared: 0,
        maxSlotLagBytes: 1024 ** 2,
        maxReplicaLagSeconds: 10,
        heldBack: { waits: true, sharePercent: 0, why: [{ fact: expect.stringContaining(slot.name) }] },
      });
      const told = (await cli("status", "app.events")).stdout;
      expect(told).toMatch(/^ {2}setting: waits while a slot keeps more than 1 MB of WAL$/m);
      expect(told).toMatch(/^ {2}held back: waits: slot "unread_.* allows more\)$/m);
      const before = await rows();
      await slot.drop();
      const { code, stderr } = await result;
      expect([code, stderr]).toEqual([0, expect.stringContaining('converting table "app.events": goes on')]);
      expect(await status()).toMatchObject({ phase: "verified", heldBack: null });
      expect(await rows()).toEqual(before);
    },
  );

  itAlike(version)("goes on once an operator allows more, without a restart", async () => {
    await makeSlot();
    await cli("pace", "app.events", "--max-slot-lag", "1 MB");
    const { result, said } = run();
    await until(() => said().includes("waits, and follows the changes"));
    expect((await cli("pace", "app.events", "90", "--max-slot-lag", "none", "--max-replica-lag", "2.5")).stdout).toBe(
      "the conversion of app.events works 90 % of the time, waits while a replica is more than 2.5 s behind, waits for no slot\n",
    );
    expect(await result).toMatchObject({ code: 0, stderr: expect.stringContaining("goes on") });
    expect(await status()).toMatchObject({
      phase: "verified",
      pacePercent: 90,
      maxSlotLagBytes: null,
      maxReplicaLagSeconds: 2.5,
    });
  });

  itAlike(version)("an update whose time is over while it waits says for what", async () => {
    const slot = await makeSlot();
    await cli("pace", "app.events", "--max-slot-lag", "1 MB");
    const { job, said, endTime } = await openJob();
    const ended = runCopy(job);
    await until(() => said.some((text) => text.includes("waits, and follows the changes")));
    endTime();
    const end = await ended;
    expect(end).toMatchObject({ kind: "unfinished", record: { phase: "copying" } });
    expect(end.kind === "unfinished" && end.why).toMatch(
      new RegExp(`^its time is over, and it waited: slot "${slot.name}" keeps .* --max-slot-lag allows more\\)$`),
    );
  });

  itAlike(version)("an operator who pauses it while it waits is obeyed", async () => {
    await makeSlot();
    await cli("pace", "app.events", "--max-slot-lag", "1 MB");
    const { job, said } = await openJob();
    const ended = runCopy({ ...job, whenPaused: "end" });
    await until(() => said.some((text) => text.includes("waits, and follows the changes")));
    await cli("pause", "app.events");
    expect(await ended).toMatchObject({ kind: "unfinished", why: "it is paused" });
  });

  it("a session that waits for its locks goes first, by name", async () => {
    const { job, record } = await openJob();
    const watch = new PressureWatch(job, record, "reads");
    await watch.look();
    expect([watch.pressure, watch.takeWaiting()]).toEqual([{ kind: "go", share: 1, why: [] }, false]);
    const ours = await database.connect({ application_name: "pulumi-pgpartition other", ...ownRole(database) });
    const deploy = await database.connect({ application_name: "deploy" });
    onTestFinished(async () => void (await Promise.all([ours.end(), deploy.end()])));
    await ours.query("begin; lock table app.events in access share mode");
    const altered = deploy.query("alter table app.events alter note set not null");
    await until(async () => {
      await watch.look();
      return watch.pressure.kind === "wait";
    });
    expect(watch.pressure.why).toMatchObject([
      { fact: expect.stringMatching(/^pid \d+ \("(deploy|unnamed)"\) waits for a lock of the conversion$/) },
    ]);
    await ours.query("commit");
    await altered;
    await watch.look();
    expect([watch.pressure.kind, watch.takeWaiting(), watch.takeWaiting()]).toEqual(["go", true, false]);
  });

  it("says once that the state of replicas is hidden from its role, and does not fail", async (context) => {
    if (requestedRole() === "superuser") return context.skip("nothing is hidden from a superuser");
    const walSender = new Client({
      ...database.superuser,
      database: database.database,
      ...{ replication: "database" },
    });
    await walSender.connect();
    onTestFinished(() => walSender.end());
    const { job, record, said } = await openJob();
    const watch = new PressureWatch(job, record, "writes");
    await watch.look();
    await watch.look();
    expect(said.filter((text) => text.includes("hidden from this role"))).toEqual([
      expect.stringMatching(/how far \d+ replicas are behind .* GRANT pg_monitor TO it shows it$/),
    ]);
    expect((await cli("status")).stdout).toMatch(/^ {2}held back: not by \d+ replicas, whose state is hidden/m);
  });

  it("does without what a hosted server closes", async (context) => {
    if (requestedRole() === "superuser") return context.skip("nothing is closed to a superuser");
    const { job, record } = await openJob();
    expect(await readPressure(job.work.database, record)).toMatchObject({
      redo: expect.stringMatching(/^[0-9A-F]+\/[0-9A-F]+$/),
      server: { wal: { sinceCheckpointBytes: expect.any(Number), maxWalBytes: expect.any(Number) } },
    });
    await database.query("revoke execute on function pg_control_checkpoint() from public");
    onTestFinished(
      async () => void (await database.query("grant execute on function pg_control_checkpoint() to public")),
    );
    const closed = await readPressure(job.work.database, record);
    expect([closed?.redo, closed?.server.wal, closed?.control]).toEqual([undefined, undefined, expect.any(Object)]);
  });

  it("sees how far a replica is behind", async () => {
    const { job, record } = await openJob(asSuperuser(database).url);
    const name = `replica_${database.database}`;
    const standby = await connectStandby({ ...database.superuser, database: database.database }, name);
    const [here] = await database.query<{ lsn: string }>("select (pg_current_wal_lsn() - '0/0'::pg_lsn)::text as lsn");
    const replayed = BigInt(here?.lsn ?? 0);
    await standby.start();
    standby.reply(replayed);
    await database.query("select pg_logical_emit_message(false, '', repeat('x', 1000000)) from generate_series(1, 4)");
    await until(async () => {
      const seen = (await readPressure(job.work.database, record))?.server.replicas.find((one) => one.name === name);
      return (seen?.bytes ?? 0) > 2_000_000;
    });
  });
});
