import { rmSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { TableSpecArgs } from "../../core/declare/table/args";
import { account } from "../../tools/postgres/account";
import { temporaryFolder } from "../../tools/postgres/cluster";
import { administer, type TestDatabase, testVersions, withDatabase } from "../support/database";
import { program } from "../support/harness/fixture";
import { planWhole, preview, refresh, up } from "../support/harness/rounds";
import { withDeployment } from "../support/harness/with-deployment";
import { statementsDuring } from "../support/statement-log";
import { ddlOf } from "./support";
import { itAlike } from "../support/sample";

const march = "2025-03-10T00:00:00Z";
const window = { lead: "1 month", retention: "3 months" } as const;
const partitionIndexName = /^events_p/;

/** What one relation carries, in the words of the catalogue. */
interface Carried {
  readonly name: string;
  readonly owner: string;
  readonly replica: string;
  readonly options: readonly string[] | null;
  readonly toast: readonly string[] | null;
  readonly tablespace: string;
  readonly targets: Record<string, number> | null;
  readonly comment: string | null;
}

async function carried(database: TestDatabase): Promise<readonly Carried[]> {
  return database.query<Carried>(`
    select c.relname as name, c.relowner::regrole::text as owner, c.relreplident as replica, c.reloptions as options,
      (select h.reloptions from pg_class h where h.oid = c.reltoastrelid) as toast,
      coalesce((select s.spcname from pg_tablespace s where s.oid = c.reltablespace), 'pg_default') as tablespace,
      (select json_object_agg(a.attname, a.attstattarget) from pg_attribute a
       where a.attrelid = c.oid and a.attnum > 0 and a.attstattarget >= 0) as targets,
      obj_description(c.oid, 'pg_class') as comment
    from pg_class c join pg_namespace n on n.oid = c.relnamespace
    where n.nspname = 'app' and c.relkind in ('r', 'p') order by c.relname`);
}

async function partitionsCarry(database: TestDatabase): Promise<Readonly<Record<string, Carried>>> {
  const rows = (await carried(database)).filter((row) => partitionIndexName.test(row.name));
  return Object.fromEntries(
    rows.map((row) => [row.name.replace("events_p2025_", "").replace("events_p2024_", ""), row]),
  );
}

describe.each(testVersions())("PostgreSQL %s, what every partition carries", (version) => {
  const database = withDatabase(version);
  const deployment = withDeployment(database);
  const tablespace = `slow_${String(version)}_${String(process.pid)}`;
  const folder = temporaryFolder(account());

  beforeAll(() =>
    administer(database, async (admin) => {
      await admin.query(`create tablespace ${tablespace} location '${folder}'`);
      await admin.query(`grant create on tablespace ${tablespace} to ${database.user}`);
    }),
  );
  afterAll(async () => {
    await database.query("drop schema app cascade");
    await administer(database, (admin) => admin.query(`drop tablespace ${tablespace}`));
    rmSync(folder, { recursive: true, force: true });
  });

  const everything = (): Partial<TableSpecArgs> => ({
    window,
    uniques: {},
    indexes: { by_note: { columns: ["note"] }, one: { columns: ["id", "at"], unique: true } },
    replicaIdentity: { index: "one" },
    statistics: { note: 500, id: 50 },
    storage: {
      hot: { options: { fillfactor: 90, autovacuum_vacuum_scale_factor: 0.02 } },
      warm: { after: "1 day", options: { fillfactor: 100 }, toast: { autovacuum_enabled: false } },
      cold: { after: "1 month", tablespace, freeze: true },
    },
    comment: "what happened",
  });

  const settled = async (declared: ReturnType<typeof program>): Promise<void> => {
    expect((await preview(database, deployment, declared)).steps).toEqual([]);
    await refresh(database, deployment, declared);
    expect((await preview(database, deployment, declared)).steps).toEqual([]);
    const again = await up(database, deployment, declared);
    expect([again.error, again.steps]).toEqual([undefined, []]);
  };

  const expectEverything = async (): Promise<void> => {
    const {
      "12": december,
      "01": january,
      "02": february,
      "03": present,
      "04": next,
    } = await partitionsCarry(database);
    const targets = { id: 50, note: 500 };
    for (const partition of [december, january, february, present, next])
      expect(partition).toMatchObject({ replica: "i", targets });
    for (const partition of [present, next])
      expect(partition).toMatchObject({
        options: ["autovacuum_vacuum_scale_factor=0.02", "fillfactor=90"],
        toast: null,
        tablespace: "pg_default",
      });
    expect(february).toMatchObject({ options: ["fillfactor=100"], toast: ["autovacuum_enabled=false"] });
    for (const partition of [december, january])
      expect(partition).toMatchObject({ options: ["autovacuum_freeze_min_age=0"], toast: null, tablespace });
    expect((await carried(database)).find(({ name }) => name === "events")).toMatchObject({
      replica: "i",
      targets,
      comment: "what happened",
    });
  };

  itAlike(version).each(["partition", "window"] as const)(
    "a new table with past partitions: each is created as its age demands, and nothing is left to do (resources: %s)",
    async (resources) => {
      const declared = program(march, { ...everything(), resources });
      let error: string | undefined;
      const sent = ddlOf(
        await statementsDuring(database, async () => ({ error } = await up(database, deployment, declared))),
      );
      expect(error).toBeUndefined();
      await expectEverything();
      // Nobody ever met a partition without it: nothing comes after ATTACH, and no second statement mends what was made.
      for (const name of ["events_p2024_12", "events_p2025_02", "events_p2025_03"]) {
        const own = sent.filter((sql) => sql.includes(`"${name}"`));
        expect(own.at(-1)).toContain(`ATTACH PARTITION "app"."${name}"`);
        expect(own.filter((sql) => sql.includes("REPLICA IDENTITY USING INDEX"))).toHaveLength(1);
      }
      await settled(declared);
    },
  );

  it("a declaration of all of it on an existing table: preview shows every statement that up runs", async () => {
    const bare = program(march, { window, indexes: { by_note: { columns: ["note"] } } });
    await up(database, deployment, bare);
    await database.query("comment on table app.events_p2025_02 is 'kept by hand'");
    const declared = program(march, everything());
    const text = await planWhole(database, deployment, declared);
    let run: Awaited<ReturnType<typeof up>> | undefined;
    const sent = await statementsDuring(database, async () => (run = await up(database, deployment, declared)));
    expect(run?.error).toBeUndefined();
    const altering = sent
      .filter(({ application }) => application.startsWith("pulumi-pgpartition"))
      .map(({ sql }) => sql)
      .filter((sql) => /^(alter table|comment on|vacuum)/i.test(sql) && sql.includes('"app"'));
    expect(altering.length).toBeGreaterThan(20);
    expect(altering.join("\n")).toMatch(/^COMMENT ON TABLE .*^VACUUM \(FREEZE, ANALYZE, TRUNCATE false\)/ms);
    for (const sql of altering) expect(text).toContain(`${sql.replace(/\n\s*/g, " ")};`);
    await expectEverything();
    expect((await partitionsCarry(database))["02"]?.comment).toBe("kept by hand");
    await settled(declared);
  });

  itAlike(version)(
    "what a hand has changed is put back on the partition and on the table, and nothing else is touched",
    async () => {
      const declared = program(march, everything());
      await up(database, deployment, declared);
      await database.query(`
      alter table app.events_p2025_03 reset (fillfactor), set (autovacuum_analyze_threshold = 77);
      alter table app.events_p2025_02 replica identity full;
      alter table app.events_p2025_04 alter column note set statistics 7, alter column at set statistics 9;
      alter table only app.events alter column note set statistics 3;
      alter table app.events replica identity full`);
      const shown = await preview(database, deployment, declared);
      expect(shown.steps).toEqual([
        { op: "update", type: "PartitionWindow", name: "events-window", diff: ["changes"] },
      ]);
      expect((await up(database, deployment, declared)).error).toBeUndefined();
      const mended = await partitionsCarry(database);
      expect(mended["03"]?.options).toEqual(
        expect.arrayContaining([
          "fillfactor=90",
          "autovacuum_analyze_threshold=77",
          "autovacuum_vacuum_scale_factor=0.02",
        ]),
      );
      expect(mended["02"]?.replica).toBe("i");
      expect(mended["04"]?.targets).toEqual({ id: 50, note: 500 });
      expect((await carried(database)).find(({ name }) => name === "events")).toMatchObject({
        replica: "i",
        targets: { id: 50, note: 500 },
      });
      await settled(declared);
    },
  );

  itAlike(version)(
    "a partition grows old: only that one is moved, frozen and given other settings, in the run in which its time has come",
    async () => {
      await up(database, deployment, program(march, everything()));
      await database.query(
        "insert into app.events select n, '2025-02-05', repeat('x', 20) from generate_series(1, 200) n",
      );
      const later = program("2025-04-02T00:00:00Z", { ...everything(), paused: true });
      expect((await up(database, deployment, later)).error).toBeUndefined();
      const grown = await partitionsCarry(database);
      expect(grown["02"]).toMatchObject({ options: ["autovacuum_freeze_min_age=0"], toast: null, tablespace });
      expect(grown["03"]).toMatchObject({ options: ["fillfactor=100"], toast: ["autovacuum_enabled=false"] });
      // Not relallvisible: a session that only just begins, in any database, keeps VACUUM from calling the pages frozen.
      const vacuumed = await database.query<{ name: string }>(`
      select relname as name from pg_stat_user_tables where schemaname = 'app' and vacuum_count > 0`);
      expect(vacuumed).toEqual([{ name: "events_p2025_02" }]);
      await settled(later);
    },
  );

  itAlike(version)(
    "a table without TOAST has nowhere to keep parameters of it: nothing is asked for again and again",
    async () => {
      const declared = program(march, {
        window,
        columns: { id: "bigint", at: "timestamptz" },
        indexes: {},
        storage: { hot: { toast: { autovacuum_enabled: false } } },
      });
      expect((await up(database, deployment, declared)).error).toBeUndefined();
      await settled(declared);
    },
  );

  itAlike(version)("a partition is in the declared schema, and is not moved when that changes", async () => {
    await up(database, deployment, program(march, { window, indexes: {} }));
    await database.query(`alter table app.events set tablespace ${tablespace}`);
    const april = program("2025-04-10T00:00:00Z", { window, indexes: {} });
    expect((await up(database, deployment, april)).error).toBeUndefined();
    const partitions = await partitionsCarry(database);
    expect([partitions["04"]?.tablespace, partitions["05"]?.tablespace]).toEqual(["pg_default", tablespace]);
    await settled(april);
  });
});
