import { beforeAll, describe, expect, it } from "vitest";
import { conversionProgram, CONVERTIBLE_TABLE, NO_TABLE } from "../support/convertible-table";
import { testVersions, withDatabase } from "../support/database";
import { configOf } from "../support/harness/fixture";
import { killMatrix, type Scenario, type Undisturbed, undisturbed } from "../support/harness/matrix";

const SINCE = `
  create table app.refs (number integer, at timestamptz, constraint refs_fkey foreign key (number, at) references app.events (number, at));
  insert into app.events (run_id, at, note)
    select 1, timestamptz '2025-03-31 12:00+00' + n * interval '1 hour', 'since' from generate_series(1, 100) n;
  insert into app.refs select number, at from app.events where note = 'since'`;

describe.each(testVersions())("PostgreSQL %s, plugin killed while it takes a conversion back", (version) => {
  const database = withDatabase(version);
  let scenario: Scenario;
  let wanted: Undisturbed;

  beforeAll(async () => {
    scenario = {
      database,
      config: configOf(database),
      before: [
        { program: NO_TABLE, sql: CONVERTIBLE_TABLE },
        { program: conversionProgram(), sql: SINCE },
      ],
      program: conversionProgram({ convertFrom: { historyUntil: "2025-04-01", until: "prepare" } }),
    };
    wanted = await undisturbed(scenario);
  });

  /** After each round: every row is there once, and the reference to them is proved. */
  const also = async (): Promise<string[]> => {
    const [row] = await database.query<{ rows: number; ids: number; proved: boolean }>(
      `select count(*)::int as rows, count(distinct id)::int as ids,
              (select convalidated from pg_constraint where conname = 'refs_fkey' and conparentid = 0) as proved
       from app.events`,
    );
    return row?.rows === 2100 && row.ids === 2100 && row.proved ? [] : [`found ${JSON.stringify(row)}`];
  };

  const check = async (select: (point: string) => boolean, rounds: number): Promise<void> => {
    const result = await killMatrix(scenario, wanted, select, { also });
    expect(result.problems).toEqual([]);
    expect(result.points).toBeGreaterThanOrEqual(rounds);
  };
  const swapping = (point: string): boolean => / convert back app\.events( |$)/.test(point);

  it(
    "A11 killed before, in and after the swap: the table is partitioned or plain, and the next up ends as an undisturbed one",
    () => check((point) => swapping(point) && !/#(\d*[1-9])$/.test(point), 6),
    300_000,
  );

  it(
    "A11 killed as it builds the former key, validates what points to the table, and forgets the rest: the next up goes on",
    () => check((point) => !swapping(point) && /former_key|refs_fkey|delet|registry/.test(point), 4),
    300_000,
  );
});
