// What is dropped after a declaration was judged: the error of the update names the argument all the same.
import { describe, expect, it } from "vitest";
import type { TableSpecArgs } from "../../core/declare/table/args";
import { anyVersion, withDatabase } from "../support/database";
import type { Program } from "../support/harness/declare";
import { program } from "../support/harness/fixture";
import { up } from "../support/harness/rounds";
import { stopAt } from "../support/harness/stop-at";
import { withDeployment } from "../support/harness/with-deployment";
import { COLUMNS } from "./told-support";

const asOf = "2025-03-10T00:00:00Z";
const declare = (changes: Partial<TableSpecArgs> = {}) => program(asOf, { columns: COLUMNS, ...changes });

describe.each(anyVersion())("PostgreSQL %s", (version) => {
  const database = withDatabase(version);
  const deployment = withDeployment(database);

  const gone = `gone_${String(process.pid)}_${String(version)}`;

  /** Drops something while an update stops at the point; returns the update's error. */
  const dropAt = async (point: string, declared: Program, drop: string): Promise<string | undefined> => {
    const stop = stopAt(point);
    const running = up(database, deployment, declared, { env: stop.env });
    await stop.reached();
    await database.query(drop);
    stop.goOn();
    return (await running).error;
  };

  it.each<[string, Partial<TableSpecArgs>, string, string, string]>([
    [
      "role",
      { grants: { [gone]: ["select"] } },
      `create role ${gone}`,
      `drop role ${gone}`,
      `grants.${gone}: role "${gone}" does not exist`,
    ],
    [
      "function",
      { columns: { ...COLUMNS, size: { type: "int", default: "app.gone()" } } },
      "create function app.gone() returns int language sql return 1",
      "drop function app.gone()",
      "columns.size.default: the server refuses the default app.gone()",
    ],
  ])(
    "a %s that is dropped between Check and its statement is named as well",
    async (_, declared, create, drop, told) => {
      await database.query(create);
      const error = await dropAt("before create table app.events #1", declare(declared), drop);
      expect(error).toContain(told);
      expect(error).toContain("Create it first");
      expect(await database.query("select from pg_class where relname = 'events'")).toEqual([]);
    },
    120_000,
  );

  it.each<[string, string, Partial<TableSpecArgs>, string, string, string]>([
    [
      "role, of a partition that is created",
      "before begin create partition app.events_p2025_03",
      { grants: { [gone]: ["select"] } },
      `create role ${gone}`,
      `drop owned by ${gone}; drop role ${gone}`,
      `grants.${gone}: role "${gone}" does not exist`,
    ],
    [
      "function, of an index that is built",
      "before begin index app.events_by_gone",
      { indexes: { by_gone: { columns: ["note"], where: "app.gone(note)" } } },
      "create function app.gone(text) returns bool language sql immutable return $1 > ''",
      "drop function app.gone(text)",
      "indexes.by_gone: the server refuses",
    ],
  ])(
    "a %s, that is dropped on the way is named as well",
    async (_, point, declared, create, drop, told) => {
      await database.query(create);
      if (declared.indexes) await up(database, deployment, declare());
      const error = await dropAt(point, declare(declared), drop);
      expect(error).toContain(told);
      expect(error).toContain("Create it first");
    },
    120_000,
  );

  it.each(["partition", "window"] as const)(
    "a role of a partition that is aligned, with resources: %s, is named as well",
    async (resources) => {
      await database.query(`create role ${gone}`);
      const declared = declare({ grants: { [gone]: ["select"] }, resources });
      await up(database, deployment, declared);
      await database.query(`revoke all on table app.events_p2025_03 from ${gone}`);
      const error = await dropAt(
        "before begin align app.events_p2025_03",
        declared,
        `drop owned by ${gone}; drop role ${gone}`,
      );
      expect(error).toContain(`aligning partition "events_p2025_03"`);
      expect(error).toContain(`grants.${gone}: role "${gone}" does not exist`);
    },
    120_000,
  );
});
