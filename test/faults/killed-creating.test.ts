import { beforeAll, describe, expect, it } from "vitest";
import { testVersions, withDatabase } from "../support/database";
import { configOf, program } from "../support/harness/fixture";
import { killMatrix, type Scenario, type Undisturbed, undisturbed } from "../support/harness/matrix";
import { itAlike } from "../support/sample";

/** The newest version at every point; the others at those that the catalogue names. */
const newest = Math.max(...testVersions());

/** A version of the management schema is one transaction of up to 73 statements: those of the largest one tell. */
const amidTheSchema = (point: string): boolean => / version (?!2 #(?:1|13|31|50|73)$)\d+ #\d+$/.test(point);

/** Points of tests of their own. */
const BEFORE_FIRST = /^before begin (management|create table app.events|create partition app.events_p2025_0[23]$)/;
const ATTACHED = /^after (create partition app.events_p2025_03 #[3-9]|commit create partition app.events_p2025_03)$/;

describe.each(testVersions())("PostgreSQL %s, plugin killed while it creates", (version) => {
  const database = withDatabase(version);
  let scenario: Scenario;
  let wanted: Undisturbed;

  beforeAll(async () => {
    scenario = {
      database,
      config: configOf(database),
      before: [],
      program: program("2025-03-10T00:00:00Z", { window: { lead: "1 day", retention: "1 month" } }),
    };
    wanted = await undisturbed(scenario);
  });

  const check = async (select: RegExp, rounds: number): Promise<void> => {
    const result = await killMatrix(scenario, wanted, (point) => select.test(point));
    expect(result.problems).toEqual([]);
    expect(result.points).toBeGreaterThanOrEqual(rounds);
  };

  itAlike(version)(
    "A01 killed before the first statement: the next up creates everything, and a third has nothing to do",
    () => check(BEFORE_FIRST, 4),
    60_000,
  );

  itAlike(version)(
    "A02 killed after CREATE TABLE and before the indexes: the next up leaves the same schema as an undisturbed one",
    () => check(/^after create partition app.events_p2025_03 #1$/, 1),
    60_000,
  );

  itAlike(version)(
    "A03 killed after the indexes and before ATTACH: the next up leaves the same schema as an undisturbed one",
    () => check(/^after create partition app.events_p2025_03 #2$/, 1),
    60_000,
  );

  it(
    "A04 killed after ATTACH, before and after its commit: the next up leaves the same schema as an undisturbed one",
    () => check(ATTACHED, 3),
    60_000,
  );

  // The long sweep once: the points are the same on every version.
  if (version === newest)
    it("A01-A04 killed at every other point of a creation: the next up leaves the same schema", async () => {
      const result = await killMatrix(
        scenario,
        wanted,
        (point) =>
          ![BEFORE_FIRST, ATTACHED, /create partition app.events_p2025_03 #/].some((own) => own.test(point)) &&
          !amidTheSchema(point),
      );
      expect(result.problems).toEqual([]);
      expect(result.points).toBeGreaterThanOrEqual(10);
    }, 400_000);
});
