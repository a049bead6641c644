// A way back that is opened for a table which is partitioned already, however it became so: it is plain again with every row since.
import { beforeEach, describe, expect, it } from "vitest";
import type { TableSpecArgs } from "../../core/declare/table/args";
import { conversionProgram, NO_TABLE, WRITABLE_TABLE } from "../support/convertible-table";
import { testVersions, withDatabase } from "../support/database";
import type { Program } from "../support/harness/declare";
import { describeAll } from "../support/harness/describe-all";
import { left } from "../support/harness/fixture";
import { preview, up } from "../support/harness/rounds";
import { withDeployment } from "../support/harness/with-deployment";
import { itAlike } from "../support/sample";

const OPEN = { strategy: "copy", openWayBack: true, rollbackUntil: "2025-04-20", formerName: "events_plain" } as const;
/** Where its history ends, which one partition has until then. */
const WINDOW = { start: "2025-04-01", lead: "1 month", retention: "24 months" } as const;
const HISTORY = { historyUntil: "2025-04-01" };

const opening = (window?: TableSpecArgs["window"]) =>
  conversionProgram({ convertFrom: OPEN, ...(window ? { window } : {}) });
const back = (window?: TableSpecArgs["window"]) =>
  conversionProgram({ convertFrom: { ...OPEN, until: "verify" }, ...(window ? { window } : {}) });

describe.each(testVersions())("PostgreSQL %s, a table whose way back is opened", (version) => {
  const database = withDatabase(version);
  const deployment = withDeployment(database);
  let before: string[];

  beforeEach(async () => {
    expect((await up(database, deployment, NO_TABLE)).error).toBeUndefined();
    await database.query(WRITABLE_TABLE);
    before = await describeAll(database);
  });

  const run = async (...programs: readonly Program[]): Promise<string[]> => {
    const told: string[] = [];
    for (const program of programs) {
      const { error, messages } = await up(database, deployment, program);
      expect(error).toBeUndefined();
      told.push(...messages);
    }
    return told;
  };
  const digest = () =>
    database.query(
      "select count(*)::int as rows, md5(string_agg(to_jsonb(e)::text, '|' order by at, id)) from app.events e",
    );
  const write = (rows: number) =>
    database.query(`
      insert into app.events (run_id, at, note) select 1, timestamptz '2025-03-20' + n * interval '20 seconds', 'since ' || n from generate_series(1, ${String(rows)}) n;
      update app.events set note = 'changed' where number % 7 = 0;
      update app.events set at = at + interval '31 days' where number % 50 = 1 and at < '2025-03-01';
      delete from app.events where number % 11 = 0`);
  const primaryKey = async () => {
    const [row] = await database.query<{ key: string }>(
      "select pg_get_constraintdef(oid) as key from pg_constraint where conname = 'events_pkey'",
    );
    return row?.key;
  };

  /** Opens it, writes, takes it back, and finds all of it: only the relation is another one. */
  const expectPlainAgain = async (window: TableSpecArgs["window"] | undefined, without: RegExp): Promise<void> => {
    const shown = await preview(database, deployment, opening(window));
    expect(shown.error).toBeUndefined();
    expect(shown.messages.join("\n")).toMatch(
      /a way back of app\.events \(.*\) is opened: its rows are copied .* the new plain table app\.events_plain needs disk for them once more/,
    );
    expect(shown.messages.join("\n")).toContain("its primary key is (id), as before the conversion");
    expect((await run(opening(window))).join("\n")).toContain("is open until 2025-04-20T00:00:00Z");
    expect(await preview(database, deployment, opening(window))).toMatchObject({ steps: [], error: undefined });
    await expect(database.query("delete from app.events_plain")).rejects.toThrow(/delete is refused/);
    await write(300);
    const rows = await digest();
    await run(back(window));
    expect(await digest()).toEqual(rows);
    const known = new RegExp(`events_(copy|p20|pending)|pgpartition_capture|^oid app\\.events |${without.source}`);
    const alike = (lines: readonly string[]) => lines.filter((line) => !known.test(line));
    expect(alike(await describeAll(database))).toEqual(alike(before));
    expect(await primaryKey()).toBe("PRIMARY KEY (id)");
    expect([...deployment.state.values()].map(({ type }) => type)).toEqual(["ManagementSchema", "Conversion"]);
    expect((await left(database)).orphans).toEqual([]);
    expect(await preview(database, deployment, back(window))).toMatchObject({ steps: [], error: undefined });
    // Its partitioned copy is kept current, and swapped again.
    await database.query("insert into app.events (run_id, at, note) values (2, '2025-03-09', 'between')");
    const between = await digest();
    await run(opening(window));
    expect(await digest()).toEqual(between);
    expect(await preview(database, deployment, opening(window))).toMatchObject({ steps: [], error: undefined });
  };

  itAlike(version)("was attached, and has more rows outside of its history than may move under a lock", async () => {
    await run(conversionProgram({ convertFrom: HISTORY }));
    await database.query(
      "insert into app.events (run_id, at, note) select 1, timestamptz '2025-04-01' + n * interval '1 second', 'since ' || n from generate_series(1, 120000) n",
    );
    expect(
      (await preview(database, deployment, conversionProgram({ convertFrom: { ...HISTORY, until: "prepare" } }))).error,
    ).toMatch(
      /more than 100,000 rows outside of .* openWayBack: true, rollbackUntil: … }, and start: "2025-04-01T00:00:00Z" in the window/,
    );
    await expectPlainAgain(WINDOW, /events_history/);
  });

  it("was attached, and its history split", async () => {
    const split = conversionProgram({ convertFrom: { ...HISTORY, split: true } });
    await run(conversionProgram({ convertFrom: HISTORY }), split);
    expect(
      (await preview(database, deployment, conversionProgram({ convertFrom: { ...HISTORY, until: "prepare" } }))).error,
    ).toMatch(/its history "events_history" was split, .* openWayBack: true/);
    await expectPlainAgain(WINDOW, /events_history/);
  });

  itAlike(version)("was copied without a way back, and its former table is still there", async () => {
    await run(conversionProgram({ convertFrom: { strategy: "copy" } }));
    const { formerName: _default, ...legacy } = OPEN;
    expect((await preview(database, deployment, conversionProgram({ convertFrom: legacy }))).error).toMatch(
      /"app\.events_legacy" exists already, and the conversion needs the name\. Rename it, or declare another formerName/,
    );
    await expectPlainAgain(undefined, /events_legacy/);
  });
});
