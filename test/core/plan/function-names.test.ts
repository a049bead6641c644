import { describe, expect, it } from "vitest";
import { planFunctionNames } from "../../../core/plan/upkeep/function-names";
import type { Registration } from "../../../core/observed/registration";
import { buildAliases } from "../../../core/schedule/aliases";
import { tableSpec } from "../support/specs";

const plain = tableSpec().window;
const named = tableSpec({ functionNames: { window: "maintain", info: "parts" } }).window;
const registered = buildAliases("pgpartition", named, named.functionNames).map((alias) => ({
  ...alias,
  state: "same" as const,
}));

const nothing = { table: undefined, registration: undefined };
const recorded = { table: undefined, registration: { aliases: registered } as unknown as Registration };

describe("the plan of names that callers use", () => {
  it("creates them in one change, which records all of them", () => {
    const { problems, upkeep } = planFunctionNames("pgpartition", named, nothing, []);
    expect(problems).toEqual([]);
    expect(upkeep).toMatchObject([{ verb: "name", section: "upkeep", subject: named.table }]);
    expect(upkeep[0]?.step.aliases).toHaveLength(2);
    expect(upkeep[0]?.reasons).toEqual(["public.maintain() is missing, public.parts is missing"]);
    expect(new Set(upkeep[0]?.statements.map(({ transaction }) => transaction)).size).toBe(1);
  });

  it("is empty when they are there, and drops them by another verb when none is declared", () => {
    expect(planFunctionNames("pgpartition", named, recorded, []).upkeep).toEqual([]);
    const { upkeep } = planFunctionNames("pgpartition", plain, recorded, []);
    expect(upkeep).toMatchObject([{ verb: "unname", step: { aliases: [] } }]);
    expect(upkeep[0]?.statements.map(({ sql }) => sql)).toEqual([
      `DROP FUNCTION "public"."maintain"()`,
      `DROP VIEW "public"."parts"`,
    ]);
  });

  it("refuses a name that another object has", () => {
    const taken = [{ kind: "relation", schema: "public", name: "parts", arguments: "" }] as const;
    const { problems } = planFunctionNames("pgpartition", named, nothing, taken);
    expect(problems).toMatchObject([{ path: "functionNames", code: "name-collision" }]);
  });
});
