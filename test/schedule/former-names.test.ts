// State of an earlier version, where the names of callers were a resource of their own.
import { beforeEach, describe, expect, it } from "vitest";
import type { FunctionNamesArgs } from "../../components";
import type { PropertyMap } from "../../provider/runtime/values";
import { entryOf } from "../provider/support";
import { withDatabase } from "../support/database";
import { program } from "../support/harness/fixture";
import { named, preview, refresh, up, withPlugin } from "../support/harness/rounds";
import { withDeployment } from "../support/harness/with-deployment";
import { statementsDuring } from "../support/statement-log";
import { apply, column } from "./support";

const window = { lead: "1 month", retention: "1 month" } as const;
const at = (functionNames?: FunctionNamesArgs) =>
  program("2025-03-10T00:00:00Z", { window, ...(functionNames ? { functionNames } : {}) });
const names = { ensure: "make_part", info: "parts" } as const;
const owned = `select oid::text from pg_proc where proname = 'make_part' union all select oid::text from pg_class where relname = 'parts' order by 1`;

describe("functions for callers that an earlier version had as FunctionAliases", () => {
  const database = withDatabase();
  const deployment = withDeployment(database);
  let before: string[];

  /** Partitions what that version left: a row of its own in the state, and a window that knows no names. */

  beforeEach(async () => {
    await apply(database, deployment, at(names));
    before = await column(database, owned);
    expect(before).toHaveLength(4);
    const entry = entryOf(deployment, "events-window");
    const without = ({ functionNames: _, ...rest }: PropertyMap): PropertyMap => rest;
    const { inputs, outputs, urn } = entry;
    deployment.state.set(urn, { ...entry, inputs: without(inputs), outputs: without(outputs) });
    const former = { schema: "app", table: "events", aliasSchema: "app", names };
    const old = deployment.urn("FunctionAliases", "events-functions");
    const { database: identity } = outputs;
    deployment.state.set(old, {
      ...{ urn: old, type: "FunctionAliases", id: "app.events", initErrors: [] },
      ...{ inputs: former, outputs: { ...former, functions: ["app.make_part(date)"], database: identity ?? null } },
    });
    await database.query(`update pgpartition.registry set "window" = "window" - 'functionNames'`);
  });

  it("remain as they are: preview shows that the row goes and no SQL, the update sends none, the next has nothing to do", async () => {
    const shown = await preview(database, deployment, at(names));
    expect(shown).toMatchObject({ error: undefined, messages: [] });
    expect(named(shown.steps)).toEqual(["delete events-functions"]);
    const sent = await statementsDuring(database, async () => {
      expect(await apply(database, deployment, at(names))).toEqual(["delete events-functions"]);
    });
    expect(sent.filter(({ sql }) => /^\s*(create|drop|revoke|insert|update|delete)\b/i.test(sql))).toEqual([]);
    expect(await column(database, owned)).toEqual(before);
    expect((await preview(database, deployment, at(names))).steps).toEqual([]);
  });

  it("show no change in a refresh", async () => {
    const result = await refresh(database, deployment, at(names));
    expect(result).toEqual([]);
    expect(named((await preview(database, deployment, at(names))).steps)).toEqual(["delete events-functions"]);
  });

  it("are changed and dropped by the window where the same program declares others, or none", async () => {
    const fewer = await preview(database, deployment, at({ info: "parts" }));
    expect(named(fewer.steps)).toEqual(["update events-window", "delete events-functions"]);
    expect(fewer.messages.join("\n")).toContain(`DROP FUNCTION "app"."make_part"(date)`);
    expect(fewer.messages.join("\n")).toContain("app.make_part(date) is no longer declared");
    expect(await apply(database, deployment, at())).toEqual(["update events-window", "delete events-functions"]);
    expect(await column(database, owned)).toEqual([]);
    expect((await preview(database, deployment, at())).steps).toEqual([]);
  });

  it("go with their table in a destroy, and remain where that is refused", async () => {
    const destroy = (config: PropertyMap) =>
      withPlugin(database, at(names), (plugin) => deployment.destroy(plugin), { config });
    // The engine deletes in the order of dependencies: the window first, which depended on the names.
    const entry = entryOf(deployment, "events-window");
    deployment.state.delete(entry.urn);
    deployment.state.set(entry.urn, entry);
    await expect(destroy({})).rejects.toThrow(/allowDestroy/);
    expect(await column(database, owned)).toEqual(before);
    await destroy({ allowDestroy: '["app.events"]' });
    expect(await column(database, owned)).toEqual([]);
  });

  it("declared as that resource are refused, with the fix", async () => {
    const entry = entryOf(deployment, "events-functions");
    const { result } = await withPlugin(database, at(names), (plugin) => plugin.check(entry.urn, entry.inputs, entry.inputs)); // prettier-ignore
    expect(result.failures).toEqual([expect.stringMatching(/no resource of its own any more: declare functionNames/)]);
    expect((await up(database, deployment, at(names))).error).toBeUndefined();
  });
});
