// The split of a history, looked after from another terminal by the name of its table.
import { describe, expect, it } from "vitest";
import { conversionProgram } from "../support/convertible-table";
import { anyVersion, withDatabase } from "../support/database";
import type { Program } from "../support/harness/declare";
import { up } from "../support/harness/rounds";
import { stopAt } from "../support/harness/stop-at";
import { withConvertible } from "./convert-support";

describe.each(anyVersion())("PostgreSQL %s, a history that is split", (version) => {
  const database = withDatabase(version);
  const { deployment, cli, rows } = withConvertible(database);
  const now = new Date();
  const asOf = now.toISOString();
  const historyUntil = new Date(Date.UTC(now.getUTCFullYear(), now.getUTCMonth() + 2, 1)).toISOString();
  const window = { lead: "4 months", retention: "24 months" } as const;
  const converting: Program = { ...conversionProgram({ window, convertFrom: { historyUntil } }), asOf };
  const splitting: Program = { ...conversionProgram({ window, convertFrom: { historyUntil, split: true } }), asOf };
  const parent = async () => {
    const [found] = await database.query<{ parent: string | null }>(
      "select (select inhparent::regclass::text from pg_inherits where inhrelid = 'app.events_history'::regclass) as parent",
    );
    return found?.parent;
  };

  it("is paused without failing the update, told, gone on with, and given up", async () => {
    expect((await up(database, deployment, converting)).error).toBeUndefined();
    const stop = stopAt("after copying blocks of app.events_history");
    const update = up(database, deployment, splitting, { env: stop.env });
    await stop.reached();
    expect(await cli("pause", "app.events")).toMatchObject({ code: 0, stderr: "" });
    expect((await cli("status", "app.events")).stdout).toContain("worked on by: pid ");
    stop.goOn();
    const { error, messages } = await update;
    expect(error).toBeUndefined();
    expect(messages.join("\n")).toContain(
      "split of app.events_history: 5,000 rows copied (100 %); it is paused; the next update goes on, or pgpartition convert run",
    );
    expect((await cli("status")).stdout).toContain("app.events_history, the history of events, which is split: ");
    await cli("resume", "app.events");
    const run = await cli("run", "app.events", "--once");
    expect([run.code, run.stdout]).toEqual([0, expect.stringContaining("app.events_history: verified, 5,000 rows")]);
    expect(await parent()).toBe("app.events");
    expect((await cli("give-up", "app.events", "--yes")).stdout).toContain("remove convertFrom.split from the program");
    const before = await rows();
    expect((await up(database, deployment, splitting)).error).toBeUndefined();
    expect(await rows()).toEqual(before);
    expect(await parent()).toBeNull();
    expect((await cli("status")).stdout).toContain("no conversion by copy is under way");
  });
});
