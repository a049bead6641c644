// A way back that is opened, looked after from another terminal.
import { describe, expect, it } from "vitest";
import { conversionProgram } from "../support/convertible-table";
import { anyVersion, withDatabase } from "../support/database";
import type { Program } from "../support/harness/declare";
import { up } from "../support/harness/rounds";
import { stopAt } from "../support/harness/stop-at";
import { COPIED, SWAPPING, withConvertible } from "./convert-support";

describe.each(anyVersion())("PostgreSQL %s, a way back that is opened", (version) => {
  const database = withDatabase(version);
  const { deployment, cli, status, rows, isPlain } = withConvertible(database);
  const convertFrom = { strategy: "copy", openWayBack: true, formerName: "events_plain" } as const;
  const asOf = SWAPPING.asOf ?? "";
  const until = { rollbackUntil: new Date(Date.parse(asOf) + 30 * 86_400_000).toISOString() };
  const opening: Program = { ...conversionProgram({ convertFrom: { ...convertFrom, ...until } }), asOf };
  const back: Program = {
    ...conversionProgram({ convertFrom: { ...convertFrom, ...until, until: "verify" } }),
    asOf,
  };

  /** Paused while its rows are copied, as an operator does. */
  const openHalf = async (): Promise<void> => {
    expect((await up(database, deployment, SWAPPING)).error).toBeUndefined();
    const stop = stopAt(COPIED);
    const update = up(database, deployment, opening, { env: stop.env });
    await stop.reached();
    expect(await cli("pause", "app.events")).toMatchObject({ code: 0, stderr: "" });
    stop.goOn();
    expect((await update).error).toBeUndefined();
    await cli("resume", "app.events");
  };

  it("is told, gone on with, kept current, and taken by the next update", async () => {
    await openHalf();
    expect((await cli("status", "app.events")).stdout).toMatch(
      /^app\.events: partitioned, and a way back is being opened: its rows are copied into a new plain table/,
    );
    await database.query("update app.events set note = 'later' where id <= 100; delete from app.events where id = 200");
    const { code, stdout } = await cli("run", "app.events", "--once");
    expect(code).toBe(0);
    expect(stdout).toContain('app.events: its way back is open; pulumi up with until: "verify" takes it');
    expect(await status()).toMatchObject({ phase: "returnable", changesPending: 0 });
    const before = await rows();
    expect(await database.query("select id, at, note from app.events_plain order by id")).toEqual(before);
    expect((await up(database, deployment, back)).error).toBeUndefined();
    expect(await isPlain()).toBe(true);
    expect(await rows()).toEqual(before);
  });

  it("is given up, and its program told what to remove", async () => {
    await openHalf();
    const { code, stdout } = await cli("give-up", "app.events", "--yes");
    expect([code, stdout]).toEqual([0, expect.stringContaining("remove convertFrom.openWayBack from the program")]);
    expect(
      await database.query(
        "select to_regclass('app.events_plain') as plain, to_regclass('app.events_back') as pending, (select count(*)::int from pg_trigger where tgname like 'pgpartition_capture%') as triggers",
      ),
    ).toEqual([{ plain: null, pending: null, triggers: 0 }]);
  });
});
