// Locks of statements that fire no event trigger, or whose locks are gone when it fires: seen from a second session, while a
// third one stands in their way.
import { beforeEach, describe, expect, it } from "vitest";
import type { TableSpecArgs } from "../../core/declare/table/args";
import type { LockMode } from "../../core/sql/statement";
import { testVersions, withDatabase } from "../support/database";
import { program } from "../support/harness/fixture";
import { preview, up } from "../support/harness/rounds";
import { until } from "../support/harness/until";
import { withDeployment } from "../support/harness/with-deployment";
import { stronger } from "./observed";
import { readTransactions } from "./printed";

const MARCH = "2025-03-10T00:00:00Z";
/** February, March and April, whatever the time. */
const bare: Partial<TableSpecArgs> = {
  indexes: {},
  window: { lead: { until: "2025-05-01" }, retention: "forever", start: "2025-02-01" },
};

/** Locks that the waiting session of the product holds or asks for, on tables of the test. */
const HELD = `
  select n.nspname || '.' || c.relname as relation, replace(l.mode, 'Lock', '') as mode
  from pg_stat_activity a
  join pg_locks l on l.pid = a.pid and l.locktype = 'relation'
  join pg_class c on c.oid = l.relation and c.relkind in ('r', 'p')
  join pg_namespace n on n.oid = c.relnamespace and n.nspname = 'app'
  where a.application_name like 'pulumi-pgpartition%' and a.datname = current_database()
    and a.wait_event_type = 'Lock' and a.query ~ $1`;

describe.each(testVersions())("PostgreSQL %s, seen from a second session", (version) => {
  const database = withDatabase(version);
  const deployment = withDeployment(database);

  beforeEach(async () => {
    expect((await up(database, deployment, program(MARCH, bare))).error).toBeUndefined();
    await database.query("insert into app.events select n, '2025-02-05', 'n' || n from generate_series(1, 1000) n");
  });

  async function heldDuring(statement: string): Promise<Map<string, LockMode>> {
    let rows: { relation: string; mode: string }[] = [];
    await until(async () => (rows = await database.query<(typeof rows)[number]>(HELD, [statement])).length > 0);
    const held = new Map<string, LockMode>();
    for (const { relation, mode } of rows) {
      const spelled = mode.replace(/(?<=[a-z])(?=[A-Z])/g, " ").toUpperCase() as LockMode;
      held.set(relation, stronger(held.get(relation), spelled));
    }
    return held;
  }

  const single = "app.events_p2025_02";
  it.each<[what: string, statement: string, changes: Partial<TableSpecArgs>, relation: string, inTheWay: string]>([
    [
      "an index is built on a partition",
      "^CREATE INDEX CONCURRENTLY",
      { indexes: { by_note: { columns: ["note"] } } },
      single,
      `insert into ${single} values (0, '2025-02-02', 'x')`,
    ],
    [
      "a partition is frozen",
      "^VACUUM",
      { storage: { cold: { after: "1 day", freeze: true } } },
      single,
      `lock table ${single} in share update exclusive mode`,
    ],
    [
      "the table is analyzed",
      "^ANALYZE",
      { analyze: "1 day" },
      version >= 18 ? "app.events" : single,
      `lock table ${version >= 18 ? "only app.events" : single} in share update exclusive mode`,
    ],
  ])("%s under the locks that preview printed", async (_what, statement, changes, relation, inTheWay) => {
    const declared = program(MARCH, { ...bare, ...changes });
    const shown = (await preview(database, deployment, declared)).messages.join("\n");
    const printed = readTransactions(shown.split("\n")).flat();
    const known = printed.find(({ sql, locks }) => new RegExp(statement).test(sql) && locks.has(relation));
    const blocker = await database.connect({ application_name: "in the way" });
    try {
      await blocker.query(`begin; ${inTheWay}`);
      const run = up(database, deployment, declared);
      const held = await heldDuring(statement);
      await blocker.query("rollback");
      expect((await run).error).toBeUndefined();
      // One partition after the other is locked: what is held at that moment is a part of what is declared.
      expect(held.get(relation)).toBe(known?.locks.get(relation) ?? "not declared");
      for (const [other, mode] of held) expect([other, mode]).toEqual([other, known?.locks.get(other)]);
    } finally {
      await blocker.end();
    }
  });
});
