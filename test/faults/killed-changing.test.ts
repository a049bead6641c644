import { afterAll, afterEach, describe, expect, it } from "vitest";
import { closeAll } from "../provider/wire-support";
import { testVersions, withDatabase } from "../support/database";
import { configOf, eventsTable, program } from "../support/harness/fixture";
import { killMatrix, type Scenario, type Undisturbed, undisturbed } from "../support/harness/matrix";
import { endPlugins } from "../support/harness/plugin";

afterEach(endPlugins);
afterAll(closeAll);

const asOf = "2025-03-10T00:00:00Z";
const window = { lead: "1 day", retention: "1 month" } as const;
const columns = { ...eventsTable().columns, author: { type: "bigint", nullable: true } };
const checks = { known: "note <> 'unknown'" };
/** A transaction leaves nothing until it commits: one point inside of each is enough. */
const boundary = /^after (commit .*|.* #2)$/;
const rows = `insert into app.events select n, timestamptz '2025-02-03' + n * interval '1 hour', 'x', 1 from generate_series(1, 1000) n;
  create table app.users (id bigint primary key); insert into app.users values (1)`;

describe.each(testVersions())("PostgreSQL %s, plugin killed while it changes a table", (version) => {
  const database = withDatabase(version);

  /** Rows are there, and clients insert, also into the column that becomes NOT NULL: they give it a value. */
  async function killed(changes: Parameters<typeof program>[1], select: RegExp, rounds: number): Promise<void> {
    const scenario: Scenario = {
      database,
      config: configOf(database),
      before: [{ program: program(asOf, { window, indexes: {}, columns, checks }), sql: rows }],
      program: program(asOf, { window, indexes: {}, columns, checks, ...changes }),
    };
    const wanted: Undisturbed = await undisturbed(scenario);
    const result = await killMatrix(scenario, wanted, (point) => select.test(point) && boundary.test(point));
    expect(result.problems).toEqual([]);
    expect(result.rounds).toBeGreaterThanOrEqual(rounds);
  }

  it("killed at every step of set not null: the next up leaves the same schema as an undisturbed one", async () => {
    const changes = { columns: { ...columns, note: "text" } };
    await killed(changes, /alter table|validate|not null|drop checks/, 6);
  }, 300_000);

  it("killed at every step of an added column and a replaced check: the next up leaves the same schema", async () => {
    const changes = {
      columns: { ...columns, amount: { type: "int", default: "0", comment: "cents" } },
      checks: { known: "note <> 'nothing'" },
    };
    await killed(changes, /alter table|comment|validate|replace check/, 6);
  }, 300_000);

  it("killed at every step of a foreign key: the next up leaves the same schema", async () => {
    const key = { columns: ["author"], references: { schema: "app", table: "users", columns: ["id"] } };
    await killed({ foreignKeys: { events_author: key } }, /foreign key|validate/, 4);
  }, 300_000);
});
