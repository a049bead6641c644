import { beforeEach, describe, expect, it } from "vitest";
import type { TableSpecArgs } from "../../components";
import { ddlOf } from "../provider/support";
import { anyVersion, withDatabase } from "../support/database";
import { left } from "../support/harness/fixture";
import { statementsDuring } from "../support/statement-log";
import { carried, makeSources, observe, petriProgram, tree } from "../support/harness/petri";
import { startAgain, withDeployment } from "../support/harness/with-deployment";
import { adoptsWithoutDdl, apply, column, failure, scheduleRuns } from "./support";

const TABLE = "app.petri_obs";
const months = ["04", "05", "06", "07", "08", "09"];
const levelled: readonly [string, Partial<TableSpecArgs>][] = [
  ["LIST, LIST, months", carried],
  [
    "HASH, LIST, months or weeks, HASH",
    {
      partitionBy: [
        { hash: "site_id", modulus: 2 },
        { list: "program_id", values: ["abc-123", "it's"] },
        {
          range: "created_at",
          every: "month",
          overrides: [{ when: { program_id: "it's" }, every: "week", name: "{base}_{gggg}_w{ww}" }],
        },
        { hash: "observation_id", modulus: 2 },
      ],
    },
  ],
];

describe.each(anyVersion())("PostgreSQL %s, the schedule of a table with levels", (version) => {
  const database = withDatabase(version);
  const deployment = withDeployment(database);

  beforeEach(async () => {
    await makeSources(database);
  });

  it.each(levelled)(
    "six months without an update (%s): every branch takes rows, the next update has no DDL, the one after no step",
    async (_, changes) => {
      const march = petriProgram("2025-03-10", changes);
      const september = petriProgram("2025-09-10", changes);
      await apply(database, deployment, march);
      for (const month of months) {
        await scheduleRuns(database, `2025-${month}-01`, TABLE);
        for (const site of ["def-456", "xyz-789"]) await observe(database, "abc-123", site, `2025-${month}-28`);
      }
      await scheduleRuns(database, "2025-09-10", TABLE);
      await adoptsWithoutDdl(database, deployment, september, () => tree(database));
    },
  );

  it.each(levelled)("what it created (%s) is in every respect what an update creates", async (_, changes) => {
    const march = petriProgram("2025-03-10", changes);
    const june = petriProgram("2025-06-10", changes);
    await apply(database, deployment, march);
    for (const month of ["04", "05", "06"]) await scheduleRuns(database, `2025-${month}-10`, TABLE);
    await apply(database, deployment, june);
    const scheduled = await left(database);
    await startAgain(database, deployment);
    await makeSources(database);
    await apply(database, deployment, march);
    for (const month of ["04", "05", "06"])
      await apply(database, deployment, petriProgram(`2025-${month}-10`, changes));
    const updated = await left(database);
    expect(scheduled.orphans).toEqual([]);
    expect(scheduled.dump).toBe(updated.dump);
    if (changes === carried)
      expect(scheduled.dump).toMatch(
        /relation app\.petri_obs_prog_abc123_site_def456_2025_07 r .*rls=t\/f replica=f options=\{fillfactor=90\}/,
      );
  });

  it("a value that the filter gives no more gets nothing new, nor does one that is gone", async () => {
    await apply(database, deployment, petriProgram("2025-03-10"));
    await database.query("delete from app.sites where site_id = 'xyz-789'");
    await scheduleRuns(database, "2025-04-10", TABLE);
    await database.query("update app.pilot_programs set end_date = '2025-01-01'");
    await scheduleRuns(database, "2025-05-10", TABLE);
    expect(await tree(database, "20.._..$")).toEqual([
      ...["02", "03", "04", "05"].map((month) => `petri_obs_prog_abc123_site_def456_2025_${month}`),
      ...["02", "03", "04"].map((month) => `petri_obs_prog_abc123_site_xyz789_2025_${month}`),
    ]);
    expect(
      await failure(database.query(`select pgpartition.ensure_partition('${TABLE}', date '2025-08-01')`)),
    ).toContain("has no branch in use");
    const may = petriProgram("2025-05-10");
    expect(ddlOf(await statementsDuring(database, () => apply(database, deployment, may)))).toEqual([]);
    expect(await apply(database, deployment, may)).toEqual([]);
  });

  it("ensure_partition creates the partition of one moment below every branch in use, and returns the table", async () => {
    await apply(database, deployment, petriProgram("2025-03-10"));
    const ensure = `select pgpartition.ensure_partition('${TABLE}', date '2025-08-15')::text`;
    expect(await column(database, ensure)).toEqual([TABLE]);
    expect(await tree(database, "2025_0[5-9]$")).toEqual(
      ["def456", "xyz789"].map((site) => `petri_obs_prog_abc123_site_${site}_2025_08`),
    );
    expect(await column(database, ensure)).toEqual([TABLE]);
    expect(
      await failure(database.query(`select pgpartition.ensure_partition('${TABLE}', date '2031-01-01')`)),
    ).toContain("Run pulumi up");
  });

  it("a branch that is locked is waited for in short pieces, and all others are created", async () => {
    await apply(database, deployment, petriProgram("2025-03-10"));
    const client = await database.connect();
    await client.query("begin; lock table only app.petri_obs_prog_abc123_site_def456 in share mode");
    expect(await failure(scheduleRuns(database, "2025-04-10", TABLE))).toMatch(
      /^55P03 .*petri_obs_prog_abc123_site_def456_2025_05.* in 20 tries/,
    );
    await client.query("rollback");
    await client.end();
    expect(await tree(database, "2025_05$")).toEqual(["petri_obs_prog_abc123_site_xyz789_2025_05"]);
    expect((await left(database)).orphans).toEqual([]);
    await scheduleRuns(database, "2025-04-10", TABLE);
    expect(await tree(database, "2025_05$")).toHaveLength(2);
  });

  it("each partition of each branch is a separate transaction", async () => {
    await apply(database, deployment, petriProgram("2025-03-10"));
    await scheduleRuns(database, "2025-05-10", TABLE);
    const made = "select xmin::text from pgpartition.ledger where run = 'schedule'";
    expect(new Set(await column(database, made)).size).toBe(4);
  });

  it("the answers see all branches", async () => {
    await apply(database, deployment, petriProgram("2025-03-10"));
    await observe(database, "abc-123", "def-456", "2025-03-05");
    const names = await tree(database, "20.._..$");
    expect(await column(database, `select partition_name from pgpartition.partition_info order by 1`)).toEqual(names);
    const stats = `select partition_name || ' ' || row_count from pgpartition.partition_stats('${TABLE}') order by 1`;
    expect(await column(database, stats)).toEqual(
      names.map((name) => `${name} ${name.endsWith("def456_2025_03") ? "1" : "0"}`),
    );
    expect(
      await column(database, `select partition_name from pgpartition.expired('${TABLE}', '2026-04-10') order by 1`),
    ).toEqual(names.filter((name) => /0[23]$/.test(name)));
    await database.query(`select pgpartition.analyze_partitions('${TABLE}')`);
    const analyzed =
      "select relname from pg_class where relkind = 'p' and relnamespace = 'app'::regnamespace and pg_stat_get_last_analyze_time(oid) is null";
    expect(await column(database, analyzed)).toEqual([]);
  });

  it("the runway is that of the branch in use that ends first; one that has ended does not count", async () => {
    const [now] = await column(database, "select to_char(now() at time zone 'UTC', 'YYYY-MM-DD')");
    await database.query("update app.pilot_programs set end_date = '2999-01-01' where program_id = 'abc-123'");
    await apply(database, deployment, petriProgram(now ?? "", { window: { lead: "2 months", retention: "1 month" } }));
    const runway = "select to_char(runway_ends at time zone 'UTC', 'YYYY-MM-DD') from pgpartition.runway";
    const [end] = await column(database, runway);
    const last = (await tree(database, "def456_20")).at(-1) ?? "";
    await database.query(`alter table app.petri_obs_prog_abc123_site_def456 detach partition app.${last}`);
    expect((await column(database, runway))[0]).not.toBe(end);
    await database.query("delete from app.sites where site_id = 'def-456'");
    expect(await column(database, runway)).toEqual([end]);
    await database.query(
      "alter table app.petri_obs_prog_abc123 detach partition app.petri_obs_prog_abc123_site_xyz789",
    );
    await database.query("insert into app.sites values ('def-456', 'abc-123')");
    for (const name of await tree(database, "def456_20"))
      await database.query(`alter table app.petri_obs_prog_abc123_site_def456 detach partition app.${name}`);
    expect(await column(database, runway)).toEqual(["null"]);
  });
});
