import { beforeAll, describe, expect, it } from "vitest";
import { RULES } from "../../policies/rules";
import { WINDOW_TYPE } from "../../policies/rules/support/rule";
import { withAnalyzer } from "./analyzer";
import { ASOF, audit, UNKNOWN, type WindowProperties, without } from "./properties";

const analyzer = withAnalyzer();

beforeAll(() => analyzer.configure({}));

/** The only violation, by a policy, with its text. */
async function only(properties: object, policy: string, level = "mandatory"): Promise<string> {
  const found = await analyzer.analyze(WINDOW_TYPE, properties);
  expect(found.map((violation) => `${violation.policy} ${violation.level}`)).toEqual([`${policy} ${level}`]);
  return found[0]?.message ?? "";
}

const table = "public.audit_logs_partitioned";

describe("the policy pack in its own process", () => {
  it("sends the engine every rule with description, severity and configuration", async () => {
    const info = await analyzer.info();
    expect(info.getName()).toBe("pgpartition");
    expect(info.getPoliciesList().map((policy) => policy.getName())).toEqual(RULES.map((rule) => rule.name));
    for (const policy of info.getPoliciesList()) expect(policy.getDescription()).toMatch(/\.$/);
  });

  it("finds nothing wrong with a declared table whose plan is complete", async () => {
    expect(await analyzer.analyze(WINDOW_TYPE, audit())).toEqual([]);
  });

  it("leaves other resources alone", async () => {
    expect(await analyzer.analyze("pgpartition:index:Table", { retention: "1 day" })).toEqual([]);
  });
});

describe("retention", () => {
  it("must be declared", async () => {
    expect(await only(without(audit(), "retention"), "retention-declared")).toContain(
      `${table}: retention is not declared`,
    );
  });

  it.each(["reason", "owner", "dataClass"] as const)("needs %s in addition", async (name) => {
    const message = await only(without(audit(), name), "retention-declared");
    expect(message).toContain(`${name} is missing`);
    expect(message).toContain("retention-declared.require");
  });

  it("may be forever only with a reason, even where none is required", async () => {
    await analyzer.configure({ "retention-declared": { require: [] } });
    const forever = audit({ retention: "forever", start: "2024-01-01T00:00:00Z" });
    expect(await analyzer.analyze(WINDOW_TYPE, forever)).toEqual([]);
    expect(await only(without(forever, "reason"), "retention-declared")).toContain(
      'retention is "forever" and reason is missing',
    );
    await analyzer.configure({});
  });

  it("cannot escape its limits by a misspelt data class", async () => {
    expect(await only(audit({ dataClass: "adit" }), "retention-declared")).toContain(
      'dataClass is "adit"; known are audit',
    );
  });

  it("cut from 12 months to 1 is refused for audit data", async () => {
    const message = await only(audit({ retention: "1 month" }), "retention-minimum");
    expect(message).toContain(
      `${table}: retention is "1 month"; data of class "audit" is retained for at least "12 months".`,
    );
    expect(message).toContain(
      "Change window.retention in the program, or retention-minimum.byDataClass.audit in the policy configuration.",
    );
  });

  it.each([
    ["365 days", true],
    ["364 days", false],
    ["52 weeks", false],
    ["4 quarters", true],
    ["1 year", true],
    ["11 months", false],
  ])("of %s against a minimum of 12 months: %s", async (retention, enough) => {
    const found = await analyzer.analyze(WINDOW_TYPE, audit({ retention }));
    expect(found.length === 0).toBe(enough);
  });

  it("of personal data has a maximum, and forever is over it", async () => {
    const personal = (retention: string): WindowProperties => audit({ dataClass: "personal", retention });
    expect(await analyzer.analyze(WINDOW_TYPE, personal("24 months"))).toEqual([]);
    expect(await only(personal("25 months"), "retention-maximum")).toContain(
      'retention is "25 months"; data of class "personal" is retained for at most "24 months"',
    );
    expect(await only(personal("forever"), "retention-maximum")).toContain('retention is "forever"');
  });

  it("counts the grace towards the maximum, because the rows are still there", async () => {
    const message = await only(
      audit({ dataClass: "personal", retention: "24 months", onExpire: "drop", grace: "7 days" }),
      "retention-maximum",
    );
    expect(message).toContain('retention is "24 months" and grace "7 days"');
  });

  it("does not end by detach where the class must be erased", async () => {
    await analyzer.configure({ "retention-maximum": { mustErase: true } });
    expect(await only(audit({ dataClass: "personal" }), "retention-maximum")).toContain('onExpire is "detach"');
    await analyzer.configure({});
  });
});

