import { describe, expect, it } from "vitest";
import { administer, testVersions } from "../support/database";
import { left, program } from "../support/harness/fixture";
import { planWhole, preview, up, withPlugin } from "../support/harness/rounds";
import { stopAt } from "../support/harness/stop-at";
import { statementsDuring } from "../support/statement-log";
import {
  checks,
  declared,
  excluding,
  march,
  rowsOf,
  strays,
  wider,
  window,
  withDefaultPartition,
} from "./default-partition-support";
import { ddlOf, identityOf, indexLines, ledger, partitions } from "./support";
import { itAlike } from "../support/sample";

const april = declared("2025-04-10T00:00:00Z");
const grown = declared("2025-03-10T00:00:00Z", { window: wider });

describe.each(testVersions())("PostgreSQL %s, a default partition", (version) => {
  const { database, deployment, done, settled, defaultRows } = withDefaultPartition(version);

  it("is created last, like any other, with the CHECK that excludes what is attached; then there is nothing to do", async () => {
    const carrying = declared("2025-03-10T00:00:00Z", { replicaIdentity: "full", statistics: { note: 77 } });
    const text = await planWhole(database, deployment, carrying);
    let error: string | undefined;
    const sent = ddlOf(
      await statementsDuring(database, async () => ({ error } = await up(database, deployment, carrying))),
    );
    expect(error).toBeUndefined();
    for (const sql of sent.filter((one) => one.includes("default")))
      expect(text).toContain(`${sql.replace(/\n\s*/g, " ")};`);
    expect(sent.at(-1)).toBe('ALTER TABLE "app"."events" ATTACH PARTITION "app"."events_default" DEFAULT');
    expect(await checks(database)).toEqual([excluding("2025-02-01", "2025-05-01")]);
    expect(await indexLines(database, "default")).toEqual([
      "events_default_by_note valid < events_by_note",
      "events_default_pkey valid < events_pkey",
    ]);
    const [carried] = await database.query(
      `select relreplident as replica, (select attstattarget::int from pg_attribute where attrelid = c.oid and attname = 'note') as target
       from pg_class c where oid = 'app.events_default'::regclass`,
    );
    expect(carried).toEqual({ replica: "f", target: 77 });
    expect(defaultRows()).toBe(0);
    expect(await ledger(database)).toContain("created events_default");
    await settled(carrying);
  });

  itAlike(version).each(["partition", "window"] as const)(
    "a roll next to it: preview shows what runs, ATTACH reads nothing of it, the CHECK follows (resources: %s)",
    async (resources) => {
      const at = (asOf: string) => declared(asOf, { resources });
      await done(up(database, deployment, at(march.asOf)));
      const shown = await preview(database, deployment, at(april.asOf));
      await administer(database, (admin) =>
        admin.query(`alter database ${database.database} set log_min_messages = debug1`),
      );
      let error: string | undefined;
      const sent = ddlOf(
        await statementsDuring(database, async () => ({ error } = await up(database, deployment, at(april.asOf)))),
      );
      await administer(database, (admin) => admin.query(`alter database ${database.database} reset log_min_messages`));
      expect(error).toBeUndefined();
      const text = shown.messages.join("\n");
      for (const sql of sent) expect(text).toContain(`${sql.replace(/\n\s*/g, " ")};`);
      expect(text).toContain("LOCK_DEFAULT_AX");
      expect(text).not.toContain("SCAN_DEFAULT");
      expect(sent).toContain('ALTER TABLE "app"."events" DETACH PARTITION "app"."events_p2025_02"');
      expect(await checks(database)).toEqual([excluding("2025-03-01", "2025-06-01")]);
      expect(await partitions(database)).toEqual([
        "events_default",
        "events_p2025_03",
        "events_p2025_04",
        "events_p2025_05",
      ]);
      await settled(at(april.asOf));
    },
  );

  it("ATTACH learns from the CHECK that no row is in its way", async () => {
    await done(up(database, deployment, march));
    await database.query("insert into app.events values (3, 'infinity', 'never')");
    const client = await database.connect({ application_name: "notices" });
    const notices: string[] = [];
    client.on("notice", (notice) => notices.push(notice.message ?? ""));
    await client.query(`
      set client_min_messages = debug1; begin;
      create table app.may (like app.events including all);
      alter table app.events_default add constraint proof check (not (at >= '2025-05-01 00:00+00' and at < '2025-06-01 00:00+00'));
      alter table app.events attach partition app.may for values from ('2025-05-01 00:00+00') to ('2025-06-01 00:00+00');
      rollback`);
    await client.end();
    // The form of our CHECK is the form that the server understands.
    expect(notices.join("\n")).toContain(
      'updated partition constraint for default partition "events_default" is implied by existing constraints',
    );
  });

  it("is removed when it is declared no more and empty; with rows that is refused", async () => {
    await done(up(database, deployment, march));
    await database.query("insert into app.events values (1, '2025-07-07', 'stray')");
    const without = program("2025-03-10T00:00:00Z", { window });
    for (const run of [await preview(database, deployment, without), await up(database, deployment, without)])
      expect(run.error).toContain('the default partition "app.events_default" is no longer declared and holds 1 rows');
    expect(await partitions(database)).toContain("events_default");
    await database.query("delete from app.events where id = 1");
    const shown = await preview(database, deployment, without);
    expect(shown.messages.join("\n")).toContain(
      "default events_default: no longer declared, and empty: detached and dropped",
    );
    await done(up(database, deployment, without));
    expect(await partitions(database)).toEqual(["events_p2025_02", "events_p2025_03", "events_p2025_04"]);
    expect(await ledger(database)).toContain("dropped events_default");
    expect(await database.query("select to_regclass('app.events_default') as it")).toEqual([{ it: null }]);
    expect(defaultRows()).toBeUndefined();
    await settled(without);
    // What was in it is no range that was lost: the window grows as ever.
    await done(up(database, deployment, program("2025-03-10T00:00:00Z", { window: wider })));
  });

  itAlike(version)("a row that comes between plan and removal keeps it: the transaction fails as a whole", async () => {
    await done(up(database, deployment, march));
    const without = program("2025-03-10T00:00:00Z", { window });
    const stop = stopAt("before begin drop default partition app.events_default");
    const run = up(database, deployment, without, { env: stop.env });
    await stop.reached();
    await database.query("insert into app.events values (9, '2025-08-08', 'late')");
    stop.goOn();
    expect((await run).error).toContain("23514");
    expect(await rowsOf(database, "events_default")).toEqual(["9 late"]);
    expect(await partitions(database)).toContain("events_default");
  });

  itAlike(version)(
    "one that was created by hand is left as it is until it is declared, then adopted under its own name",
    async () => {
      await done(up(database, deployment, program("2025-03-10T00:00:00Z", { window })));
      await database.query("create table app.rest partition of app.events default");
      const undeclared = program("2025-03-10T00:00:00Z", { window });
      expect((await preview(database, deployment, undeclared)).steps).toEqual([]);
      expect(await checks(database, "rest")).toEqual([]);
      await database.query("insert into app.events values (1, '2025-05-05', 'may')");
      const widened = program("2025-03-10T00:00:00Z", { window: wider });
      expect((await preview(database, deployment, widened)).error).toContain(
        'are in the default partition "rest", which is not declared',
      );
      const before = await identityOf(database, "app.rest");
      await done(up(database, deployment, march));
      expect(await identityOf(database, "app.rest")).toBe(before);
      expect(await checks(database, "rest")).toEqual([excluding("2025-02-01", "2025-05-01")]);
      expect(await ledger(database)).toContain("adopted rest");
      await settled(march);
      await done(up(database, deployment, grown));
      expect(await rowsOf(database, "events_p2025_05")).toEqual(["1 may"]);
      await settled(grown);
    },
  );

  itAlike(version)("detached or deprived of its CHECK by a hand, it is put right with its rows", async () => {
    await done(up(database, deployment, march));
    await database.query("insert into app.events values (3, 'infinity', 'never')");
    await database.query("alter table app.events detach partition app.events_default");
    await done(up(database, deployment, april));
    expect(await rowsOf(database, "events_default")).toEqual(["3 never"]);
    expect(await checks(database)).toEqual([excluding("2025-03-01", "2025-06-01")]);
    expect(await partitions(database)).toContain("events_default");
    await settled(april);
    const [check] = await database.query<{ name: string }>(
      "select conname as name from pg_constraint where contype = 'c' and conrelid = 'app.events_default'::regclass",
    );
    await database.query(`alter table app.events_default drop constraint ${check?.name ?? ""}`);
    expect((await preview(database, deployment, april)).steps).toHaveLength(1);
    await done(up(database, deployment, april));
    expect(await checks(database)).toHaveLength(1);
    await settled(april);
  });

  itAlike(version)(
    "the schedule in the database attaches next to it, in whatever order; the next update settles the CHECK",
    async () => {
      await done(up(database, deployment, march));
      await database.query("insert into app.events values (1, '2025-05-05', 'may')");
      await expect(database.query("select pgpartition.ensure_partition('app.events', '2025-05-05')")).rejects.toThrow(
        /violated by some row/,
      );
      await database.query("select pgpartition.ensure_partition('app.events', '2025-07-07')");
      await database.query("insert into app.events values (4, '2025-06-06', 'june'), (7, '2025-07-07', 'july')");
      expect(await rowsOf(database, "events_default")).toEqual(["1 may", "4 june"]);
      const sent = ddlOf(await statementsDuring(database, () => done(up(database, deployment, march))));
      expect(sent.map((sql) => sql.replace(/"excludes_attached_\w+"/, "…").slice(0, 60))).toEqual([
        'ALTER TABLE "app"."events_default" ADD CONSTRAINT … CHECK (N',
        'ALTER TABLE "app"."events_default" DROP CONSTRAINT IF EXISTS',
      ]);
      expect(await checks(database)).toEqual([
        "CHECK (((NOT ((at >= 2025-02-01) AND (at < 2025-05-01))) AND (NOT ((at >= 2025-07-01) AND (at < 2025-08-01)))))",
      ]);
      await settled(march);
    },
  );

  itAlike(version)("goes first when the table is destroyed, and leaves nothing behind", async () => {
    await done(up(database, deployment, march));
    await database.query(strays);
    const sent = ddlOf(
      await statementsDuring(database, () =>
        withPlugin(database, march, (plugin) => deployment.destroy(plugin), {
          config: { allowDestroy: JSON.stringify(["app.events"]) },
        }),
      ),
    );
    expect((await left(database)).dump).not.toMatch(/relation app\.events/);
    expect(sent.filter((sql) => sql.includes("DETACH"))).toEqual([
      'ALTER TABLE "app"."events" DETACH PARTITION "app"."events_default"',
      ...["02", "03", "04"].map(
        (month) => `ALTER TABLE "app"."events" DETACH PARTITION "app"."events_p2025_${month}" CONCURRENTLY`,
      ),
    ]);
  });
});
