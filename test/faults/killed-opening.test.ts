// The plugin is killed while a way back is opened for a table that is partitioned already.
import { beforeAll, describe, expect, it } from "vitest";
import type { TableSpecArgs } from "../../core/declare/table/args";
import { conversionProgram, NO_TABLE, WRITABLE_TABLE } from "../support/convertible-table";
import { testVersions, withDatabase } from "../support/database";
import { configOf } from "../support/harness/fixture";
import { killMatrix, type Scenario, undisturbed } from "../support/harness/matrix";

const copy = (changes: Partial<TableSpecArgs["convertFrom"]> = {}) =>
  conversionProgram({ convertFrom: { strategy: "copy", ...changes } });

describe.each(testVersions())("PostgreSQL %s, plugin killed as it opens a way back", (version) => {
  const database = withDatabase(version);
  let opening: Scenario;

  beforeAll(() => {
    opening = {
      database,
      config: configOf(database),
      before: [
        { program: NO_TABLE, sql: WRITABLE_TABLE },
        {
          program: copy(),
          sql: `drop table app.events_legacy;
            insert into app.events (run_id, at, note) select 1, timestamptz '2025-03-01' + n * interval '1 hour', 'since' from generate_series(1, 50) n;
            truncate app.events_p2024_12`,
        },
      ],
      program: copy({ openWayBack: true, rollbackUntil: "2025-04-20", formerName: "events_plain" }),
    };
  });

  it("A10 killed as it begins, copies, builds keys and indexes or writes down that it is open: the next up goes on, and ends as an undisturbed one", async () => {
    const whole = await undisturbed(opening);
    const ours = /open the way back|events_(plain|back)|copying blocks|conversions|the changes/;
    const result = await killMatrix(
      opening,
      whole,
      (point) => ours.test(point) && !/#/.test(point) && !/^(before|after) (begin|time-outs) /.test(point),
    );
    expect(result.problems).toEqual([]);
    expect(result.points).toBeGreaterThanOrEqual(10);
  }, 500_000);
});