describe("lead", () => {
  it("has a minimum", async () => {
    const message = await only(audit({ lead: "3 weeks" }), "lead-minimum");
    expect(message).toContain(
      'lead is "3 weeks"; at least "1 month" is required. Change window.lead in the program, or lead-minimum.minimum',
    );
  });

  it("with a fixed end is measured from the program's clock", async () => {
    expect(await analyzer.analyze(WINDOW_TYPE, audit({ lead: { until: "2026-04-01T00:00:00Z" } }))).toEqual([]);
    expect(await only(audit({ lead: { until: "2026-03-31T00:00:00Z" } }), "lead-minimum")).toContain(
      `until 2026-03-31T00:00:00Z (as of ${ASOF})`,
    );
  });
});

describe("the plan", () => {
  it.each([
    ["detachCount", "detaches"],
    ["dropCount", "drops"],
  ])("may retire few partitions in one update: %s", async (count, verb) => {
    // Of a class whose rows may go without an archive.
    const leaving = (partitions: number) => audit({ dataClass: "telemetry" }, { [count]: partitions });
    expect(await analyzer.analyze(WINDOW_TYPE, leaving(3))).toEqual([]);
    const message = await only(leaving(4), "max-drops-per-run");
    expect(message).toContain(`the plan ${verb} 4 partitions; at most 3 in one update.`);
    expect(message).toContain("maxDropsPerUpdate or confirmDrops in the program, or max-drops-per-run.maximum");
  });

  it.each([
    ["detach", "detaches"],
    ["drop", "drops"],
  ])("counts what a partition spans: %s", async (kind, verb) => {
    const leaving = (intervals: number) =>
      audit({ dataClass: "telemetry" }, { [`${kind}Count`]: 1, [`${kind}Intervals`]: intervals });
    expect(await analyzer.analyze(WINDOW_TYPE, leaving(3))).toEqual([]);
    expect(await only(leaving(1001), "max-drops-per-run")).toContain(
      `the plan ${verb} 1 partitions, which span 1001 intervals; at most 3 in one update.`,
    );
    await analyzer.configure({ "max-drops-per-run": { maximum: 1001 } });
    expect(await analyzer.analyze(WINDOW_TYPE, leaving(1001))).toEqual([]);
    await analyzer.configure({});
  });

  it("may retire nothing young", async () => {
    const leaving = (ageDays: number) =>
      audit({}, { youngestDrop: { partition: "audit_logs_p2026_01", to: "2026-02-01T00:00:00Z", ageDays } });
    expect(await analyzer.analyze(WINDOW_TYPE, leaving(30))).toEqual([]);
    expect(await only(leaving(29), "drop-age-floor")).toContain(
      'the plan retires "audit_logs_p2026_01", which ended 2026-02-01T00:00:00Z, 29 days ago; nothing younger than 30 days may be retired.',
    );
  });

  it("may not leave too many partitions behind, counting what it creates and what it takes away", async () => {
    expect(
      await analyzer.analyze(WINDOW_TYPE, audit({}, { partitionCount: 500, createCount: 1, detachCount: 1 })),
    ).toEqual([]);
    expect(
      await only(audit({}, { partitionCount: 500, createCount: 1 }), "partition-count-ceiling", "advisory"),
    ).toContain("it will have 501 partitions; at most 500.");
  });

  it("may have only hazards that are allowed by name", async () => {
    expect(await analyzer.analyze(WINDOW_TYPE, audit({}, { hazards: ["WAITS_OLD_XACTS", "LOCK_REF_WRITE"] }))).toEqual(
      [],
    );
    const message = await only(audit({}, { hazards: ["WAITS_OLD_XACTS", "LOCK_PARENT_AX"] }), "lock-budget");
    expect(message).toContain(
      "the plan has the hazard LOCK_PARENT_AX (stops every read and write of the table for an instant)",
    );
    expect(message).toContain("lock-budget.allowed");
  });
});

