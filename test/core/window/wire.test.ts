import { expect, test } from "vitest";
import { formatSpan } from "../../../core/time/span";
import { digestPartitions, decodeWindow, encodeWindow } from "../../../core/window/wire";
import { planWindow } from "../../../core/window/window-partitions";
import { parseInstant } from "../../../core/time/instant";
import { formatInterval } from "../../../core/time/interval";
import type { TableSpecArgs } from "../../../core/declare/table/args";
import { windowSpec } from "../support/specs";

const NOW = parseInstant("2025-11-10", "UTC");
const FULL: Partial<TableSpecArgs> = {
  partitionBy: [
    {
      range: "ts",
      zone: "Europe/Helsinki",
      grid: [
        { from: "2020-01-01", to: "2025-01-01", every: "whole", name: "history" },
        { from: "2025-01-01", every: "month" },
      ],
    },
  ],
  window: { lead: { until: "2027-01-01" }, retention: "10 years", start: "2020-01-01" },
  confirmDrops: ["2020-01-01T00:00:00Z/2020-02-01T00:00:00Z"],
  allowEmpty: ["../2020-02-01T00:00:00Z"],
  paused: true,
  reason: "compliance and audit",
  dataClass: "audit",
  owner: "platform@example.com",
  resources: "window",
};

test.each([
  ["a small window", {}],
  ["everything that can be declared", FULL],
  ["no grace", { grace: "none" as const }],
  ["retention forever", { window: { lead: "1 month" as const, retention: "forever" as const, start: "2024-01-01" } }],
])("%s travels and means the same", (_what, change) => {
  const spec = windowSpec(change);
  const wire = JSON.parse(JSON.stringify(encodeWindow(spec))) as unknown;
  const read = decodeWindow(wire);
  if (!("spec" in read)) throw new Error(JSON.stringify(read.problems));
  expect(encodeWindow(read.spec)).toEqual(wire);
  expect(planWindow(read.spec, NOW).desired.map(formatInterval)).toEqual(
    planWindow(spec, NOW).desired.map(formatInterval),
  );
});

test("spans remain words", () => {
  expect(encodeWindow(windowSpec())).toMatchObject({ lead: "3 months", retention: "12 months", grace: "7 days" });
  expect(formatSpan({ count: 1, unit: "year" })).toBe("1 year");
});

test.each([
  ["retention", 12],
  ["retention", "0 months"],
  ["onExpire", "burn"],
  ["grid", []],
  ["key", { column: "ts", encoding: "time", zone: "Nowhere" }],
  ["confirmDrops", ["x"]],
])("a wire with a wrong %s is refused with its path: %j", (property, value) => {
  const read = decodeWindow({ ...encodeWindow(windowSpec()), [property]: value });
  expect("problems" in read && read.problems[0]?.path.startsWith(property)).toBe(true);
});

test("what a newer version wrote is left alone", () => {
  expect("spec" in decodeWindow({ ...encodeWindow(windowSpec()), frozen: { since: "b" } })).toBe(true);
});

test("the digest of the partitions changes with a name or a bound, and with nothing else", () => {
  const { desired } = planWindow(windowSpec(), NOW);
  const digest = digestPartitions(desired);
  expect(digestPartitions(planWindow(windowSpec({ reason: "x" }), NOW).desired)).toBe(digest);
  expect(digestPartitions(desired.slice(1))).not.toBe(digest);
  expect(digestPartitions(desired.map((each) => ({ ...each, name: `${each.name}x` })))).not.toBe(digest);
});
