import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, describe, expect, it } from "vitest";
import type { TableSpecArgs } from "../../core/declare/table/args";
import { testVersions, withDatabase } from "../support/database";
import { program } from "../support/harness/fixture";
import { type Change, consume, type Consumer } from "../support/harness/pgoutput";
import { preview, up } from "../support/harness/rounds";
import { withDeployment } from "../support/harness/with-deployment";
import { itAlike } from "../support/sample";

const window = { lead: "1 month", retention: "1 month" } as const;
const at = (day: string, publications: TableSpecArgs["publications"], changes: Partial<TableSpecArgs> = {}) =>
  program(`${day}T00:00:00Z`, {
    window,
    indexes: {},
    grace: "7 days",
    ...(publications === undefined ? {} : { publications }),
    ...changes,
  });

describe.each(testVersions())("PostgreSQL %s, a stream of changes", (version) => {
  const database = withDatabase(version);
  const deployment = withDeployment(database);
  let consumer: Consumer | undefined;

  afterEach(async () => {
    await consumer?.drop();
    consumer = undefined;
  });
  const slot = `stream_${String(process.pid)}_${String(version)}`;

  it.each([
    ["the table", true],
    ["each partition", false],
  ])(
    "C15 a consumer by the name of %s gets every row exactly once while partitions are created, detached and dropped",
    async (_, viaRoot) => {
      const published = { warehouse: { create: true, viaRoot } } as const;
      expect((await up(database, deployment, at("2025-03-10", published))).error).toBeUndefined();
      const reading = await consume(database, slot, "warehouse");
      consumer = reading;
      const got: Change[] = [];
      const inserts = startStream(database, async () => void got.push(...(await reading.read())));
      // April: May is made, February leaves. Later: February is dropped.
      inserts.into("2025-02-14", "2025-03-14");
      await inserts.some(5);
      for (const day of ["2025-04-10", "2025-04-20"]) {
        inserts.into("2025-03-14", "2025-04-14");
        expect((await up(database, deployment, at(day, published))).error).toBeUndefined();
      }
      inserts.into("2025-05-14");
      await inserts.some(5);
      const acknowledged = await inserts.stop();
      got.push(...(await reading.read()));
      expect(got.map(({ row }) => Number(row["id"])).sort((a, b) => a - b)).toEqual(acknowledged);
      expect([...new Set(got.map(({ relation }) => relation))].sort()).toEqual(
        viaRoot ? ["app.events"] : ["02", "03", "04", "05"].map((month) => `app.events_p2025_${month}`),
      );
      const [gone] = await database.query<{ gone: boolean }>(
        "select to_regclass('app.events_p2025_02') is null as gone",
      );
      expect(gone).toEqual({ gone: true });
    },
  );

  it("C15 a drop before a slot has read the partition's changes: preview names slot and partition, and once it has read them nothing is said", async () => {
    const published = { warehouse: { create: true } } as const;
    await up(database, deployment, at("2025-03-10", published));
    consumer = await consume(database, slot, "warehouse");
    await database.query("insert into app.events values (1, '2025-02-14')");
    await up(database, deployment, at("2025-04-10", published));
    const due = at("2025-04-20", published);
    const unread = (messages: readonly string[]) =>
      messages.filter((message) => message.includes("has not read all changes"));
    const shown = await preview(database, deployment, due);
    expect(unread(shown.messages)[0]).toContain(
      `replication slot "${slot}" has not read all changes of "events_p2025_02" yet`,
    );
    expect((await consumer.read()).map(({ row }) => row["id"])).toEqual(["1"]);
    // The slot has moved past the detach once it has read what came after it.
    await database.query("insert into app.events values (2, '2025-04-14')");
    await consumer.read();
    expect(unread((await preview(database, deployment, due)).messages)).toEqual([]);
    expect((await up(database, deployment, due)).error).toBeUndefined();
  });

  it("C15 a detach and drop in one update warns of every slot, and the changes are still sent after it", async () => {
    const published = { warehouse: { create: true } } as const;
    const without = { grace: "none" } as const;
    await up(database, deployment, at("2025-03-10", published, without));
    consumer = await consume(database, slot, "warehouse");
    await database.query("insert into app.events values (1, '2025-02-14')");
    const run = await up(database, deployment, at("2025-04-10", published, without));
    expect(run.error).toBeUndefined();
    expect(run.messages.join("\n")).toContain(
      `replication slot "${slot}" has not read all changes of "events_p2025_02"`,
    );
    expect(await consumer.read()).toMatchObject([{ relation: "app.events", row: { id: "1" } }]);
  });

  itAlike(version).each([
    ["all tables", "for all tables", "has all tables"],
    ["all tables of its schema", "for tables in schema app", 'has all tables of schema "app"'],
    ["it by its own name", "for table app.events_p2025_02", "lists it by itself"],
  ])(
    "a partition is detached and a publication has %s: preview warns before, and the rows written to it after are sent",
    async (_, clause, why) => {
      await up(database, deployment, at("2025-03-10", undefined));
      await database.query(`create publication whole ${clause} with (publish_via_partition_root = true)`);
      consumer = await consume(database, slot, "whole");
      const april = at("2025-04-10", undefined);
      expect((await preview(database, deployment, at("2025-03-10", undefined))).messages.join()).not.toContain("whole");
      const shown = (await preview(database, deployment, april)).messages;
      expect(shown.join("\n")).toContain(
        `publication "whole" ${why}: after the detach "events_p2025_02" is published under a separate name`,
      );
      await up(database, deployment, april);
      await consumer.read();
      await database.query("insert into app.events_p2025_02 values (1, '2025-02-14')");
      expect(await consumer.read()).toMatchObject([{ relation: "app.events_p2025_02" }]);
    },
  );

  itAlike(version)(
    "a partition is detached and only its table is published: no warning, and nothing that is written to it is sent",
    async () => {
      const published = { warehouse: { create: true } } as const;
      await up(database, deployment, at("2025-03-10", published));
      consumer = await consume(database, slot, "warehouse");
      const april = at("2025-04-10", published);
      expect((await preview(database, deployment, april)).messages.join()).not.toContain("after the detach");
      await up(database, deployment, april);
      await database.query("insert into app.events_p2025_02 values (1, '2025-02-14')");
      expect(await consumer.read()).toEqual([]);
    },
  );
});

/** Inserts one row after the other and lets somebody read the stream, until it is stopped. */
function startStream(database: ReturnType<typeof withDatabase>, read: () => Promise<void>) {
  const acknowledged: number[] = [];
  let days: readonly string[] = [];
  let running = true;
  let failure: Error | undefined;
  const work = async (): Promise<void> => {
    const writer = await database.connect({ application_name: "writer" });
    for (let id = 1; running; id += 1) {
      const day = days[id % Math.max(days.length, 1)];
      if (day !== undefined) {
        await writer.query("insert into app.events values ($1, $2)", [id, day]);
        acknowledged.push(id);
      }
      if (id % 10 === 0) await read();
      await sleep(5);
    }
    await writer.end();
  };
  const worker = work().catch((error: unknown) => {
    failure = error instanceof Error ? error : new Error(String(error));
  });
  return {
    into: (...next: readonly string[]): void => void (days = next),
    some: async (count: number): Promise<void> => {
      const wanted = acknowledged.length + count;
      while (acknowledged.length < wanted && failure === undefined) await sleep(5);
    },
    stop: async (): Promise<number[]> => {
      running = false;
      await worker;
      if (failure !== undefined) throw failure;
      return acknowledged;
    },
  };
}