describe("what could not be judged", () => {
  it("is reported once, as advisory, when the plan is not complete", async () => {
    const message = await only(
      audit({}, { complete: false, incompleteBecause: "no connection", detachCount: 99 }),
      "every-rule-evaluated",
      "advisory",
    );
    expect(message).toContain(
      "not evaluated: max-drops-per-run, drop-age-floor, partition-count-ceiling, tenant-index-present, superuser-forbidden, lock-budget, retention-change-direction, legal-hold, no-drop-without-archive, archive-verified-before-drop, because no connection.",
    );
  });

  it("blocks where the environment requires it", async () => {
    await analyzer.configure({ "every-rule-evaluated": "mandatory" });
    await only(audit({}, { complete: false }), "every-rule-evaluated", "mandatory");
    await analyzer.configure({});
  });

  it("is reported if the plan is missing, or lacks its totals", async () => {
    expect(await only(without(audit(), "plan"), "every-rule-evaluated", "advisory")).toContain(
      "the resource carries no plan",
    );
    expect(await only({ ...audit(), plan: { complete: true } }, "every-rule-evaluated", "advisory")).toContain(
      "the plan lacks its totals",
    );
  });

  it("is reported when the plan will be known only in the update, in whole or in part", async () => {
    expect(await only({ ...audit(), plan: UNKNOWN }, "every-rule-evaluated", "advisory")).toContain(
      "the plan is not known yet",
    );
    expect(
      await only({ ...audit(), plan: { ...audit().plan, detachCount: UNKNOWN } }, "every-rule-evaluated", "advisory"),
    ).toContain("the plan is not known yet");
  });

  it("names the rules and the property when a declared value is unknown", async () => {
    const found = await analyzer.analyze(WINDOW_TYPE, { ...audit(), lead: UNKNOWN });
    expect(found).toMatchObject([{ policy: "every-rule-evaluated", level: "advisory" }]);
    expect(found[0]?.message).toContain(
      "not evaluated: lead-minimum, because lead will be known only during the update",
    );
  });

  it("still lets the other rules judge a resource that Check refused", async () => {
    expect((await analyzer.analyze(WINDOW_TYPE, {})).map((found) => found.policy)).toEqual([
      "retention-declared",
      "retention-declared",
      "retention-declared",
      "retention-declared",
      "schedule-declared",
      "every-rule-evaluated",
    ]);
  });
});

describe("a schedule", () => {
  it("must be declared, or a reason for none", async () => {
    const message = await only(without(audit(), "schedule"), "schedule-declared", "advisory");
    expect(message).toContain(`${table}: neither a schedule nor a reason for none is declared`);
    expect(message).toContain("schedule-declared.required");
    expect(await analyzer.analyze(WINDOW_TYPE, audit({ schedule: { none: "pulumi up runs every hour" } }))).toEqual([]);
  });

  it("must be active where it is required", async () => {
    const inactive = audit({ schedule: { cron: "0 2 * * *", job: "nightly", active: false } });
    expect(await only(inactive, "schedule-declared", "advisory")).toContain("its schedule is not active");
    await analyzer.configure({ "schedule-declared": { required: false } });
    expect(await analyzer.analyze(WINDOW_TYPE, inactive)).toEqual([]);
    expect(await analyzer.analyze(WINDOW_TYPE, without(audit(), "schedule"))).toEqual([]);
    await analyzer.configure({});
  });

  it("runs as an allowed role", async () => {
    await analyzer.configure({ "schedule-declared": { enforcementLevel: "mandatory", users: ["app_owner"] } });
    const as = (user?: string) =>
      audit({ schedule: { cron: "0 2 * * *", job: "nightly", active: true, ...(user === undefined ? {} : { user }) } });
    expect(await only(as("postgres"), "schedule-declared")).toContain('runs as "postgres"; allowed are app_owner');
    expect(await only(as(), "schedule-declared")).toContain("runs as the connected role");
    expect(await analyzer.analyze(WINDOW_TYPE, as("app_owner"))).toEqual([]);
    await analyzer.configure({});
  });
});
