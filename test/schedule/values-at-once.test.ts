import { beforeEach, describe, expect, it } from "vitest";
import { ddlOf } from "../provider/support";
import { anyVersion, withDatabase } from "../support/database";
import { left } from "../support/harness/fixture";
import { addProgram, makeSources, petriProgram, tree } from "../support/harness/petri";
import type { Plugin } from "../support/harness/plugin";
import { preview, up } from "../support/harness/rounds";
import { stopAt } from "../support/harness/stop-at";
import { until } from "../support/harness/until";
import { withDeployment } from "../support/harness/with-deployment";
import { statementsDuring } from "../support/statement-log";
import { apply, column, DAY, whenRunning } from "./support";
import { ensureValues, made, march, outcomes, tableOf } from "./values-support";

describe.each(anyVersion())("PostgreSQL %s, values that appear between two updates", (version) => {
  const database = withDatabase(version);
  const deployment = withDeployment(database);
  beforeEach(() => makeSources(database));

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
});
