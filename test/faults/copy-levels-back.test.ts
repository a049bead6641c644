// A table that was copied into several levels, and is taken back: what its branches and their parts got meanwhile is followed.
import { beforeEach, describe, expect, it } from "vitest";
import { NO_TABLE } from "../support/convertible-table";
import { testVersions, withDatabase } from "../support/database";
import { left } from "../support/harness/fixture";
import { leveledProgram, OBSERVED_TABLE, SOURCED } from "../support/harness/leveled-copy";
import { preview, up } from "../support/harness/rounds";
import { PATIENT } from "../support/harness/under-load";
import { until } from "../support/harness/until";
import { startWrites } from "../support/harness/write-ledger";
import { WRITTEN_TABLE } from "../support/harness/written-table";
import { withDeployment } from "../support/harness/with-deployment";
import { itAlike } from "../support/sample";

const OPEN = { rollbackUntil: "2025-04-20" } as const;
const forth = leveledProgram(SOURCED, OPEN);
const back = leveledProgram(SOURCED, { ...OPEN, until: "verify" });

describe.each(testVersions())("PostgreSQL %s, a table copied into several levels", (version) => {
  const database = withDatabase(version);
  const deployment = withDeployment(database);

  beforeEach(async () => {
    expect((await up(database, deployment, NO_TABLE)).error).toBeUndefined();
  });

  const digest = () =>
    database.query("select count(*)::int as rows, md5(string_agg(to_jsonb(o)::text, '|' order by id)) from app.obs o");
  const kind = async () => (await database.query("select relkind from pg_class where oid = 'app.obs'::regclass"))[0];

  /** Writes to every level, branches that come, and TRUNCATE of one. */
  const write = async (): Promise<void> => {
    await database.query(`
      update app.obs set growth = growth + 1 where id % 7 = 0;
      update app.obs set program_id = 'abc-123', site_id = 'def-456' where id % 50 = 3;
      update app.obs set at = at + interval '31 days' where id % 40 = 0 and program_id <> 'old';
      delete from app.obs where id % 11 = 0;
      insert into app.programs values ('new-1', '2027-01-01');
      insert into app.sites values ('first', 'new-1'), ('third', 'abc-123');
      select * from pgpartition.ensure_values('app.obs');
      insert into app.obs values (-1, 'new-1', 'first', now(), 1, 1), (-2, 'abc-123', 'third', now(), 1, 1);
      create table app.extra partition of app.obs_prog_old_site_s for values from ('2025-06-01+00') to ('2025-07-01+00');
      insert into app.obs values (-3, 'old', 's', '2025-06-05', 1, 1);
      truncate app.obs_prog_lost`);
    // By hand, in steps: the branch is attached last, with a row.
    await database.query(`
      create table app.hand (like app.obs including all) partition by list (site_id);
      create table app.hand_site partition of app.hand for values in ('h') partition by range (at);
      create table app.hand_site_march partition of app.hand_site for values from ('2025-03-01+00') to ('2025-04-01+00');
      insert into app.hand values (-4, 'hand', 'h', '2025-03-03', 1, 1)`);
    await database.query("alter table app.obs attach partition app.hand for values in ('hand')");
  };

  itAlike(version)(
    "B1 B2 is taken back with writes of every level, branches that came and TRUNCATE of one, and swapped again",
    async () => {
      await database.query(OBSERVED_TABLE);
      expect((await up(database, deployment, forth)).error).toBeUndefined();
      expect((await preview(database, deployment, forth)).steps).toEqual([]);
      await write();
      const rows = await digest();
      const shown = await preview(database, deployment, back);
      expect(shown.error).toBeUndefined();
      expect(shown.messages.join("\n")).toContain("way back of app.obs");
      expect((await up(database, deployment, back)).error).toBeUndefined();
      expect(await kind()).toEqual({ relkind: "r" });
      expect(await digest()).toEqual(rows);
      expect((await left(database)).orphans).toEqual([]);
      expect(await preview(database, deployment, back)).toMatchObject({ steps: [], error: undefined });
      // The copy is kept current, also with a branch that it does not have yet, and swapped again.
      await database.query("insert into app.obs values (-5, 'later', 'x', '2025-03-09', 1, 1)");
      const between = await digest();
      expect((await up(database, deployment, forth)).error).toBeUndefined();
      expect(await kind()).toEqual({ relkind: "p" });
      expect(await digest()).toEqual(between);
      expect(await preview(database, deployment, forth)).toMatchObject({ steps: [], error: undefined });
    },
  );

  it("B1 B2 is taken back the same way where the way back was opened later", async () => {
    await database.query(OBSERVED_TABLE);
    const later = { ...OPEN, openWayBack: true, formerName: "obs_plain" } as const;
    for (const program of [leveledProgram(SOURCED), leveledProgram(SOURCED, later)])
      expect((await up(database, deployment, program)).error).toBeUndefined();
    await write();
    const rows = await digest();
    expect(
      (await up(database, deployment, leveledProgram(SOURCED, { ...later, until: "verify" }))).error,
    ).toBeUndefined();
    expect(await kind()).toEqual({ relkind: "r" });
    expect(await digest()).toEqual(rows);
    expect((await left(database)).orphans).toEqual([]);
  });

  itAlike(version)(
    "B3 R11 a trigger of a partition in a branch that is switched off and on closes the way back",
    async () => {
      await database.query(OBSERVED_TABLE);
      expect((await up(database, deployment, forth)).error).toBeUndefined();
      const leaf = "app.obs_prog_abc123_site_def456_2025_01";
      await database.query(
        `alter table ${leaf} disable trigger all; alter table ${leaf} enable trigger all; alter table ${leaf} enable always trigger pgpartition_capture`,
      );
      const run = await up(database, deployment, forth);
      expect(run.error).toBeUndefined();
      expect(run.messages.join("\n")).toMatch(/the way back of table "app\.obs" is closed: .*altered/);
      expect(await database.query("select from pg_trigger where tgname like 'pgpartition_capture%'")).toEqual([]);
    },
  );

  itAlike(version)("G01 no acknowledged write is lost or doubled while clients write, forth and back", async () => {
    const levels = [
      { hash: "id", modulus: 3, name: "{table}_h{remainder}" },
      { range: "at", every: "month", name: "{base}_{yyyy}_{mm}" },
    ] as const;
    const changes = { table: "events", window: { lead: "1 month", retention: "24 months" } } as const;
    await database.query(WRITTEN_TABLE);
    const ledger = startWrites(database);
    try {
      for (const phase of ["swap", "verify"] as const) {
        const then = ledger.acknowledged;
        await until(() => ledger.acknowledged > then + 50);
        const program = leveledProgram(levels, { ...OPEN, until: phase }, changes);
        expect((await up(database, deployment, program, { config: PATIENT })).error).toBeUndefined();
      }
      const then = ledger.acknowledged;
      await until(() => ledger.acknowledged > then + 50);
    } finally {
      await ledger.stop();
    }
    const { "40001": _conflicts, ...failed } = ledger.refused;
    expect(failed).toEqual({});
    expect(await ledger.violations()).toEqual([]);
    expect(
      await database.query(
        "select relkind, (select count(*)::int from app.events where id < 0) as old from pg_class where oid = 'app.events'::regclass",
      ),
    ).toEqual([{ relkind: "r", old: 20000 }]);
  });
});
