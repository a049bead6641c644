// What is dropped after a declaration was judged: the error of the update names the argument all the same.
import { describe, expect, it } from "vitest";
import type { TableSpecArgs } from "../../core/declare/table/args";
import { anyVersion, withDatabase } from "../support/database";
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
      const stop = stopAt("before create table app.events #1");
      const running = up(database, deployment, declare(declared), { env: stop.env });
      await stop.reached();
      await database.query(drop);
      stop.goOn();
      const { error } = await running;
      expect(error).toContain(told);
      expect(error).toContain("Create it first");
      expect(await database.query("select from pg_class where relname = 'events'")).toEqual([]);
    },
    120_000,
  );
});
