// The plugin is killed while a conversion by copy is taken back, and while its way back is kept open or closed.
import { beforeAll, describe, expect, it } from "vitest";
import type { TableSpecArgs } from "../../core/declare/table/args";
import { conversionProgram, NO_TABLE, WRITABLE_TABLE } from "../support/convertible-table";
import { testVersions, withDatabase } from "../support/database";
import { configOf } from "../support/harness/fixture";
import { killMatrix, type Scenario, undisturbed } from "../support/harness/matrix";
import { itAlike } from "../support/sample";

const copy = (changes: Partial<TableSpecArgs["convertFrom"]> = {}) =>
  conversionProgram({ convertFrom: { strategy: "copy", rollbackUntil: "2025-04-20", ...changes } });

describe.each(testVersions())("PostgreSQL %s, plugin killed at a way back", (version) => {
  const database = withDatabase(version);
  let open: Scenario;

  beforeAll(() => {
    open = {
      database,
      config: configOf(database),
      before: [
        { program: NO_TABLE, sql: WRITABLE_TABLE },
        {
          program: copy(),
          sql: `insert into app.events (run_id, at, note) select 1, timestamptz '2025-03-01' + n * interval '1 hour', 'since' from generate_series(1, 50) n;
            truncate app.events_p2024_12`,
        },
      ],
      program: copy({ until: "verify" }),
    };
  });

  it("A10 killed while it follows, compares, swaps back or settles: the next up goes on, and ends as an undisturbed one", async () => {
    const whole = await undisturbed(open);
    const ours = /events_(back|legacy|copy|pending)|convert back|way back|comparing|the changes|validate events/;
    const result = await killMatrix(
      open,
      whole,
      (point) => ours.test(point) && !/#/.test(point) && !/^(before|after) (begin|time-outs) /.test(point),
    );
    expect(result.problems).toEqual([]);
    expect(result.points).toBeGreaterThanOrEqual(8);
  }, 500_000);

  itAlike(version)(
    "A10 killed while the way back is closed: it is open or closed, and the next up closes it",
    async () => {
      const closing: Scenario = { ...open, program: conversionProgram({ convertFrom: { strategy: "copy" } }) };
      const whole = await undisturbed(closing);
      const result = await killMatrix(closing, whole, (point) => /end the capture/.test(point) && !/#/.test(point));
      expect(result.problems).toEqual([]);
      expect(result.points).toBeGreaterThanOrEqual(2);
    },
    300_000,
  );
});
