import { beforeEach, describe, expect, it } from "vitest";
import { anyVersion, withDatabase } from "../support/database";
import { left } from "../support/harness/fixture";
import { addProgram, makeSources, observe, petri, petriProgram, tree } from "../support/harness/petri";
import { preview, up } from "../support/harness/rounds";
import { withDeployment } from "../support/harness/with-deployment";
import { apply, column, failure, DAY, outcomes } from "./support";

describe.each(anyVersion())("PostgreSQL %s, values that are read", (version) => {
  const database = withDatabase(version);
  const deployment = withDeployment(database);
  const march = petriProgram(DAY);

  beforeEach(async () => {
    await makeSources(database);
  });

  /** Each wants the name of another, has nothing left of its own, or is too long for one. */
  const GROUPS = [
    ["its", "it's", "ITS"],
    ["---", "!!!"],
    [`${"long".repeat(20)}1`, `${"long".repeat(20)}2`],
  ];

  it.each(["by an update", "by ensure_values"])(
    "have a branch each %s, also where they want one name: the same names, and the update after it has no step",
    async (who) => {
      await apply(database, deployment, march);
      for (const value of GROUPS.flat()) await addProgram(database, value, "o-ne");
      await database.query("insert into app.sites select 'o''ne', program_id from app.sites where site_id = 'o-ne'");
      if (who === "by an update") {
        const shown = await preview(database, deployment, march);
        expect(shown.messages.join("\n")).toMatch(
          /the branch .* is called "petri_obs_prog_.*_[0-9a-f]{8}", because "petri_obs_prog_.*" is the name of another/,
        );
        await apply(database, deployment, march);
      } else expect((await column(database, outcomes)).filter((line) => !line.endsWith("created"))).toEqual([]);
      for (const value of GROUPS.flat())
        for (const site of ["o-ne", "o'ne"]) await observe(database, value, site, "2025-03-05");
      expect(await tree(database, "prog_its(_[0-9a-f]{8})?$")).toEqual([
        "petri_obs_prog_its",
        "petri_obs_prog_its_15522db5",
        "petri_obs_prog_its_39b36f59",
      ]);
      expect(await apply(database, deployment, march)).toEqual([]);
    },
  );

  it("of other letters, of other forms of one letter and without a value: the update creates what can be created", async () => {
    await database.query("alter table app.sites drop constraint sites_pkey, alter site_id drop not null");
    await apply(database, deployment, march);
    const values = ["caf\u00e9", "cafe\u0301", "cafe", "CAFE", "\u{1d4d2}afe"];
    for (const value of values) await database.query("insert into app.sites values ($1, 'abc-123')", [value]);
    await database.query("insert into app.sites values (null, 'abc-123'), ('', 'abc-123')");
    await apply(database, deployment, march);
    for (const value of [...values, ""]) await observe(database, "abc-123", value, "2025-03-05");
    expect(await apply(database, deployment, march)).toEqual([]);
    expect(await column(database, outcomes)).toEqual([]);
  });

  it("a value that has gone keeps its branch, and one that arrives with its name has another; the first comes back", async () => {
    await addProgram(database, "its");
    await apply(database, deployment, march);
    await database.query(
      "delete from app.sites where program_id = 'its'; delete from app.pilot_programs where program_id = 'its'",
    );
    await addProgram(database, "it's");
    await apply(database, deployment, march);
    await observe(database, "it's", "one", "2025-03-05");
    await addProgram(database, "its");
    await database.query("insert into app.sites values ('two', 'its'), ('two', 'it''s')");
    expect(await column(database, outcomes)).toHaveLength(2);
    for (const value of ["its", "it's"]) await observe(database, value, "two", "2025-03-05");
    expect(await apply(database, deployment, march)).toEqual([]);
  });

  it("whose name a view has, or whose value the column cannot hold, fail alone: those next to and below them are created", async () => {
    await database.query(`create table app.regions (region text primary key);
      create table app.tenants (tenant text, region text);
      insert into app.regions values ('eu'), ('us'), ('ap');
      insert into app.tenants values ('1', 'eu'), ('x', 'eu'), ('y', 'ap'), ('3', 'us');
      create view app.petri_obs_us_3 as select 1 as one`);
    const program = {
      tables: {
        petri: petri({
          columns: { id: "uuid", region: "text", tenant: "int", at: "timestamptz" },
          primaryKey: ["id", "region", "tenant", "at"],
          partitionBy: [
            { list: "region", values: { from: "regions", column: "region" }, name: "{table}_{value}" },
            { list: "tenant", values: { from: "tenants", column: "tenant", parent: "region" }, name: "{base}_{value}" },
            { range: "at", every: "month" },
          ],
          indexes: {},
        }),
      },
      asOf: `${DAY}T00:00:00Z`,
    };
    const add = (region: string, tenant: number) =>
      database.query("insert into app.petri_obs values (gen_random_uuid(), $1, $2, '2025-03-05')", [region, tenant]);
    const first = await up(database, deployment, program);
    expect(first.error).toMatch(/"eu" \/ "x": .*22P02/);
    expect(first.error).toMatch(/"us" \/ "3": .*petri_obs_us_3/);
    await add("eu", 1);
    // Nothing would be in them: they are not attached.
    expect(await tree(database, "_(ap|us)$")).toEqual([]);
    await database.query("insert into app.tenants values ('2', 'eu'), ('4', 'us'), ('z', 'us'), ('5', 'ap')");
    const lines = await column(database, outcomes);
    expect(new Set(lines)).toEqual(
      new Set([
        '["ap"] petri_obs_ap created',
        '["ap","y"] petri_obs_ap_y failed',
        '["eu","2"] petri_obs_eu_2 created',
        '["eu","x"] petri_obs_eu_x failed',
        '["us"] petri_obs_us created',
        '["us","3"] petri_obs_us_3 failed',
        '["us","z"] petri_obs_us_z failed',
      ]),
    );
    for (const [region, tenant] of [
      ["eu", 2],
      ["us", 4],
      ["ap", 5],
    ] as const)
      await add(region, tenant);
    await database.query("insert into app.tenants values ('6', 'us'); drop view app.petri_obs_us_3");
    expect(await failure(database.query(`call pgpartition.ensure_window('app.petri_obs', '${DAY}')`))).toContain(
      "22P02",
    );
    for (const tenant of [3, 6]) await add("us", tenant);
    await database.query("delete from app.tenants where tenant in ('x', 'y', 'z')");
    await apply(database, deployment, program);
    expect((await left(database)).orphans).toEqual([]);
  });
});
