import { beforeAll, describe, expect, it } from "vitest";
import { conversionProgram, CONVERTIBLE_TABLE, NO_TABLE } from "../support/convertible-table";
import { testVersions, withDatabase } from "../support/database";
import { configOf } from "../support/harness/fixture";
import { killMatrix, type Scenario, type Undisturbed, undisturbed } from "../support/harness/matrix";
import { itAlike } from "../support/sample";

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

  itAlike(version)(
    "A11 killed at each step of the preparation: the next up repeats only what is missing",
    () => check((point) => !swapping(point) && /events_history/.test(point), 5),
    200_000,
  );

  itAlike(version)(
    "A11 killed after the swap, before the foreign keys that point to the table are validated: the next up validates them",
    async () => {
      const referred: Scenario = {
        ...scenario,
        before: [
          {
            program: NO_TABLE,
            sql: `create table app.events (id bigint, at timestamptz, primary key (id, at));
            create table app.details (id bigint, at timestamptz, constraint details_event foreign key (id, at) references app.events);
            insert into app.events values (1, '2025-01-01'); insert into app.details values (1, '2025-01-01');`,
          },
        ],
      };
      const whole = await undisturbed(referred);
      expect(whole.dump).toMatch(/^constraint app\.details details_event .* validated=t/m);
      const result = await killMatrix(
        referred,
        whole,
        (point) => /^(before|after) (commit )?(convert|validate) app\.\w+/.test(point) && !/#/.test(point),
      );
      expect(result.problems).toEqual([]);
      expect(result.points).toBeGreaterThanOrEqual(2);
    },
    200_000,
  );

  it("A10 killed while it copies, follows, compares or swaps: the next up goes on, and ends as an undisturbed one", async () => {
    const copying: Scenario = { ...scenario, program: conversionProgram({ convertFrom: { strategy: "copy" } }) };
    const whole = await undisturbed(copying);
    const ours =
      /events_(copy|pending|legacy)|convert app|copy of app|capture app|copying|comparing|the (changes|swap)/;
    const result = await killMatrix(
      copying,
      whole,
      (point) => ours.test(point) && !/#/.test(point) && !/^(before|after) (begin|time-outs) /.test(point),
    );
    expect(result.problems).toEqual([]);
    expect(result.points).toBeGreaterThanOrEqual(10);
  }, 400_000);

  itAlike(version)(
    "A10 killed at any point of an offline conversion: the table is plain or converted, and the next up ends as an undisturbed one",
    async () => {
      const offline: Scenario = { ...scenario, program: conversionProgram({ convertFrom: { strategy: "offline" } }) };
      const whole = await undisturbed(offline);
      const ours = /^(after commit copy|(before|after) commit convert) app\.events$/;
      const result = await killMatrix(offline, whole, (point) => ours.test(point));
      expect(result.problems).toEqual([]);
      expect(result.points).toBeGreaterThanOrEqual(2);
    },
    400_000,
  );

  itAlike(version)(
    "A10 killed while it splits the history: the next up goes on, and ends as an undisturbed one",
    async () => {
      const splitting: Scenario = {
        ...scenario,
        before: [...scenario.before, { program: conversionProgram() }],
        program: conversionProgram({ convertFrom: { historyUntil: "2025-04-01", split: true } }),
      };
      const whole = await undisturbed(splitting);
      const ours = /events_split|split app|copy of app|capture app|copying|comparing|the (changes|swap)/;
      const result = await killMatrix(
        splitting,
        whole,
        (point) => ours.test(point) && !/#/.test(point) && !/^(before|after) (begin|time-outs) /.test(point),
      );
      expect(result.problems).toEqual([]);
      expect(result.points).toBeGreaterThanOrEqual(10);
    },
    400_000,
  );

  itAlike(version)(
    "A10 killed while it drops the former table: the next up drops it, or finds it gone",
    async () => {
      const dropping: Scenario = {
        ...scenario,
        before: [...scenario.before, { program: conversionProgram({ convertFrom: { strategy: "copy" } }) }],
        program: conversionProgram({ convertFrom: { strategy: "copy", dropFormerAfter: "2025-03-01" } }),
      };
      const whole = await undisturbed(dropping);
      expect(whole.dump).not.toMatch(/events_legacy/);
      const result = await killMatrix(dropping, whole, (point) => /^(before|after) (commit )?drop app\./.test(point));
      expect(result.problems).toEqual([]);
      expect(result.points).toBeGreaterThanOrEqual(2);
    },
    200_000,
  );
});
