import { beforeAll, describe, expect, it } from "vitest";
import { WINDOW_TYPE } from "../../policies/rules/support/rule";
import { arxos } from "../../stacks/tables/arxos";
import { withAnalyzer } from "./analyzer";
import { audit, propertiesOf } from "./properties";

const analyzer = withAnalyzer();
const table = "public.audit_logs_partitioned";
const declared = (rows?: number, hazards: string[] = []) =>
  propertiesOf(arxos.audit_logs, {
    defaultPartition: { name: "audit_logs_p_default", declared: true, ...(rows === undefined ? {} : { rows }) },
    hazards: hazards as never,
  });
const found = async (properties: object) =>
  (await analyzer.analyze(WINDOW_TYPE, properties)).map(
    ({ policy, level, message }) => `${level} ${policy}: ${message.split("\n").slice(1).join(" ")}`,
  );

describe("a default partition", () => {
  beforeAll(() => analyzer.configure({}));

  it("is reported if it is not allowed, by a plan without the database too", async () => {
    const expected = `advisory no-default-partition: ${table}: it has the default partition "audit_logs_p_default"; allowed are those of: none.`;
    expect((await found(declared()))[0]).toContain(expected);
    const { plan, ...window } = declared();
    const blind = { ...window, plan: { ...plan, complete: false, incompleteBecause: "no database" } };
    expect((await found(blind)).join("\n")).toContain(expected);
    expect(await found(audit())).toEqual([]);
  });

  it("that was created by hand is reported as well", async () => {
    const undeclared = audit({}, { defaultPartition: { name: "rest", declared: false, rows: 3 } });
    expect((await found(undeclared))[0]).toContain('"rest", which is not declared');
  });
});

describe("a default partition that is allowed by name", () => {
  beforeAll(() =>
    analyzer.configure({
      "no-default-partition": { enforcementLevel: "mandatory", allowed: [table], mustBeEmpty: true },
      "lock-budget": { allowed: ["LOCK_REF_WRITE"], byTable: { [table]: ["LOCK_DEFAULT_AX", "LOCK_PARENT_AX"] } },
    }),
  );

  it("may exist, with the locks that it costs this table and no other", async () => {
    expect(await found(declared(0, ["LOCK_DEFAULT_AX", "LOCK_PARENT_AX"]))).toEqual([]);
    expect((await found(declared(0, ["SCAN_DEFAULT"])))[0]).toMatch(/^mandatory lock-budget: .*SCAN_DEFAULT/);
    const other = { ...declared(0, ["LOCK_DEFAULT_AX"]), table: "other" };
    const policies = (await analyzer.analyze(WINDOW_TYPE, other)).map(({ policy }) => policy);
    expect(policies).toEqual(["no-default-partition", "lock-budget"]);
  });

  it("has to be empty where that is asked for", async () => {
    expect((await found(declared(12)))[0]).toContain(
      `${table}: its default partition "audit_logs_p_default" holds 12 rows, and must be empty. Change window.lead or window.start in the program, or no-default-partition.mustBeEmpty in the policy configuration.`,
    );
  });
});
