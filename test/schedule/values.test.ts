import { afterAll, afterEach, beforeEach, describe, expect, it } from "vitest";
import { randomBytes } from "node:crypto";
import { quoteLiteral } from "../../core/names/identifier";
import { ddlOf } from "../provider/support";
import { closeAll } from "../provider/wire-support";
import { administer, type TestDatabase, testVersions, withDatabase } from "../support/database";
import { stopAt } from "../support/harness/stop-at";
import { Deployment } from "../support/harness/deployment";
import { left, reset } from "../support/harness/fixture";
import { endPlugins, type Plugin } from "../support/harness/plugin";
import { preview, up, withPlugin } from "../support/harness/rounds";
import { until } from "../support/harness/until";
import { statementsDuring } from "../support/statement-log";
import { addProgram, carried, makeSources, observe, petri, petriProgram, tree } from "../support/harness/petri";
import { apply, column, failure, whenRunning } from "./support";

afterEach(endPlugins);
afterAll(closeAll);

const march = petriProgram("2025-03-10");
const DAY = "2025-03-10";
const ensureValues = `select branch, branch_name, outcome, detail from pgpartition.ensure_values('app.petri_obs', '${DAY}')`;
const outcomes = async (database: Pick<TestDatabase, "query">) =>
  (await database.query<Record<string, string>>(ensureValues)).map(
    ({ branch, branch_name: name, outcome }) => `${String(branch)} ${String(name)} ${String(outcome)}`,
  );
const made = "select partition_name from pgpartition.ledger where event = 'created' order by 1";

