import { describe, expect, it } from "vitest";
import { anyVersion, withDatabase } from "../support/database";
import type { Program } from "../support/harness/declare";
import { up } from "../support/harness/rounds";
import { switching } from "../support/switching-tables";
import { VERIFYING, withConvertible } from "./convert-support";

/** The clock is the server's. */
function keeping(days: number): Program {
  const { asOf } = VERIFYING;
  const rollbackUntil = new Date(Date.now() + days * 86_400_000).toISOString();
  const program = switching({ rollbackUntil }, asOf);
  const { confirmDrops: _, ...parted } = program.tables["parted"] ?? {};
  return {
    ...program,
    tables: { parted: { ...parted, window: { lead: "1 month", retention: "24 months" } } },
  } as Program;
}

describe.each(anyVersion())("PostgreSQL %s, pgpartition convert of two tables that stay", (version) => {
  const database = withDatabase(version);
  const { deployment, cli } = withConvertible(database);

  it("keeps both equal, tells it, by either name, and gives neither of them up", async () => {
    expect((await up(database, deployment, keeping(30))).error).toBeUndefined();
    await database.query(`
      update app.events set note = 'earlier' where id <= 3;
      update app.events_parted set note = 'later' where id = 1;
      delete from app.events_parted where id = 9`);
    const { code, stdout, stderr } = await cli("run", "app.events_parted", "--once");
    expect(code).toBe(0);
    expect(stdout).toMatch(/^app\.events and events_parted: equal, but for what is written now; kept so until /);
    expect(stderr).toMatch(/\(1, .*\) had been changed on both sides; the later change is on both now/);
    expect(await database.query("select id, note from app.events where id in (1, 3, 9) order by id")).toEqual([
      { id: "1", note: "later" },
      { id: "3", note: "earlier" },
    ]);
    expect((await cli("status", "app.events")).stdout).toMatch(
      /^app\.events: kept equal to events_parted, whichever is written to, until .*\n(.*\n)* {2}changed on both sides: 1 rows/,
    );
    const given = await cli("give-up", "app.events_parted", "--yes");
    expect(given.code).toBe(1);
    expect(given.stderr).toMatch(/app\.events and events_parted are kept equal, .* both stay/);
  });
});
