import { describe, expect, it, onTestFinished } from "vitest";
import { conversionProgram } from "../support/convertible-table";
import { ownRole, testVersions, withDatabase } from "../support/database";
import { up } from "../support/harness/rounds";
import { stopAt } from "../support/harness/stop-at";
import { until } from "../support/harness/until";
import { COPIED, SWAPPING, VERIFYING, withConvertible } from "./convert-support";
import { itAlike } from "../support/sample";

describe.each(testVersions())("PostgreSQL %s, pgpartition convert status", (version) => {
  const database = withDatabase(version);
  const { deployment, cli, status } = withConvertible(database);

  itAlike(version)("says that nothing is under way, and exits with 0", async () => {
    const none = 'no conversion by copy is under way in "pgpartition"\n';
    const [all, one, json, elsewhere, unknown] = await Promise.all([
      cli("status"),
      cli("status", "app.events"),
      cli("status", "--json"),
      cli("status", "--management-schema", "elsewhere"),
      cli("status", "app.none"),
    ]);
    expect(all).toEqual({ code: 0, stdout: none, stderr: "" });
    expect(one.stdout).toBe('no conversion of "app.events" by copy is under way in "pgpartition"\n');
    expect(json).toEqual({ code: 0, stdout: "[]\n", stderr: "" });
    expect(elsewhere).toEqual({ code: 0, stdout: none.replace("pgpartition", "elsewhere"), stderr: "" });
    expect(unknown).toEqual({ code: 1, stdout: "", stderr: 'pgpartition: table "app.none" does not exist\n' });
  });

  it("tells phase, rows, changes, who works on it and what is in the way, while an update runs and afterwards", async () => {
    const stop = stopAt(COPIED);
    const run = up(database, deployment, VERIFYING, { env: stop.env, config: { lockBudgetMs: "60000" } });
    await stop.reached();
    await database.query("update app.events set note = 'later' where id <= 20");
    expect(await status()).toMatchObject({
      table: "app.events",
      phase: "copying",
      rowsCopied: 5000,
      estimatedRows: 5000,
      share: 1,
      secondsLeft: 0,
      changesPending: 20,
      rowsCompared: 0,
      verifiedAt: null,
      paused: false,
      pacePercent: 100,
      workedOnBy: { pid: expect.any(Number), application: expect.stringMatching(/^pulumi-pgpartition/) },
      inTheWay: [],
    });
    const { stdout } = await cli("status");
    expect(stdout).toMatch(/^app\.events: rows are copied$/m);
    expect(stdout).toMatch(
      /^ {2}copied: 5,000 of about 5,000 rows \(100 %, (\d+) of \1 blocks\); [\d,]+ rows a second since it began/m,
    );
    expect(stdout).toMatch(/^ {2}changes: 20 pending, 0 followed$/m);
    expect(stdout).toMatch(/^ {2}worked on by: pid \d+ \("pulumi-pgpartition/m);

    const session = await database.connect({ application_name: "migration", ...ownRole(database) });
    onTestFinished(() => session.end());
    await session.query("begin; lock table app.events in access exclusive mode");
    stop.goOn();
    await until(async () =>
      /in the way: .*"migration".* a run waits for a lock of app.events/.test((await cli("status")).stdout),
    );
    // Its transaction ends, and another begins that is older than the verified copy.
    await session.query("commit; begin isolation level repeatable read; select 1 from pg_class limit 1");
    expect((await run).error).toBeUndefined();
    expect(await status()).toMatchObject({
      phase: "verified",
      rowsPerSecond: null,
      changesPending: 0,
      changesFollowed: 20,
      rowsCompared: 5000,
      verifiedAt: expect.any(String),
      workedOnBy: null,
      inTheWay: [{ why: "older", application: "migration", state: "idle in transaction" }],
    });
    const verified = (await cli("status", "app.events")).stdout;
    expect(verified).toMatch(/^app\.events: verified: only the swap remains/);
    expect(verified).toMatch(/^ {2}worked on by: no run; pulumi up or pgpartition convert run goes on$/m);
    expect(verified).toMatch(/^ {2}in the way: pid \d+ \("migration", idle in transaction, .*the swap waits for it$/m);
    await session.query("rollback");

    expect((await up(database, deployment, SWAPPING)).error).toBeUndefined();
    expect((await cli("status", "--json")).stdout).toBe("[]\n");
  });

  itAlike(version)("tells until when a former table is kept, as long as it is there", async () => {
    const dropping = conversionProgram({ convertFrom: { strategy: "copy", dropFormerAfter: "2999-01-01" } });
    expect((await up(database, deployment, { ...dropping, asOf: SWAPPING.asOf })).error).toBeUndefined();
    expect((await cli("status")).stdout).toMatch(
      /^app\.events: swapped, and nothing is left to do but the drop of the former table\n {2}former table: app\.events_legacy, \d+ kB, kept until 2999-01-01T00:00:00Z, and dropped by the first pulumi up/,
    );
    expect(await status()).toMatchObject({
      phase: "ended",
      formerTable: { table: "app.events_legacy", bytes: expect.any(Number), dropAfter: "2999-01-01T00:00:00Z" },
    });
    await database.query("drop table app.events_legacy");
    expect((await cli("status", "--json")).stdout).toBe("[]\n");
  });
});
