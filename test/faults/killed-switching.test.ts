import { beforeAll, describe, expect, it } from "vitest";
import { NO_TABLE } from "../support/convertible-table";
import { anyVersion, withDatabase } from "../support/database";
import { configOf } from "../support/harness/fixture";
import { killMatrix, type Scenario, type Undisturbed, undisturbed } from "../support/harness/matrix";
import { PLAIN_EVENTS, switching } from "../support/switching-tables";

describe.each(anyVersion())("PostgreSQL %s, plugin killed while two tables are made equal and kept so", (version) => {
  const database = withDatabase(version);
  let begins: Scenario;
  let wanted: Undisturbed;

  beforeAll(async () => {
    const before = [{ program: NO_TABLE, sql: PLAIN_EVENTS }];
    begins = { database, config: configOf(database), before, program: switching() };
    wanted = await undisturbed(begins);
  });

  const check = async (scenario: Scenario, whole: Undisturbed, points: RegExp): Promise<void> => {
    const result = await killMatrix(scenario, whole, (point) => points.test(point));
    expect(result.problems).toEqual([]);
    expect(result.points).toBeGreaterThanOrEqual(2);
  };

  it(
    "A10 before and after the moment from which both are captured: the next up goes on, and ends as an undisturbed one",
    () => check(begins, wanted, /^(before|after) commit (keep|capture|refer) app\./),
    200_000,
  );

  it("A10 before and after changes of both sides are applied: none is lost, and none is applied twice", async () => {
    const follows: Scenario = {
      ...begins,
      before: [
        ...begins.before,
        { program: switching() },
        {
          program: switching(),
          sql: `update app.events set note = 'of the plain one' where id < 10;
            update app.events_parted set note = 'of the parted one' where id between 20 and 30;
            delete from app.events_parted where id between 40 and 50;`,
        },
      ],
      program: switching({ rollbackUntil: "2025-04-02" }),
    };
    await check(follows, await undisturbed(follows), /the changes are|commit keep both/);
  }, 200_000);
});
