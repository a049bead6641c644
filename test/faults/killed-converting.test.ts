import { beforeAll, describe, expect, it } from "vitest";
import { conversionProgram, CONVERTIBLE_TABLE, NO_TABLE } from "../support/convertible-table";
import { testVersions, withDatabase } from "../support/database";
import { configOf } from "../support/harness/fixture";
import { killMatrix, type Scenario, type Undisturbed, undisturbed } from "../support/harness/matrix";

describe.each(testVersions())("PostgreSQL %s, plugin killed while it converts a plain table", (version) => {
  const database = withDatabase(version);
  let scenario: Scenario;
  let wanted: Undisturbed;

  beforeAll(async () => {
    scenario = {
      database,
      config: configOf(database),
      before: [{ program: NO_TABLE, sql: CONVERTIBLE_TABLE }],
      program: conversionProgram(),
    };
    wanted = await undisturbed(scenario);
  });

  const check = async (select: (point: string) => boolean, rounds: number): Promise<void> => {
    const result = await killMatrix(scenario, wanted, select);
    expect(result.problems).toEqual([]);
    expect(result.points).toBeGreaterThanOrEqual(rounds);
  };
  const swapping = (point: string): boolean => / convert app\.events( |$)/.test(point);

  it(
    "A11 killed before, in and after the swap: the table is plain or converted, and the next up ends as an undisturbed one",
    () => check((point) => swapping(point) && !/#([4-9]|[1-4]\d)$/.test(point), 4),
    200_000,
  );

  it(
    "A11 killed at each step of the preparation: the next up repeats only what is missing",
    () => check((point) => !swapping(point) && /events_history/.test(point), 5),
    200_000,
  );
});
