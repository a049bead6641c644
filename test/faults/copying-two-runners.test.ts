// A copy that two processes believe to work on, and one whose commit was not answered.
import { beforeEach, describe, expect, it, onTestFinished } from "vitest";
import { anyVersion, withDatabase } from "../support/database";
import { up } from "../support/harness/rounds";
import { type Proxy, startProxy } from "../support/harness/proxy";
import { stopAt } from "../support/harness/stop-at";
import { until } from "../support/harness/until";
import { COPIED, SWAPPING, VERIFYING, withConvertible } from "../cli/convert-support";
import { pgpartition } from "../cli/support";

describe.each(anyVersion())("PostgreSQL %s", (version) => {
  const database = withDatabase(version);
  const { deployment, rows, isPlain, status } = withConvertible(database);

  /** Ends the session with the lock of the table, as a lost network does: its process does not know yet. */
  const takeLock = async () => {
    const ended = await database.query(
      "select pg_terminate_backend(pid) from pg_locks where locktype = 'advisory' and granted and database = (select oid from pg_database where datname = current_database()) and pid <> pg_backend_pid()",
    );
    expect(ended.length).toBeGreaterThan(0);
  };
  const expectSwapped = async () => {
    await database.query("update app.events set note = 'last' where id % 7 = 0");
    const before = await rows();
    expect((await up(database, deployment, SWAPPING)).error).toBeUndefined();
    expect(await isPlain()).toBe(false);
    expect(await rows()).toEqual(before);
  };

  it("R17 a second runner waits for the first one, and then finds what it has done", async () => {
    const stop = stopAt(COPIED);
    const first = up(database, deployment, VERIFYING, { env: stop.env });
    await stop.reached();
    const second = pgpartition(["convert", "run", "app.events", "--once"], {
      env: { DATABASE_URL: database.url },
    });
    await until(async () => {
      const waiting = await database.query(
        "select from pg_stat_activity where datname = current_database() and application_name = 'pulumi-pgpartition cli'",
      );
      return waiting.length > 0;
    });
    stop.goOn();
    expect((await first).error).toBeUndefined();
    const { code, stderr } = await second;
    expect(code).toBe(0);
    expect(stderr).not.toContain("begun again");
    expect(await status()).toMatchObject({ phase: "verified", rowsCopied: 5000 });
    await expectSwapped();
  });

  it.each([
    ["between two statements", COPIED],
    ["with a transaction that reconciles open", "before the changes are committed"],
  ])("R17 a runner that has lost the lock %s, and lives, does nothing beside its successor", async (_, point) => {
    expect((await up(database, deployment, VERIFYING)).error).toBeUndefined();
    await database.query("update app.events set note = 'changed' where id <= 50");
    if (point === COPIED) {
      await database.query("truncate app.events_copy");
      await database.query("update pgpartition.conversions set phase = 'copying', next_block = 0, rows_copied = 0");
    }
    const stop = stopAt(point);
    const before = await rows();
    const first = up(database, deployment, SWAPPING, { env: stop.env });
    await stop.reached();
    await takeLock();
    const second = pgpartition(["convert", "run", "app.events", "--once"], { env: { DATABASE_URL: database.url } });
    // One with an open transaction is waited for: both sides are locked by it.
    if (point === COPIED) expect((await second).code).toBe(0);
    stop.goOn();
    const { error, messages } = await first;
    await second;
    // It notices, takes the lock again and goes on from what is there by then; or fails with the reason.
    expect([error ?? "", ...messages].join("\n")).toContain("the lock of the table was lost");
    expect((await up(database, deployment, SWAPPING)).error).toBeUndefined();
    expect(await isPlain()).toBe(false);
    expect(await rows()).toEqual(before);
  });

  describe("through a proxy", () => {
    let proxy: Proxy;
    beforeEach(async () => {
      proxy = await startProxy(database);
      onTestFinished(() => proxy.close());
    });
    const through = () => ({ url: database.url.replace(/@[^/]*\//, `@${proxy.host}:${String(proxy.port)}/`) });

    it.each([
      ["reconciles", /DELETE FROM "app"\."events_pending"/],
      ["copies", /WITH copied AS/],
      ["swaps", /ALTER TABLE "app"\."events" RENAME TO "events_legacy"/],
    ])(
      "R17 the answer to the commit that %s is lost: what was committed is not done again, and nothing is lost",
      async (_, statement) => {
        expect((await up(database, deployment, VERIFYING)).error).toBeUndefined();
        await database.query(
          "update app.events set note = 'changed' where id <= 50; delete from app.events where id = 60",
        );
        const before = await rows();
        let seen: number | undefined;
        let committed = false;
        let cut = false;
        proxy.rule({
          judge: ({ connection, direction, text }) => {
            if (cut) return "pass";
            if (direction === "to server" && statement.test(text)) seen = connection;
            if (connection !== seen) return "pass";
            if (direction === "to server" && /\0commit\0/.test(text)) committed = true;
            if (!committed || direction === "to server") return "pass";
            cut = true;
            return "cut";
          },
        });
        if (String(statement).includes("copied")) {
          await database.query("truncate app.events_copy");
          await database.query("update pgpartition.conversions set phase = 'copying', next_block = 0, rows_copied = 0");
        }
        const run = await up(through(), deployment, SWAPPING);
        expect(cut, "the commit went through the proxy").toBe(true);
        proxy.rule({});
        if (run.error !== undefined) {
          expect(run.error).toMatch(/connection (was|is) lost|connection.*(lost|terminated|reset)|outcome unknown/i);
          expect((await up(through(), deployment, SWAPPING)).error).toBeUndefined();
        }
        expect(await isPlain()).toBe(false);
        expect(await rows()).toEqual(before);
      },
    );
  });
});
