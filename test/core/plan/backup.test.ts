import { describe, expect, test } from "vitest";
import { explainUnprovedSwap } from "../../../core/plan/retire/backup-guard";
import { parseInstant } from "../../../core/time/instant";
import { windowSpec } from "../support/specs";
import { clocksAt, World } from "../support/world";

const QUERY = "SELECT max(started_at) FROM ops.backups";
const spec = windowSpec({
  window: { lead: "3 months", retention: "12 months" },
  onExpire: "drop",
  grace: "none",
  requireBackupSince: { query: QUERY, within: "2 days" },
});

function detached(): World {
  const world = new World();
  world.up(spec, clocksAt("2025-11-10"));
  const roll = world.up(spec, clocksAt("2025-12-02T10:00:00Z"));
  // Also without a grace: no backup can hold the last rows of what is still written to.
  expect(roll.retirements.map(({ verb }) => verb)).toEqual(["detach"]);
  return world;
}

describe("requireBackupSince", () => {
  test.each([
    ["2025-12-02T09:59:59Z", "the last backup is of 2025-12-02T09:59:59Z, before it was detached (requireBackupSince)"],
    ["2025-12-02T10:00:00Z", undefined],
    [undefined, "no backup is known (requireBackupSince)"],
  ])("a backup of %s: %s", (at, reason) => {
    const backup = { at: at === undefined ? undefined : parseInstant(at, "UTC") };
    const plan = detached().plan(spec, clocksAt("2025-12-03"), { backup });
    expect(plan.retirements.map(({ verb }) => verb)).toEqual(reason === undefined ? ["drop"] : []);
    expect(plan.plan.deferred.map((item) => item.reason)).toEqual(
      reason === undefined ? [] : [`detached 2025-12-02T10:00:00Z, ${reason}`],
    );
    expect(plan.plan.createCount).toBe(0);
  });

  test("a backup that has grown too old is none", () => {
    const backup = { at: parseInstant("2025-12-02T11:00:00Z", "UTC") };
    expect(detached().plan(spec, clocksAt("2025-12-04T11:00:01Z"), { backup }).plan.deferred).toMatchObject([
      { reason: expect.stringContaining("more than 2 days ago") as string },
    ]);
  });

  test("a query that cannot be answered keeps everything, with a warning", () => {
    const plan = detached().plan(spec, clocksAt("2025-12-03"), { backup: { at: undefined, failed: "no such table" } });
    expect(plan.retirements).toEqual([]);
    expect(plan.warnings).toEqual([
      "the query of requireBackupSince returns no answer (no such table): nothing is dropped",
    ]);
  });

  test.each([
    [undefined, "2025-12-01T10:00:00Z", undefined],
    [
      undefined,
      "2025-12-01T09:59:59Z",
      "the last backup is of 2025-12-01T09:59:59Z, more than 48 hours ago (requireBackupSince)",
    ],
    [
      "1 hour",
      "2025-12-03T08:59:59Z",
      "the last backup is of 2025-12-03T08:59:59Z, more than 1 hour ago (requireBackupSince)",
    ],
    ["4 weeks", "2025-11-06T10:00:00Z", undefined],
  ] as const)("a conversion, within %s, with a backup of %s: %s", (within, at, reason) => {
    const { requireBackupSince } = windowSpec({ requireBackupSince: { query: QUERY, ...(within ? { within } : {}) } });
    const backup = { at: parseInstant(at, "UTC") };
    expect(explainUnprovedSwap({ requireBackupSince }, backup, parseInstant("2025-12-03T10:00:00Z", "UTC"))).toBe(
      reason,
    );
  });

  test("a conversion that requires none is swapped without one", () => {
    expect(
      explainUnprovedSwap({ requireBackupSince: undefined }, undefined, parseInstant("2025-12-03", "UTC")),
    ).toBeUndefined();
  });

  test("that is no length of time is refused", () => {
    expect(() => windowSpec({ requireBackupSince: { query: QUERY, within: "soon" as "2 days" } })).toThrow(
      /requireBackupSince.within: "soon" is not a length of time/,
    );
  });
});
