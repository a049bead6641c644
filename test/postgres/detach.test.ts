import { beforeEach, describe, expect, it } from "vitest";
import { detachStatement, finalizeStatement } from "../../core/partition/statements/retire-statements";
import type { Database } from "../../postgres/database";
import { LockBudgetExceeded } from "../../postgres/connect/session-errors";
import { ownRole, testVersions, withDatabase } from "../support/database";
import { allowedMs, waitsDuring } from "../support/harness/waits";
import { attemptsIn, eventually, failureOf, opener, options, recordingLog } from "./support";

describe.each(testVersions())("detaching on PostgreSQL %i", (version) => {
  const server = withDatabase(version);
  const open = opener(server);
  /** As the product names its sessions, by which the waits for it are known. */
  const ours = { applicationName: "pulumi-pgpartition" };
  const parent = { schema: "public", table: "p", references: ["public.ref"], defaultPartition: undefined };
  const partition = { schema: "public", name: "p1" };

  beforeEach(async () => {
    await server.query("drop table if exists p, p1, ref");
    await server.query("create table ref (id int primary key)");
    await server.query("insert into ref values (1)");
    await server.query("create table p (ts timestamptz not null, ref int references ref) partition by range (ts)");
    await server.query("create table p1 partition of p for values from ('2025-01-01Z') to ('2025-02-01Z')");
    await server.query("create table p2 partition of p for values from ('2025-02-01Z') to ('2025-03-01Z')");
  });

  const detach = (database: Database, log = recordingLog()) =>
    database.detach(
      {
        schema: "public",
        table: "p",
        partition,
        statement: detachStatement(parent, partition),
        finalize: finalizeStatement(parent, partition),
      },
      options('detaching "p1"', { log }),
    );
  const attached = () =>
    server.query<{ pending: boolean }>(
      "select inhdetachpending as pending from pg_inherits where inhrelid = 'p1'::regclass",
    );

  /** Leaves p1 half detached, as a run that was killed after the first phase. */
  const makePending = async (): Promise<void> => {
    const reader = await server.connect();
    await reader.query("begin");
    await reader.query("select * from p");
    const cut = await server.connect();
    await cut.query("set lock_timeout = '100ms'");
    await cut.query("alter table p detach partition p1 concurrently").catch(() => undefined);
    await cut.end();
    await reader.query("rollback");
    await reader.end();
    expect(await attached()).toEqual([{ pending: true }]);
  };

  it("takes a partition out, and does nothing the second time", async () => {
    const database = open();
    await detach(database);
    expect(await attached()).toEqual([]);
    await detach(database);
  });

  it("waits for an old reader first, holding nothing, so that no session waits for it", async () => {
    const reader = await server.connect({ application_name: "old reader", ...ownRole(server) });
    await reader.query("begin");
    await reader.query("select * from p");
    const log = recordingLog();
    const work = detach(open(ours), log);
    const writer = await server.connect();
    // Forty rounds after it has named the reader: it goes on waiting.
    const waits = await waitsDuring(server, async () => {
      for (let round = 0; round < 40; round += log.lines.length) {
        await writer.query("insert into p values ('2025-02-05Z', 1)");
        await writer.query("update ref set id = 1");
      }
    });
    expect(await attached()).toEqual([{ pending: false }]);
    await reader.query("commit");
    await work;
    await Promise.all([reader.end(), writer.end()]);
    expect(await attached()).toEqual([]);
    expect(waits.worst).toBeUndefined();
    expect(log.lines[0]).toMatch(
      /^detaching "p1": waiting for pid \d+ \("old reader", idle in transaction, transaction \d+ s old/,
    );
  });

  it("gives up at the budget before it begins, and names the reader", async () => {
    const reader = await server.connect({ application_name: "old reader", ...ownRole(server) });
    await reader.query("begin");
    await reader.query("select * from p");
    const error = await failureOf(detach(open({ lockBudgetMs: 500 })));
    await reader.query("commit");
    await reader.end();
    expect(error).toBeInstanceOf(LockBudgetExceeded);
    expect(error.message).toContain('("old reader", idle in transaction');
    expect(await attached()).toEqual([{ pending: false }]);
  });

  it("finishes a detach that it finds half done", async () => {
    await makePending();
    await detach(open());
    expect(await attached()).toEqual([]);
  });

  it("finishes with short time-outs while an old writer of the referenced table is open", async () => {
    await makePending();
    const old = await server.connect({ application_name: "old writer", ...ownRole(server) });
    await old.query("begin");
    await old.query("insert into ref values (2)");
    const log = recordingLog();
    const work = detach(open(ours), log);
    const writer = await server.connect();
    // The writer meets three attempts, however long they take.
    const waits = await waitsDuring(server, async () => {
      for (let id = 100; attemptsIn(log) < 3; id += 1) await writer.query("insert into ref values ($1)", [id]);
    });
    await old.query("commit");
    await work;
    await Promise.all([old.end(), writer.end()]);
    expect(await attached()).toEqual([]);
    expect(waits.worst?.ms ?? 0).toBeLessThanOrEqual(allowedMs(waits, 100));
  });

  it("says that it is half done when the second phase finds no end", async () => {
    await makePending();
    const old = await server.connect({ application_name: "old writer", ...ownRole(server) });
    await old.query("begin");
    await old.query("insert into ref values (2)");
    const error = await failureOf(detach(open({ lockBudgetMs: 500 })));
    expect(error).toBeInstanceOf(LockBudgetExceeded);
    expect(error.message).toContain('("old writer", idle in transaction');
    expect(error.message).toContain("half detached");
    expect(error.message).not.toContain("Nothing was changed");
    await old.query("rollback");
    await old.end();
    await detach(open());
    expect(await attached()).toEqual([]);
  });

  it("finalizes by itself when it is cut between the phases", async () => {
    const old = await server.connect({ application_name: "old writer", ...ownRole(server) });
    await old.query("begin");
    await old.query("insert into ref values (2)");
    const log = recordingLog();
    const work = detach(open(), log);
    await eventually(async () => (await attached())[0]?.pending === true);
    await eventually(() => Promise.resolve(log.lines.some((line) => line.includes("cut by a lock"))));
    await old.query("commit");
    await old.end();
    await work;
    expect(await attached()).toEqual([]);
  });
});
