// requireBackupSince of a table that is converted: its swap, and a way back that drops partitions, wait for a backup.
import { beforeEach, describe, expect, it } from "vitest";
import { conversionProgram, NO_TABLE } from "../support/convertible-table";
import { anyVersion, withDatabase } from "../support/database";
import { preview, up } from "../support/harness/rounds";
import { until } from "../support/harness/until";
import { withDeployment } from "../support/harness/with-deployment";

const BACKUP = { query: "select max(started_at) from app.backups where succeeded" };
const HISTORY = "2025-04-01";

describe.each(anyVersion())("PostgreSQL %s", (version) => {
  const database = withDatabase(version);
  const deployment = withDeployment(database);
  const attach = (more: object = {}) =>
    conversionProgram({ requireBackupSince: BACKUP, convertFrom: { historyUntil: HISTORY, ...more } });
  const copy = (more: object = {}) =>
    conversionProgram({ requireBackupSince: BACKUP, convertFrom: { strategy: "copy", ...more } });

  beforeEach(async () => {
    expect((await up(database, deployment, NO_TABLE)).error).toBeUndefined();
    await database.query(`
      create table app.backups (started_at timestamptz, succeeded boolean not null);
      create table app.events (id bigint primary key, at timestamptz not null, note text);
      insert into app.events select n, timestamptz '2025-01-01 00:00+00' + n * interval '20 minutes', 'note ' || n from generate_series(1, 1000) n;`);
  });

  const backUp = (ago: string, succeeded = true) =>
    database.query(
      `insert into app.backups values (timestamptz '2025-03-10' - interval '${ago}', ${String(succeeded)})`,
    );
  const kind = async () => {
    const [row] = await database.query<{ kind: string }>(
      "select relkind as kind from pg_class where oid = 'app.events'::regclass",
    );
    return row?.kind;
  };

  it.each([
    ["attach", attach, "prepared"],
    ["copy", copy, "verified"],
    ["offline", () => copy({ strategy: "offline" }), "plain"],
  ])("%s: the swap waits for a backup, and what is prepared stays", async (_, program) => {
    const shown = await preview(database, deployment, program());
    expect(shown.error).toBeUndefined();
    expect(shown.messages.join("\n")).toContain(
      "the update would stop before its swap: no backup is known (requireBackupSince). Before it, make a backup",
    );
    // One that failed, and one that is older than the 48 hours of the default.
    await backUp("1 hour", false);
    await backUp("49 hours");
    const held = await up(database, deployment, program());
    expect(held.error).toContain(
      'conversion of "app.events" is not swapped: the last backup is of 2025-03-07T23:00:00Z, more than 48 hours ago (requireBackupSince). What is done stays done: make a backup',
    );
    expect(await kind()).toBe("r");
    await backUp("47 hours");
    const again = await preview(database, deployment, program());
    expect(again.messages.join("\n")).not.toContain("requireBackupSince");
    // What was done before is not done again.
    expect(again.messages.join("\n")).not.toMatch(
      /CREATE UNIQUE INDEX CONCURRENTLY|VALIDATE CONSTRAINT|CREATE TRIGGER pgpartition_capture /,
    );
    expect((await up(database, deployment, program())).error).toBeUndefined();
    expect(await kind()).toBe("p");
    expect((await preview(database, deployment, program())).steps).toEqual([]);
  });

  it("copy: a backup that is gone while old transactions are waited for is read again just before the swap", async () => {
    await backUp("1 hour");
    const waiting = await database.connect({ application_name: "report" });
    await waiting.query("begin isolation level repeatable read; select 1 from pg_class limit 1");
    const run = up(database, deployment, copy(), {
      config: { waitBudgetMs: "60000" },
      started: (plugin) => {
        void until(() =>
          plugin.messages.some((message) => message.includes("waiting for transactions that began before")),
        ).then(async () => {
          await database.query("delete from app.backups");
          await waiting.query("commit");
        });
      },
    });
    expect((await run).error).toContain("is not swapped: no backup is known (requireBackupSince)");
    await waiting.end();
    expect(await kind()).toBe("r");
  });

  it("a query that fails, or writes, swaps nothing", async () => {
    for (const query of ["select oops", "delete from app.backups returning now()"]) {
      const program = conversionProgram({
        requireBackupSince: { query },
        convertFrom: { historyUntil: HISTORY },
      });
      const { error } = await up(database, deployment, program);
      expect(error).toMatch(
        /is not swapped: the query of requireBackupSince returns no answer \(.*\): nothing is swapped/,
      );
      expect(await kind()).toBe("r");
    }
  });

  it("nothing waits where nothing is swapped: until an earlier phase, and once the table is partitioned", async () => {
    expect((await up(database, deployment, copy({ until: "verify" }))).error).toBeUndefined();
    await backUp("1 hour");
    expect((await up(database, deployment, copy())).error).toBeUndefined();
    await database.query("delete from app.backups");
    const later = await preview(database, deployment, copy());
    expect(later.steps).toEqual([]);
    expect(later.messages.join("\n")).not.toContain("requireBackupSince");
  });

  it("the way back of attach, which drops partitions, waits for a backup; that of copy, which drops nothing, does not", async () => {
    await backUp("1 hour");
    expect((await up(database, deployment, attach())).error).toBeUndefined();
    await database.query("delete from app.backups");
    const shown = await preview(database, deployment, attach({ until: "prepare" }));
    expect(shown.messages.join("\n")).toContain("no backup is known (requireBackupSince)");
    const held = await up(database, deployment, attach({ until: "prepare" }));
    expect(held.error).toContain("is not swapped: no backup is known");
    expect(await kind()).toBe("p");
    await backUp("1 hour");
    expect((await up(database, deployment, attach({ until: "prepare" }))).error).toBeUndefined();
    expect(await kind()).toBe("r");

    expect((await up(database, deployment, copy({ rollbackUntil: "2025-03-20" }))).error).toBeUndefined();
    expect(await kind()).toBe("p");
    await database.query("delete from app.backups");
    const back = await up(database, deployment, copy({ rollbackUntil: "2025-03-20", until: "verify" }));
    expect(back.error).toBeUndefined();
    expect(await kind()).toBe("r");
  });
});
