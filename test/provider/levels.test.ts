import { beforeEach, describe, expect, it } from "vitest";
import type { TableSpecArgs } from "../../core/declare/table/args";
import { anyVersion, withDatabase } from "../support/database";
import { makeSources, petri as petriTable, tree } from "../support/harness/petri";
import { preview, up, withPlugin } from "../support/harness/rounds";
import { withDeployment } from "../support/harness/with-deployment";

const MARCH = "2025-03-10T00:00:00Z";
const APRIL = "2025-04-10T00:00:00Z";

const petri = (changes: Partial<TableSpecArgs> = {}) =>
  petriTable({ window: { lead: "1 month", retention: "1 month" }, ...changes });

const program = (asOf: string, changes: Partial<TableSpecArgs> = {}) => ({ tables: { petri: petri(changes) }, asOf });

describe.each(anyVersion())("PostgreSQL %s, levels", (version) => {
  const database = withDatabase(version);
  const deployment = withDeployment(database);

  beforeEach(async () => {
    await makeSources(database);
  });

  const run = async (asOf: string, changes: Partial<TableSpecArgs> = {}) => {
    const result = await up(database, deployment, program(asOf, changes));
    expect(result.error).toBeUndefined();
    return result;
  };
  const tables = (pattern?: string) => tree(database, pattern);

  it("creates a branch for each value in use and each site of it, and a second update changes nothing", async () => {
    await run(MARCH);
    expect(await tables()).toEqual([
      "petri_obs",
      "petri_obs_prog_abc123",
      "petri_obs_prog_abc123_site_def456",
      "petri_obs_prog_abc123_site_def456_2025_02",
      "petri_obs_prog_abc123_site_def456_2025_03",
      "petri_obs_prog_abc123_site_def456_2025_04",
      "petri_obs_prog_abc123_site_xyz789",
      "petri_obs_prog_abc123_site_xyz789_2025_02",
      "petri_obs_prog_abc123_site_xyz789_2025_03",
      "petri_obs_prog_abc123_site_xyz789_2025_04",
    ]);
    await database.query("insert into app.petri_obs values (gen_random_uuid(), 'abc-123', 'def-456', '2025-03-05', 1)");
    const [index] = await database.query(
      "select count(*)::int as n, bool_and(indisvalid) as valid from pg_index where indrelid in (select relid from pg_partition_tree('app.petri_obs'))",
    );
    expect(index).toEqual({ n: 20, valid: true });
    const again = await run(MARCH);
    expect(again.steps).toEqual([]);
  });

  it("shows a value that appears in its source in the next preview, and creates its branch", async () => {
    await run(MARCH);
    await database.query("insert into app.sites values ('new', 'abc-123')");
    const before = await tables();
    const shown = await preview(database, deployment, program(MARCH));
    expect(shown.messages.join("\n")).toContain(
      'create petri_obs_prog_abc123_site_new [2025-02-01, 2025-05-01): new branch "abc-123" / "new" with 3 partitions',
    );
    expect(await tables()).toEqual(before);
    await run(MARCH);
    expect(await tables("site_new")).toHaveLength(4);
    expect((await run(MARCH)).steps).toEqual([]);
  });

  it("keeps what an ended value has, adds nothing to it, and retires its partitions with those of the others", async () => {
    await run(MARCH);
    await database.query("update app.pilot_programs set end_date = '2025-01-01' where program_id = 'abc-123'");
    await database.query("insert into app.pilot_programs values ('def', '2026-01-01')");
    await database.query("insert into app.sites values ('one', 'def')");
    const shown = await preview(database, deployment, program(APRIL));
    expect(shown.messages.join("\n")).toMatch(
      /"abc-123" \/ "def-456", "abc-123" \/ "xyz-789" ended: existing partitions remain under the window/,
    );
    await run(APRIL);
    expect(await tables("20.._..$")).toEqual([
      "petri_obs_prog_abc123_site_def456_2025_03",
      "petri_obs_prog_abc123_site_def456_2025_04",
      "petri_obs_prog_abc123_site_xyz789_2025_03",
      "petri_obs_prog_abc123_site_xyz789_2025_04",
      "petri_obs_prog_def_site_one_2025_03",
      "petri_obs_prog_def_site_one_2025_04",
      "petri_obs_prog_def_site_one_2025_05",
    ]);
    expect((await run(APRIL)).steps).toEqual([]);
  });

  it("reports a value that is gone from its source, and keeps its branch", async () => {
    await run(MARCH);
    await database.query("delete from app.sites where site_id = 'xyz-789'");
    const shown = await preview(database, deployment, program(MARCH));
    expect(shown.messages.join("\n")).toContain(
      '"abc-123" / "xyz-789" is in the table and no longer declared or in its source',
    );
    await run(MARCH);
    expect(await tables("xyz789")).toHaveLength(4);
  });

  it("counts intervals of the table, not partitions, against maxDropsPerUpdate", async () => {
    await run(MARCH, { maxDropsPerUpdate: 1 });
    await run(APRIL, { maxDropsPerUpdate: 1 });
    expect(await tables("2025_02$")).toEqual([]);
    const cut = await up(database, deployment, program("2025-07-10T00:00:00Z", { maxDropsPerUpdate: 1 }));
    expect(cut.error).toBeUndefined();
    expect(await tables("2025_03$")).toEqual([]);
    expect(await tables("2025_04$")).toHaveLength(2);
  });

  it("builds an index that is declared later on every branch and partition, and all are valid", async () => {
    await run(MARCH);
    const indexes = { growth: { columns: ["growth"] }, at: { columns: ["created_at"] } };
    await run(MARCH, { indexes });
    const [index] = await database.query(
      "select count(*)::int as n, bool_and(indisvalid) as valid from pg_index where indrelid in (select relid from pg_partition_tree('app.petri_obs'))",
    );
    expect(index).toEqual({ n: 30, valid: true });
    expect((await run(MARCH, { indexes })).steps).toEqual([]);
  });

  it("cuts by HASH above and below the time level, and by weeks where a branch wants it", async () => {
    const partitionBy = [
      { hash: "site_id", modulus: 2 },
      { list: "program_id", values: ["a", "b"] },
      {
        range: "created_at",
        every: "month" as const,
        overrides: [{ when: { program_id: "b" }, every: "week" as const, name: "{base}_{gggg}_w{ww}" }],
      },
      { hash: "observation_id", modulus: 2 },
    ];
    await run(MARCH, { partitionBy });
    expect(await tables("^petri_obs_h0_a")).toEqual([
      "petri_obs_h0_a",
      ...["02", "03", "04"].flatMap((month) =>
        ["", "_h0", "_h1"].map((part) => `petri_obs_h0_a_p2025_${month}${part}`),
      ),
    ]);
    expect(await tables("^petri_obs_h1_b_2025_w..$")).toHaveLength(9);
    await database.query(
      "insert into app.petri_obs select gen_random_uuid(), 'b', 's' || n, '2025-03-05', n from generate_series(1, 50) n",
    );
    expect((await run(MARCH, { partitionBy })).steps).toEqual([]);
    await run(APRIL, { partitionBy });
    expect(await tables("^petri_obs_h0_a_p2025_02")).toEqual([]);
    expect((await run(APRIL, { partitionBy })).steps).toEqual([]);
  });

  it("cleans up what is empty and old of a value that has ended, where it is declared, and nothing that holds a row", async () => {
    const [programs, ...levels] = petri().partitionBy;
    const partitionBy = [{ ...programs, cleanupAfter: "1 day" }, ...levels] as TableSpecArgs["partitionBy"];
    const kept = { window: { lead: "1 month", retention: "12 months" }, partitionBy } as const;
    await run(MARCH, kept);
    const insert = (site: string) =>
      database.query("insert into app.petri_obs values (gen_random_uuid(), 'abc-123', $1, '2025-01-05', 1)", [site]);
    await insert("def-456");
    expect((await run(MARCH, kept)).steps).toEqual([]);
    await database.query("update app.pilot_programs set end_date = '2025-01-01'");
    await run(MARCH, kept);
    expect(await tables("20.._..$")).toEqual([
      "petri_obs_prog_abc123_site_def456_2025_01",
      ...["def456", "xyz789"].flatMap((site) =>
        ["03", "04"].map((month) => `petri_obs_prog_abc123_site_${site}_2025_${month}`),
      ),
    ]);
    expect((await run(MARCH, kept)).steps).toEqual([]);
  });

  it("names the source that cannot be read, and changes nothing", async () => {
    await database.query("drop table app.sites");
    const result = await up(database, deployment, program(MARCH));
    expect(result.error).toMatch(
      /values of a level cannot be read from .*app\.sites \(site_id\): relation "app\.sites" does not exist/,
    );
  });

  it("destroys everything when destroy is allowed, and refuses it otherwise", async () => {
    await run(MARCH);
    const refused = await withPlugin(database, program(MARCH), (plugin) => deployment.destroy(plugin).catch(String));
    expect(refused.result).toContain("allowDestroy");
    expect(await tables()).toHaveLength(10);
    await withPlugin(database, program(MARCH), (plugin) => deployment.destroy(plugin), {
      config: { allowDestroy: JSON.stringify(["app.petri_obs"]) },
    });
    expect(
      await database.query("select from pg_class where relname like 'petri_obs%' and relkind in ('r', 'p')"),
    ).toEqual([]);
  });
});
