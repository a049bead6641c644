import { describe, expect, it, onTestFinished } from "vitest";
import { query } from "../../postgres/queries";
import { conversionProgram } from "../support/convertible-table";
import { anyVersion, withDatabase } from "../support/database";
import type { Program } from "../support/harness/declare";
import { up } from "../support/harness/rounds";
import { stopAt } from "../support/harness/stop-at";
import { until } from "../support/harness/until";
import { COPIED, SWAPPING, VERIFYING, withConvertible } from "./convert-support";
import { pgpartition } from "./support";

describe.each(anyVersion())("PostgreSQL %s, pgpartition convert run", (version) => {
  const database = withDatabase(version);
  const { deployment, cli, status, rows, isPlain, isFollowed } = withConvertible(database);
  /** Starts it, for a test that ends it. */
  const run = (...args: string[]) => {
    let pid = 0;
    const options = { env: { DATABASE_URL: database.url }, started: (started: number) => (pid = started) };
    const result = pgpartition(["convert", "run", "app.events", ...args], options);
    return { result, terminate: () => process.kill(pid, "SIGTERM") };
  };

  it("goes on where a paused update ended, waits while it is paused, and the next update swaps every row", async () => {
    const stop = stopAt(COPIED);
    const update = up(database, deployment, SWAPPING, { env: stop.env });
    await stop.reached();
    expect(await cli("pause", "app.events")).toMatchObject({ code: 0, stderr: "" });
    stop.goOn();
    expect((await update).error).toMatch(
      /conversion of "app\.events" is not finished: 5,000 rows copied \(100 %\); it is paused\. What is done stays done\. .* pgpartition convert run app\.events/,
    );
    expect((await cli("status")).stdout).toMatch(/^ {2}setting: paused; pgpartition convert resume goes on$/m);

    await database.query("update app.events set note = 'later' where id <= 100; delete from app.events where id = 200");
    const { result } = run("--once");
    // Paused, it follows the changes and does nothing else.
    await until(isFollowed);
    const before = await rows();
    const paused = await status();
    expect(paused).toMatchObject({ paused: true, rowsCompared: 0 });
    expect(paused["workedOnBy"]).toMatchObject({ application: "pulumi-pgpartition cli" });
    expect((await cli("resume", "app.events")).stdout).toBe(
      "the conversion of app.events goes on with the next pulumi up, or with pgpartition convert run\n",
    );
    const { code, stdout, stderr } = await result;
    expect(stderr).toContain("paused; changes are followed until it is resumed");
    expect(code).toBe(0);
    expect(stdout).toBe(
      'app.events: verified, 5,000 rows copied and 101 changes followed since it began. Only the swap remains: pulumi up with the table in the program, and without until: "verify", does it\n',
    );
    expect(await isPlain()).toBe(true);
    expect(await status()).toMatchObject({ phase: "verified", paused: false });
    expect((await up(database, deployment, SWAPPING)).error).toBeUndefined();
    expect(await isPlain()).toBe(false);
    expect(await rows()).toEqual(before);
  });

  it("follows the changes of a verified copy, copies again what was truncated, and ends at SIGTERM", async () => {
    expect((await up(database, deployment, VERIFYING)).error).toBeUndefined();
    const { result, terminate } = run();
    await database.query("update app.events set note = 'later' where id <= 100");
    await until(isFollowed);
    await database.query("truncate app.events; insert into app.events values (1, now(), 'only')");
    await until(async () => (await isFollowed()) && (await status())["phase"] === "verified");
    terminate();
    const { code, stdout, stderr } = await result;
    expect(stderr).toContain("stopping after this statement");
    expect(stderr).toContain('table "app.events" was truncated: its copy is emptied, and begun again');
    expect([code, stdout]).toEqual([
      0,
      expect.stringMatching(/^app\.events: stopped; what is done stays done, and changes go on being captured$/m),
    ]);
    expect(await database.query("select id::int, note from app.events_copy")).toEqual([{ id: 1, note: "only" }]);
    expect(await isPlain()).toBe(true);
  });

  it("waits for the lock of an update that works on the table, by name, and can be stopped meanwhile", async () => {
    expect((await up(database, deployment, VERIFYING)).error).toBeUndefined();
    const holder = await database.connect({ application_name: "running update" });
    onTestFinished(() => holder.end());
    await holder.query(query("locks/table-lock-take"), ["app", "events"]);
    const { result, terminate } = run("--once");
    const asked = "select from pg_stat_activity where pid <> pg_backend_pid() and left(query, 200) = left($1, 200)";
    await until(async () => (await database.query(asked, [query("locks/table-lock-holder")])).length > 0);
    terminate();
    const { code, stderr } = await result;
    expect(code).toBe(1);
    expect(stderr).toMatch(/waiting for the lock of table "app"\."events", held by pid \d+ \("running update"/);
    expect(stderr).toMatch(/^pgpartition: .*cancelled$/m);
  });

  it("keeps the former table current while a way back is open, and ends when it closes", async () => {
    const returnable: Program = {
      ...SWAPPING,
      ...conversionProgram({ convertFrom: { strategy: "copy", rollbackUntil: "2190-01-01" } }),
      asOf: SWAPPING.asOf,
    };
    expect((await up(database, deployment, returnable)).error).toBeUndefined();
    expect((await cli("status")).stdout).toMatch(/^ {2}way back: open until 2190-01-01T00:00:00Z$/m);
    expect((await cli("give-up", "app.events", "--yes")).stderr).toContain(
      "its way back is open, and removing convertFrom.rollbackUntil closes it",
    );
    const { result } = run();
    await database.query("update app.events set note = 'later' where id <= 100; delete from app.events where id = 200");
    await until(async () => (await database.query("select from app.events_back")).length === 0);
    expect(await database.query("select id, at, note from app.events_legacy order by id")).toEqual(await rows());
    // The same id at another time: the former table has a key on the id alone.
    await database.query(
      "insert into app.events select id, at + interval '1 second', 'second' from app.events where id = 300",
    );
    const { code, stdout, stderr } = await result;
    expect(code).toBe(0);
    expect(stdout).toMatch(/^app\.events: its way back is closed; the table stays partitioned$/m);
    expect(stderr).toContain("Key (id)=(300) already exists");
  });
});
