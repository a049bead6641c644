import { describe, expect, it } from "vitest";
import type { RegisteredAlias } from "../../../core/observed/registration";
import { buildAliases, planAliases, formatSignature } from "../../../core/schedule/aliases";

const table = { schema: "app", table: "events" };
const wanted = buildAliases("pgpartition", table, { schema: "app", ensure: "_ensure_part", info: "events_info" });
const registered = (state: RegisteredAlias["state"]) => wanted.map((alias): RegisteredAlias => ({ ...alias, state }));
const sql = (plan: ReturnType<typeof planAliases>) => plan.statements.map((statement) => statement.sql);

describe("names that callers use", () => {
  it("are functions for each type of time, and views", () => {
    expect(wanted.map(formatSignature)).toEqual([
      "app._ensure_part(date)",
      "app._ensure_part(timestamp without time zone)",
      "app._ensure_part(timestamp with time zone)",
      "app.events_info",
    ]);
  });

  it("are closed to all other roles from their creation on", () => {
    const made = sql(planAliases(wanted, [], []));
    expect(made[0]).toBe(
      `CREATE FUNCTION "app"."_ensure_part"(date) RETURNS regclass LANGUAGE sql SET search_path = pg_catalog, pg_temp ` +
        `AS 'SELECT "pgpartition".ensure_partition(''"app"."events"''::regclass, $1)'`,
    );
    expect(made[1]).toBe(`REVOKE ALL ON FUNCTION "app"."_ensure_part"(date) FROM PUBLIC`);
    expect(made.join("\n")).not.toContain("SECURITY DEFINER");
  });

  it("are left as they are if they exist", () => {
    expect(planAliases(wanted, registered("same"), [])).toMatchObject({ statements: [], differences: [] });
  });

  it("are created again after they were dropped or changed", () => {
    expect(sql(planAliases(wanted, registered("gone"), []))).toHaveLength(7);
    const changed = sql(planAliases(wanted, registered("changed"), []));
    expect(changed[0]).toBe(`DROP FUNCTION "app"."_ensure_part"(date)`);
    expect(changed).toHaveLength(4 + 7);
  });

  it("are dropped once they are no longer declared", () => {
    const plan = planAliases(wanted.slice(0, 3), registered("same"), []);
    expect(sql(plan)).toEqual([`DROP VIEW "app"."events_info"`]);
    expect(plan.differences).toEqual(["app.events_info is no longer declared"]);
  });

  it("never replace unmanaged objects", () => {
    const taken = [
      { kind: "function", schema: "app", name: "_ensure_part", arguments: "date" },
      { kind: "function", schema: "app", name: "_ensure_part", arguments: "text" },
      { kind: "relation", schema: "app", name: "events_info", arguments: "" },
    ] as const;
    const problems = planAliases(wanted, [], taken).problems.map(({ message, fix }) => `${message} ${fix}`);
    expect(problems).toHaveLength(2);
    expect(problems[0]).toContain("the function app._ensure_part(date) exists and is not managed here");
    expect(problems[0]).toContain(`ALTER FUNCTION "app"."_ensure_part"(date) RENAME TO`);
    expect(problems[1]).toContain("the relation app.events_info exists and is not managed here");
    expect(planAliases(wanted, registered("changed"), taken).problems).toEqual([]);
  });
});
