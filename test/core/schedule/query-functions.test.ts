import { describe, expect, it } from "vitest";
import type { RegisteredAlias } from "../../../core/observed/registration";
import type { TableSpecArgs } from "../../../core/declare/table/args";
import { type Alias, planAliases } from "../../../core/schedule/aliases";
import { buildQueryFunctions } from "../../../core/schedule/query-functions";
import { requireTableSpec } from "../../../core/declare/table/parse";
import type { ObservedTable } from "../../../core/observed/observed-table";
import { windowSpec } from "../support/specs";

type Declared = NonNullable<TableSpecArgs["queryFunctions"]>;

const RUN = {
  arguments: { p_run_id: "uuid" },
  where: "run_id = p_run_id",
  from: { name: "p_from", default: "now() - interval '30 days'" },
  to: { name: "p_to", default: "now()" },
};
const build = (queryFunctions: Declared, change: Partial<TableSpecArgs> = {}): Alias[] =>
  buildQueryFunctions(windowSpec({ ...change, queryFunctions }), undefined);
const register = (aliases: readonly Alias[], change: Partial<RegisteredAlias> = {}): RegisteredAlias[] =>
  aliases.map((alias) => ({ ...alias, state: "same", ...change }));
const sql = (...args: Parameters<typeof planAliases>) => planAliases(...args).statements.map((one) => one.sql);

describe("functions that query the table", () => {
  it("name the table with its schema, its columns, and the range by position", () => {
    expect(build({ get_run_events: RUN }).map(({ definition }) => definition)).toEqual([
      `CREATE FUNCTION "public"."get_run_events"("p_run_id" uuid, "p_from" timestamptz DEFAULT now() - interval '30 days', "p_to" timestamptz DEFAULT now()) ` +
        `RETURNS TABLE ("id" bigint, "run_id" uuid, "ts" timestamptz, "type" text, "payload" jsonb) LANGUAGE sql STABLE PARALLEL SAFE ` +
        `AS 'SELECT "id", "run_id", "ts", "type", "payload" FROM "public"."workflow_events" ` +
        `WHERE "ts" OPERATOR(pg_catalog.>=) $2 AND "ts" OPERATOR(pg_catalog.<) $3 AND (run_id = p_run_id)'`,
    ]);
  });

  it("are inlined: nothing in them stands in the way of that", () => {
    const [made] = build({ f: RUN });
    expect(made?.definition).not.toMatch(/ SET | STRICT|SECURITY|VOLATILE/);
  });

  it.each(["id > app.lowest(p_id)", "id OPERATOR(app.>) p_id", 'id = "app"."of" (p_id)'])(
    "say nothing of parallel workers with the condition %s",
    (where) => {
      const [made] = build({ f: { arguments: { p_id: "bigint" }, where, from: "p_from" } });
      expect(made?.definition).not.toContain("PARALLEL");
    },
  );

  it.each([
    ["bigint", "epoch-s", `"ts" OPERATOR(pg_catalog.>=) pg_catalog.ceil(EXTRACT(epoch FROM $1))::pg_catalog.int8`],
    ["bigint", "epoch-us", "EXTRACT(epoch FROM $1) OPERATOR(pg_catalog.*) 1000000)::pg_catalog.int8"],
    ["uuid", "uuidv7", "12, ''0''), 32, ''0'')::pg_catalog.uuid"],
  ] as const)("take times for a key of type %s with %s", (type, key, expected) => {
    const columns = { id: "bigint", ts: type };
    const change = { columns, uniques: {}, checks: {}, foreignKeys: {}, indexes: {} };
    const [made] = build({ f: { from: "p_from" } }, { ...change, partitionBy: [{ range: "ts", every: "month", key }] });
    expect(made?.definition).toContain(expected);
    expect(made?.definition).toContain('("p_from" timestamptz)');
  });

  it("return what the table has where another tool declares its columns", () => {
    const { window } = requireTableSpec(
      {
        table: "days",
        partitionBy: [{ range: "day", every: "month" }],
        window: { lead: "1 month", retention: "1 year" },
        onExpire: "detach",
        queryFunctions: { f: { from: "p_from" } },
      },
      "test",
    );
    const table = { columns: [{ name: "day", type: "date" }] } as unknown as ObservedTable;
    const [made] = buildQueryFunctions(window, table);
    expect(made?.definition).toContain(`("p_from" date) RETURNS TABLE ("day" date)`);
  });
});

describe("the plan of functions that query the table", () => {
  const made = build({ f: RUN });

  it("is empty if they are there, and leaves their callers to the default privileges", () => {
    expect(sql(made, [], [])).toEqual(made.map(({ definition }) => definition));
    expect(sql(made, register(made), [])).toEqual([]);
  });

  it("replaces one in place if arguments and result stay, which keeps its grants", () => {
    const changed = build({ f: { ...RUN, to: { name: "p_to", default: "'infinity'" } } });
    expect(sql(changed, register(made), [])).toEqual([changed[0]?.definition.replace("CREATE", "CREATE OR REPLACE")]);
    expect(sql(made, register(made, { state: "changed" }), [])).toHaveLength(1);
  });

  it("drops and creates one whose arguments change, with the grants of the former", () => {
    const registered = register(made, {
      arguments: "uuid, timestamp with time zone, timestamp with time zone",
      callers: [
        { role: "app", grantable: false },
        { role: "Admin", grantable: true },
      ],
    });
    const changed = build({ f: { from: "p_from" } });
    expect(sql(changed, registered, [])).toEqual([
      `DROP FUNCTION "public"."f"(uuid, timestamp with time zone, timestamp with time zone)`,
      changed[0]?.definition,
      `REVOKE ALL ON FUNCTION "public"."f"(timestamptz) FROM PUBLIC`,
      `GRANT EXECUTE ON FUNCTION "public"."f"(timestamptz) TO "app"`,
      `GRANT EXECUTE ON FUNCTION "public"."f"(timestamptz) TO "Admin" WITH GRANT OPTION`,
    ]);
    const open = register(made, { callers: [{ role: null, grantable: false }] });
    expect(sql(changed, open, [])).toHaveLength(2);
  });

  it("drops and creates one that was given more defaults by hand, which cannot be taken away in place", () => {
    expect(sql(made, register(made, { state: "changed", defaults: 3 }), [])).toHaveLength(2);
  });

  it("refuses any function of that name that is not managed, and not the former of its own", () => {
    const taken = (args: string) => ({ kind: "function", schema: "public", name: "f", arguments: args }) as const;
    const { problems } = planAliases(made, [], [taken("text"), { ...taken("uuid"), schema: "app" }]);
    expect(problems).toMatchObject([{ path: "queryFunctions.f", code: "name-collision" }]);
    expect(problems[0]?.fix).toContain(`ALTER FUNCTION "public"."f"(text) RENAME TO`);
    const changed = build({ f: { from: "p_from" } });
    expect(planAliases(changed, register(made, { arguments: "uuid, date" }), [taken("uuid, date")]).problems).toEqual(
      [],
    );
    expect(planAliases(made, [], [{ ...taken(""), kind: "relation" }]).problems).toEqual([]);
  });
});
