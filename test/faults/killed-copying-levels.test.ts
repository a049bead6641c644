import { describe, expect, it } from "vitest";
import { NO_TABLE } from "../support/convertible-table";
import { testVersions, withDatabase } from "../support/database";
import { configOf } from "../support/harness/fixture";
import { leveledProgram, OBSERVED_TABLE, SOURCED } from "../support/harness/leveled-copy";
import { killMatrix, type Scenario, undisturbed } from "../support/harness/matrix";

describe.each(testVersions())("PostgreSQL %s, plugin killed while it copies a table into three levels", (version) => {
  const database = withDatabase(version);

  it("A10 A11 as it creates the copy, copies, compares, swaps or settles: the next up goes on, and ends as an undisturbed one", async () => {
    const scenario: Scenario = {
      database,
      config: configOf(database),
      before: [{ program: NO_TABLE, sql: OBSERVED_TABLE }],
      program: leveledProgram(SOURCED),
    };
    const whole = await undisturbed(scenario);
    expect(whole.dump).toMatch(/^constraint app\.obs obs_user .* validated=t/m);
    const also = async (): Promise<string[]> => {
      const [row] = await database.query<{ rows: number; whole: boolean }>(
        "select count(*)::int as rows, sum(growth) = 450150 as whole from app.obs",
      );
      return row?.rows === 3000 && row.whole ? [] : [`found ${JSON.stringify(row)}`];
    };
    const ours = /commit (prepare the copy|convert|refer|capture) |after copying|after comparing|before the swap/;
    const result = await killMatrix(scenario, whole, (point) => ours.test(point) && !/#/.test(point), { also });
    expect(result.problems).toEqual([]);
    expect(result.points).toBeGreaterThanOrEqual(6);
  }, 400_000);
});
