import { describe, expect, it } from "vitest";
import type { TableSpecArgs } from "../../core/declare/table/args";
import { testVersions, withDatabase } from "../support/database";
import { eventsTable, left, program } from "../support/harness/fixture";
import type { Plugin } from "../support/harness/plugin";
import { preview, up } from "../support/harness/rounds";
import { commitWhenNamed, type Loaded, PATIENT, underLoad } from "../support/harness/under-load";
import { allowedMs } from "../support/harness/waits";
import { withPrepared } from "../support/harness/with-deployment";
import { casesOn, itAlike } from "../support/sample";

const lockTimeoutMs = 100;
const times = ["2025-02-14T00:00:00Z", "2025-03-14T00:00:00Z", "2025-04-14T00:00:00Z"];
const columns = { ...eventsTable().columns, author: { type: "bigint", nullable: true } };
const declare = (changes: Partial<TableSpecArgs> = {}) =>
  program("2025-03-10T00:00:00Z", { columns, indexes: {}, ...changes });
const toUsers = { columns: ["author"], references: { schema: "app", table: "users", columns: ["id"] } };

const changes: [what: string, changes: Partial<TableSpecArgs>][] = [
  ["a column is added", { columns: { ...columns, amount: { type: "int", default: "0" } } }],
  ["a column becomes NOT NULL", { columns: { ...columns, author: "bigint" } }],
  ["a check is added", { checks: { known: "note is null or note <> 'never'" } }],
  ["a foreign key is added", { foreignKeys: { events_author: toUsers } }],
];

describe.each(testVersions())("PostgreSQL %s, a table is changed under load", (version) => {
  const database = withDatabase(version);
  const deployment = withPrepared(database, async () => {
    await database.query("create table app.users (id bigint primary key); insert into app.users values (1)");
    expect((await up(database, deployment, declare())).error).toBeUndefined();
    await database.query(`alter table app.events alter author set default 1;
      insert into app.events (id, at) select -n, timestamptz '2025-02-03' + n * interval '1 minute' from generate_series(1, 50000) n`);
  });

  /** Clients insert; a transaction that has written to all partitions stands in the way until it is named. */
  async function withWriter(next: ReturnType<typeof declare>): Promise<Pick<Loaded, "run" | "waits">> {
    const writer = await database.connect({ application_name: "old writer" });
    await writer.query(
      "begin; insert into app.events (id, at) select -90000 - n, timestamptz '2025-01-15' + n * interval '1 month' from generate_series(1, 3) n; insert into app.users values (2)",
    );
    let ending = Promise.resolve();
    const { run, waits, ledger } = await underLoad(database, times, (inserts) => {
      const started = (plugin: Plugin): void => void (ending = commitWhenNamed(writer, "old writer", plugin, inserts));
      return up(database, deployment, next, { started, config: PATIENT });
    });
    await ending;
    await writer.end();
    expect(ledger.acknowledged).toBeGreaterThan(20);
    expect(ledger.refused).toEqual({});
    expect(await ledger.violations()).toEqual([]);
    return { run, waits };
  }

  it.each(casesOn(version, changes, ([what]) => what.includes("NOT NULL")))(
    "%s with a writer in the way: no session waits for the update longer than lock_timeout",
    async (_, next) => {
      const { run, waits } = await withWriter(declare(next));
      expect(run.error).toBeUndefined();
      expect(run.messages.join("\n")).toMatch(/waiting for pid \d+ \("old writer".*attempt/);
      expect(waits.samples).toBeGreaterThan(10);
      expect(waits.worst?.ms ?? 0).toBeLessThanOrEqual(allowedMs(waits, lockTimeoutMs));
      expect((await left(database)).orphans).toEqual([]);
      expect((await preview(database, deployment, declare(next))).steps).toEqual([]);
    },
  );

  itAlike(version)(
    "another session's lock of one partition is waited for no longer than that of the table",
    async () => {
      const vacuum = await database.connect({ application_name: "by hand" });
      await vacuum.query("begin; lock table app.events_p2025_02 in share update exclusive mode");
      const next = declare({ columns: { ...columns, amount: { type: "int", default: "0" } } });
      const { run, waits } = await underLoad(database, times, () =>
        up(database, deployment, next, { config: { lockBudgetMs: "1500" } }),
      );
      expect(run.error).toMatch(/blocked by: pid \d+ \("by hand".*Nothing was changed/);
      expect(waits.worst?.ms ?? 0).toBeLessThanOrEqual(allowedMs(waits, lockTimeoutMs));
      await vacuum.query("rollback");
      await vacuum.end();
      expect((await up(database, deployment, next)).error).toBeUndefined();
    },
  );
});