describe.each(testVersions())("PostgreSQL %s, values that appear between two updates", (version) => {
  const database = withDatabase(version);
  let deployment: Deployment;

  beforeEach(async () => {
    await reset(database);
    deployment = new Deployment();
    await makeSources(database);
  });

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

  it.each(["ensure_values", "ensure_window", "ensure_partitions"])(
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
        await reset(database, schemas);
        await makeSources(database);
        deployment = new Deployment();
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

  it("with foreign keys a higher branch is attached while it is empty, as an update does it", async () => {
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
  });

  it("whose name cannot be given exactly are refused and left to the update; one that wants a name of another has a hash", async () => {
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
  });

  it("a name that is taken by something else stops that branch alone, and leaves nothing of it", async () => {
    await apply(database, deployment, march);
    await database.query("create table app.petri_obs_prog_a_site_one (id int)");
    await addProgram(database, "a");
    await addProgram(database, "b");
    expect(await outcomes(database)).toEqual(['["a"] petri_obs_prog_a failed', '["b"] petri_obs_prog_b created']);
    expect(await column(database, "select to_regclass('app.petri_obs_prog_a')")).toEqual(["null"]);
    expect((await left(database)).orphans).toEqual([]);
  });

  it("I06 two sessions at once create each branch once", async () => {
    await apply(database, deployment, march);
    for (const name of ["a", "b", "c"]) await addProgram(database, name);
    // Two of them as the owner of the table, who is no superuser.
    const { user, password } = database;
    const logins = [{}, { user, password }, { user, password }, {}];
    const clients = await Promise.all(logins.map((login) => database.connect(login)));
    const calls = [
      ensureValues,
      ensureValues,
      `call pgpartition.ensure_window('app.petri_obs', '${DAY}')`,
      ensureValues,
    ];
    await Promise.all(clients.map((client, index) => client.query(calls[index] ?? "")));
    await Promise.all(clients.map((client) => client.end()));
    const names = await column(database, made);
    expect(new Set(names).size).toBe(names.length);
    expect(await tree(database, "prog_[abc]$")).toHaveLength(3);
    expect((await left(database)).orphans).toEqual([]);
    expect(ddlOf(await statementsDuring(database, () => apply(database, deployment, march)))).toEqual([]);
  });

  it("I06 during an update that creates the same branch: it waits, and finds it created", async () => {
    await apply(database, deployment, march);
    await addProgram(database, "new");
    const stop = stopAt("before begin create branch app.petri_obs_prog_new_site_one");
    const running = up(database, deployment, march, { env: stop.env });
    await stop.reached();
    const session = await database.connect();
    const asked = session.query(ensureValues);
    await whenRunning(database, "ensure_values");
    stop.goOn();
    expect((await asked).rows).toEqual([]);
    await session.end();
    expect((await running).error).toBeUndefined();
    expect((await column(database, made)).filter((name) => name === "petri_obs_prog_new_site_one")).toHaveLength(1);
    expect((await preview(database, deployment, march)).steps).toEqual([]);
  });

  it("I06 an update that comes while they are created waits, and has nothing to do", async () => {
    await apply(database, deployment, march);
    await addProgram(database, "new");
    const client = await database.connect();
    await client.query(`begin; ${ensureValues}`);
    let said = (): readonly string[] => [];
    const started = (plugin: Plugin): void => void (said = () => plugin.messages);
    const running = up(database, deployment, petriProgram("2025-04-10"), { started });
    await until(() => Promise.resolve(said().join("\n").includes("waiting for the lock of table")));
    await client.query("commit");
    await client.end();
    const { error, messages } = await running;
    expect(error).toBeUndefined();
    expect(messages.join("\n")).toContain('waiting for the lock of table "app"."petri_obs"');
    expect(
      (await column(database, made)).filter((name) => name.startsWith("petri_obs_prog_new_site_one_")),
    ).toHaveLength(4);
    expect((await preview(database, deployment, petriProgram("2025-04-10"))).steps).toEqual([]);
  });

  it("I06 an update that was killed in the middle of a branch is resumed", async () => {
    await apply(database, deployment, march);
    await addProgram(database, "new");
    const point = "before begin create branch app.petri_obs_prog_new_site_one";
    await up(database, deployment, march, { env: { PGPARTITION_FAULT: `${point}:kill` } });
    expect(await tableOf(database, "petri_obs_prog_new")).toBe("app.petri_obs_prog_new");
    expect(await tree(database, "new")).toEqual([]);
    expect(await outcomes(database)).toEqual(['["new"] petri_obs_prog_new created']);
    expect(ddlOf(await statementsDuring(database, () => apply(database, deployment, march)))).toEqual([]);
    expect((await left(database)).orphans).toEqual([]);
  });

  it("I06 the backend is ended in the middle of a branch: nothing of it can be seen, and the next run continues", async () => {
    await apply(database, deployment, march);
    await addProgram(database, "new");
    const slow = `update pgpartition.prepared_parts set statements = statements || '[["select pg_sleep(60)"]]' where lower_bound = '2025-04-01'`;
    const quick = `update pgpartition.prepared_parts set statements = statements - (-1) where lower_bound = '2025-04-01'`;
    await database.query(slow);
    const worker = await database.connect({ application_name: "worker" });
    worker.on("error", () => undefined);
    const running = worker.query(`call pgpartition.ensure_window('app.petri_obs', '${DAY}')`).catch(() => undefined);
    const sleeping = "select pid from pg_stat_activity where application_name = 'worker' and wait_event = 'PgSleep'";
    await until(async () => (await column(database, sleeping)).length > 0);
    // Its table of the program stands, and is a part of nothing.
    expect(await tree(database, "new")).toEqual([]);
    await database.query(`select pg_terminate_backend(pid) from (${sleeping}) s`);
    await running;
    await worker.end().catch(() => undefined);
    expect(await tree(database, "new")).toEqual([]);
    expect(await tableOf(database, "petri_obs_prog_new_site_one")).toBe("null");
    const held =
      "select 1 from pg_locks l join pg_database d on d.oid = l.database where l.locktype = 'advisory' and d.datname = current_database()";
    await until(async () => (await column(database, held)).length === 0);
    await database.query(quick);
    await database.query(`call pgpartition.ensure_window('app.petri_obs', '${DAY}')`);
    expect(await tree(database, "new")).toHaveLength(5);
    expect(ddlOf(await statementsDuring(database, () => apply(database, deployment, march)))).toEqual([]);
    expect(await apply(database, deployment, march)).toEqual([]);
  });

  it("a lock that others hold is waited for in short pieces, and then nothing was changed", async () => {
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

  describe("with a trigger on the table that they are read from", () => {
    const from = { from: "sites", column: "site_id", parent: "program_id", trigger: true } as const;
    const triggered = petriProgram(
      DAY,
      { window: { lead: "1 month", retention: "forever", start: "2025-03-01" } },
      { site: { values: from } },
    );
    const triggers = "select tgrelid::regclass::text from pg_trigger where tgname like 'pgpartition%'";

    it("a row of the same transaction finds its partition; the trigger comes and goes with the declaration", async () => {
      expect(await apply(database, deployment, triggered)).toContain("create petri-window");
      expect(await column(database, triggers)).toEqual(["app.sites"]);
      expect(await apply(database, deployment, triggered)).toEqual([]);
      const client = await database.connect();
      await client.query(
        "begin; insert into app.pilot_programs values ('new', '2999-01-01'); insert into app.sites values ('one', 'new')",
      );
      await client.query("insert into app.petri_obs values (gen_random_uuid(), 'new', 'one', now(), 1)");
      await client.query("commit");
      await client.end();
      await database.query("alter table app.sites disable trigger all");
      expect(await apply(database, deployment, triggered)).toEqual(["update petri-window"]);
      expect(await apply(database, deployment, triggered)).toEqual([]);
      const without = petriProgram(DAY, triggered.tables["petri"]);
      const plain = {
        ...without,
        tables: {
          petri: petri({ window: triggered.tables["petri"]?.window ?? { lead: "1 month", retention: "forever" } }),
        },
      };
      expect((await preview(database, deployment, plain)).messages.join("\n")).toContain(
        "its trigger is not declared any more",
      );
      await apply(database, deployment, plain);
      expect(await column(database, triggers)).toEqual([]);
    });

    it("goes when the table is destroyed", async () => {
      await apply(database, deployment, triggered);
      await withPlugin(database, triggered, (plugin) => deployment.destroy(plugin), {
        config: { allowDestroy: JSON.stringify(["app.petri_obs"]) },
      });
      expect(await column(database, triggers)).toEqual([]);
    });

    it("a role that may create no partitions writes the row anyway, is warned, and the schedule creates the branch", async () => {
      const role = `app_${randomBytes(4).toString("hex")}`;
      await apply(database, deployment, triggered);
      await database.query(
        `create role ${role} login password 'p'; grant usage on schema app to ${role}; grant insert on app.sites to ${role}`,
      );
      const client = await database.connect({ user: role, password: "p" });
      const said: string[] = [];
      client.on("notice", ({ message }) => said.push(message ?? ""));
      await client.query("insert into app.sites values ('more', 'abc-123')");
      await client.end();
      expect(said.join("\n")).toContain(
        'new branches of table "app"."petri_obs" are left to the schedule: permission denied',
      );
      expect(await tree(database, "more")).toEqual([]);
      await database.query("call pgpartition.ensure_window('app.petri_obs')");
      expect(await tree(database, "site_more$")).toHaveLength(1);
      await database.query(`drop owned by ${role}`);
      await administer(database, async (admin) => void (await admin.query(`drop role ${role}`)));
    });
  });

  it("have an alias, if it is declared, and no right of another role", async () => {
    await apply(database, deployment, petriProgram(DAY, { functionNames: { values: "precreate_program_partitions" } }));
    await database.query(
      "insert into app.pilot_programs values ('new', '2999-01-01'); insert into app.sites values ('one', 'new')",
    );
    expect(await column(database, "select outcome from app.precreate_program_partitions()")).toEqual(["created"]);
  });
});

/** `null` where there is none. */
async function tableOf(database: TestDatabase, name: string): Promise<string> {
  const [found] = await column(database, `select to_regclass(${quoteLiteral(`app.${name}`)})`);
  return String(found);
}
