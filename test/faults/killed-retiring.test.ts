import { beforeAll, describe, expect, it } from "vitest";
import { testVersions, withDatabase } from "../support/database";
import { configOf, program } from "../support/harness/fixture";
import { killMatrix, type Scenario, type Undisturbed, undisturbed } from "../support/harness/matrix";

const newest = Math.max(...testVersions());
const window = { lead: "1 day", retention: "1 month" } as const;
const [march, april, grown] = ["2025-03-10T00:00:00Z", "2025-04-10T00:00:00Z", "2025-04-20T00:00:00Z"].map((asOf) =>
  program(asOf, { window }),
) as [ReturnType<typeof program>, ReturnType<typeof program>, ReturnType<typeof program>];

/** Of months that stay, and of the one that leaves: its rows must be in the table that was detached. */
const inserts = ["2025-02-14T00:00:00Z", "2025-03-14T00:00:00Z"];

describe.each(testVersions())("PostgreSQL %s, plugin killed while a month rolls", (version) => {
  const database = withDatabase(version);
  let scenario: Scenario;
  let wanted: Undisturbed;

  beforeAll(async () => {
    scenario = { database, config: configOf(database), before: [{ program: march }], program: april, inserts };
    wanted = await undisturbed(scenario);
  });

  it("A07 killed at each stage of a detach: the next up finishes it first, and no acknowledged row is lost", async () => {
    const detaching = /(before|after) (ALTER TABLE .* DETACH|detach|finalize)|event.*detach|insert into .*ledger/s;
    const result = await killMatrix(scenario, wanted, (point) => detaching.test(point));
    expect(result.problems).toEqual([]);
    expect(result.points).toBeGreaterThanOrEqual(4);
  }, 120_000);

  // The long sweep once: the points are the same on every version.
  if (version === newest)
    it("A04 killed at every other point of a roll: the next up ends as an undisturbed one, rows exact", async () => {
      const detaching = /(before|after) (ALTER TABLE .* DETACH|detach|finalize)|event.*detach|insert into .*ledger/s;
      const result = await killMatrix(scenario, wanted, (point) => !detaching.test(point));
      expect(result.problems).toEqual([]);
      expect(result.points).toBeGreaterThan(5);
    }, 180_000);
});

describe.each(testVersions())("PostgreSQL %s, plugin killed while it drops", (version) => {
  const database = withDatabase(version);

  it("A06 killed inside the transaction that drops: it is rolled back, its locks are gone, the next up drops once", async () => {
    const scenario = {
      database,
      config: configOf(database),
      before: [{ program: march }, { program: april }],
      program: grown,
    };
    const wanted = await undisturbed(scenario);
    const result = await killMatrix(scenario, wanted, (point) => /drop app\.events_p2025_02/.test(point));
    expect(result.problems).toEqual([]);
    expect(result.points).toBeGreaterThanOrEqual(5);
    expect(wanted.dump).not.toMatch(/relation app.events_p2025_02/);
  }, 120_000);
});
