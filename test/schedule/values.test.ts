import { beforeEach, describe, expect, it } from "vitest";
import { ddlOf } from "../provider/support";
import { testVersions, withDatabase } from "../support/database";
import { left, reset } from "../support/harness/fixture";
import { addProgram, carried, makeSources, observe, petriProgram, tree } from "../support/harness/petri";
import { startAgain, withDeployment } from "../support/harness/with-deployment";
import { statementsDuring } from "../support/statement-log";
import { apply, column, DAY, failure } from "./support";
import { ensureValues, march, outcomes } from "./values-support";
import { itAlike, firstOn } from "../support/sample";

describe.each(testVersions())("PostgreSQL %s, values that appear between two updates", (version) => {
  const database = withDatabase(version);
  const deployment = withDeployment(database);
  beforeEach(() => makeSources(database));

  it("have their branches by ensure_values; the next update has no DDL, and the one after no step", async () => {
    await apply(database, deployment, march);
    await addProgram(database, "new-1");
    await database.query("insert into app.sites values ('more', 'abc-123')");
    const missing = await failure(observe(database, "new-1", "one", "2025-02-05"));
    expect(missing).toContain("no partition of relation");
    expect(await outcomes(database)).toEqual([
      '["abc-123","more"] petri_obs_prog_abc123_site_more created',
      '["new-1"] petri_obs_prog_new1 created',
    ]);
    for (const [name, site] of [
      ["new-1", "one"],
      ["abc-123", "more"],
    ] as const)
      for (const month of ["02", "03", "04"]) await observe(database, name, site, `2025-${month}-05`);
    expect(await outcomes(database)).toEqual([]);
    const sent = await statementsDuring(database, () => apply(database, deployment, march));
    expect(ddlOf(sent)).toEqual([]);
    expect(await apply(database, deployment, march)).toEqual([]);
  });

  it.each(firstOn(version, ["ensure_values", "ensure_window", "ensure_partitions"]))(
    "what %s created of them is in every respect what an update creates, whatever they are called",
    async (name) => {
      const schemas = ["app", "parts"];
      const changes = { ...carried, partitionSchema: "parts" };
      const levels = { program: { slug: false }, site: { slug: false } };
      const hostile = [
        `a"b`,
        `it's`,
        "{value} {base}",
        "$$ %I \\",
        "new\nline",
        `${"long".repeat(20)}`,
        "ünï",
        "O'Site\"",
      ];
      const program = petriProgram(DAY, changes, levels);
      const round = async (make: () => Promise<unknown>) => {
        await startAgain(database, deployment, schemas);
        await makeSources(database);
        await apply(database, deployment, program);
        for (const value of hostile) await addProgram(database, value, value);
        await make();
        await apply(database, deployment, program);
        return left(database, schemas);
      };
      const relation = `'app.petri_obs', '${DAY}'`;
      const byHand = await round(() =>
        database.query(
          name === "ensure_window"
            ? `call pgpartition.ensure_window(${relation})`
            : `select * from pgpartition.${name}(${relation})`,
        ),
      );
      expect(
        await column(
          database,
          "select distinct run = 'schedule' from pgpartition.ledger where branch like '[\"a%\"b%'",
        ),
      ).toEqual(["true"]);
      const byUpdate = await round(() => Promise.resolve());
      expect(byHand.orphans).toEqual([]);
      expect(byHand.dump).toBe(byUpdate.dump);
      expect(byHand.dump).toMatch(
        /relation parts\.petri_obs_prog_it's_site_it's_2025_04 r .*rls=t\/f replica=f options=\{fillfactor=90\}/,
      );
      await reset(database, schemas);
    },
  );

  itAlike(version)(
    "with foreign keys a higher branch is attached while it is empty, as an update does it",
    async () => {
      const foreignKeys = {
        of_program: {
          columns: ["program_id"],
          references: { schema: "app", table: "pilot_programs", columns: ["program_id"] },
        },
      };
      const program = petriProgram(DAY, { foreignKeys });
      await apply(database, deployment, program);
      await addProgram(database, "new");
      expect(await outcomes(database)).toEqual(['["new"] petri_obs_prog_new created']);
      expect(await failure(observe(database, "new", "one", DAY))).toBe("no error");
      expect(ddlOf(await statementsDuring(database, () => apply(database, deployment, program)))).toEqual([]);
      expect(await apply(database, deployment, program)).toEqual([]);
    },
  );

  itAlike(version)(
    "whose name cannot be given exactly are refused and left to the update; one that wants a name of another has a hash",
    async () => {
      await apply(database, deployment, march);
      await addProgram(database, "Žluťoučký");
      await database.query("insert into app.sites values ('fine', 'abc-123')");
      expect(await outcomes(database)).toEqual([
        '["Žluťoučký"] null refused',
        '["abc-123","fine"] petri_obs_prog_abc123_site_fine created',
      ]);
      const call = `call pgpartition.ensure_window('app.petri_obs', '${DAY}')`;
      expect(await failure(database.query(call))).toContain('0A000 | branch ["Žluťoučký"] is left to pulumi up');
      await apply(database, deployment, march);
      expect(await tree(database, "lut")).toHaveLength(5);
      await database.query("insert into app.sites values ('def456', 'abc-123')");
      expect(await outcomes(database)).toEqual([
        '["abc-123","def456"] petri_obs_prog_abc123_site_def456_cab61feb created',
      ]);
      // One that an update has named has its new sites.
      await database.query("insert into app.sites values ('two', 'Žluťoučký')");
      expect(await outcomes(database)).toContain('["Žluťoučký","two"] petri_obs_prog_zlutoucky_site_two created');
    },
  );

  itAlike(version)(
    "a name that is taken by something else stops that branch alone, and leaves nothing of it",
    async () => {
      await apply(database, deployment, march);
      await database.query("create table app.petri_obs_prog_a_site_one (id int)");
      await addProgram(database, "a");
      await addProgram(database, "b");
      expect(await outcomes(database)).toEqual(['["a"] petri_obs_prog_a failed', '["b"] petri_obs_prog_b created']);
      expect(await column(database, "select to_regclass('app.petri_obs_prog_a')")).toEqual(["null"]);
      expect((await left(database)).orphans).toEqual([]);
    },
  );

  itAlike(version)("a lock that others hold is waited for in short pieces, and then nothing was changed", async () => {
    await apply(database, deployment, march);
    await addProgram(database, "new");
    const client = await database.connect();
    await client.query("begin; lock table only app.petri_obs in share mode");
    const [said] = await database.query<{ outcome: string; detail: string }>(ensureValues);
    expect(said).toMatchObject({ outcome: "failed", detail: expect.stringContaining("in 20 tries") as string });
    await client.query("rollback");
    await client.end();
    expect((await left(database)).orphans).toEqual([]);
    expect(await outcomes(database)).toEqual(['["new"] petri_obs_prog_new created']);
  });

  itAlike(version)("have an alias, if it is declared, and no right of another role", async () => {
    await apply(database, deployment, petriProgram(DAY, { functionNames: { values: "precreate_program_partitions" } }));
    await database.query(
      "insert into app.pilot_programs values ('new', '2999-01-01'); insert into app.sites values ('one', 'new')",
    );
    expect(await column(database, "select outcome from app.precreate_program_partitions()")).toEqual(["created"]);
  });
});
