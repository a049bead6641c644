import { describe, expect, it } from "vitest";
import { testVersions, withDatabase } from "../support/database";
import { configOf, eventsTable, left, program } from "../support/harness/fixture";
import { killMatrix, type Scenario, type Undisturbed, undisturbed } from "../support/harness/matrix";
import { startPlugin } from "../support/harness/plugin";
import { up } from "../support/harness/rounds";
import { startAgain, withDeployment } from "../support/harness/with-deployment";
import { itAlike } from "../support/sample";

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
  const deployment = withDeployment(database);

  /** Rows are there, and clients insert, also into the column that becomes NOT NULL: they give it a value. */
  async function killed(
    changes: Parameters<typeof program>[1],
    select: RegExp,
    points: number,
    { sql = rows, ownWay = false } = {},
  ): Promise<void> {
    const scenario: Scenario = {
      database,
      config: configOf(database),
      before: [{ program: program(asOf, { window, indexes: {}, columns, checks }), sql }],
      program: program(asOf, { window, indexes: {}, columns, checks, ...changes }),
    };
    const wanted: Undisturbed = await undisturbed(scenario);
    const result = await killMatrix(scenario, wanted, (point) => select.test(point) && boundary.test(point), {
      ownWay,
    });
    expect(result.problems).toEqual([]);
    expect(result.points).toBeGreaterThanOrEqual(points);
  }

  it("killed at every step of set not null: the next up leaves the same schema as an undisturbed one", async () => {
    const changes = { columns: { ...columns, note: "text" } };
    await killed(changes, /alter table|validate|not null|drop checks/, 6);
  }, 300_000);

  itAlike(version)(
    "killed at every step of an added column and a replaced check: the next up leaves the same schema",
    async () => {
      const changes = {
        columns: { ...columns, amount: { type: "int", default: "0", comment: "cents" } },
        checks: { known: "note <> 'nothing'" },
      };
      await killed(changes, /alter table|comment|validate|replace check/, 6);
    },
    300_000,
  );

  itAlike(version)(
    "killed at every step of reading what stood there before: the next up leaves the same schema",
    async () => {
      const key = { columns: ["author"], references: { schema: "app", table: "users", columns: ["id"] } };
      const unread = `${rows}; alter table app.events add constraint by_hand check (length(note) < 9) not valid;
      alter table app.events_p2025_02 add constraint events_author foreign key (author) references app.users not valid`;
      const more = { checks: { ...checks, by_hand: "length(note) < 9" }, foreignKeys: { events_author: key } };
      await killed(more, /look|validate|foreign key/, 4, { sql: unread });
    },
    300_000,
  );

  itAlike(version)(
    "killed before rows refuse a constraint: the next up reverts what the killed one added, and leaves what existed",
    async () => {
      const key = { columns: ["author"], references: { schema: "app", table: "users", columns: ["id"] } };
      const config = configOf(database, { asOf });
      // Points at which something has been added that the rows do not satisfy, or a foreign key on a single partition.
      for (const [point, wrong, declared] of [
        ["after commit alter table app.events", "", { checks: { ...checks, small: "id < 600" } }],
        [
          version >= 18
            ? "after commit add foreign key events_author"
            : "after commit foreign key events_author of app.events_p2025_03",
          "insert into app.events values (5000, '2025-03-05', 'x', 99)",
          { checks, foreignKeys: { events_author: key } },
        ],
      ] as const) {
        await startAgain(database, deployment);
        const before = program(asOf, { window, indexes: {}, columns, checks });
        const first = await startPlugin({ config });
        await deployment.up(first, before);
        await first.stop();
        await database.query(rows);
        if (wrong !== "") await database.query(wrong);
        // Never declared, and of the same kind: nothing is done to it.
        await database.query("alter table app.events add constraint by_hand check (id < 500) not valid");
        const dump = (await left(database)).dump;
        const next = program(asOf, { window, indexes: {}, columns, ...declared });
        const victim = await startPlugin({ config, env: { PGPARTITION_FAULT: `${point}:kill` } });
        await expect(deployment.up(victim, next)).rejects.toThrow();
        expect(await victim.exited, point).toBe("SIGKILL");
        expect((await left(database)).dump, point).not.toBe(dump);
        for (const round of [1, 2]) {
          const run = await up(database, deployment, next);
          expect(run.error, `${point} ${String(round)}`).toMatch(/so it was reverted/);
          expect((await left(database)).dump, `${point} ${String(round)}`).toBe(dump);
        }
      }
    },
    300_000,
  );

  it("killed at every step of a foreign key: the next up leaves the same schema", async () => {
    const key = { columns: ["author"], references: { schema: "app", table: "users", columns: ["id"] } };
    // Before 18 a foreign key is added to one partition after the other.
    await killed({ foreignKeys: { events_author: key } }, /foreign key|validate/, 4, { ownWay: true });
  }, 300_000);
});
