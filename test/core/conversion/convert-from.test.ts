// What a declared conversion means, and what is refused before anything runs.
import { expect, test } from "vitest";
import { parseTableSpec } from "../../../core/declare/table/parse";
import type { TableSpecArgs } from "../../../core/declare/table/args";
import {
  decodeConversion,
  encodeConversion,
  encodeCopy,
  toSplit,
  toSwitchedCopy,
} from "../../../core/resources/conversion";
import { parseInstant } from "../../../core/time/instant";
import { describeWindow, planWindow } from "../../../core/window/window-partitions";

const VALID = {
  table: "events",
  partitionBy: [{ range: "at", every: "month" }],
  window: { lead: "2 months", retention: "12 months" },
  onExpire: "drop",
  convertFrom: { historyUntil: "2027-01-01" },
} as const;

function parse(changes: Partial<Record<keyof TableSpecArgs, unknown>>) {
  return parseTableSpec({ ...VALID, ...changes });
}

function problems(changes: Partial<Record<keyof TableSpecArgs, unknown>>): string[] {
  const parsed = parse(changes);
  return parsed.ok ? [] : parsed.problems.map(({ path, message }) => `${path}: ${message}`);
}

function windowOf(changes: Partial<Record<keyof TableSpecArgs, unknown>>, asOf: string): string {
  const parsed = parse(changes);
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.problems));
  return describeWindow(planWindow(parsed.value.window, parseInstant(asOf, "UTC")));
}

test("the window begins where the history ends, until the horizon is later", () => {
  expect(windowOf({}, "2026-11-29")).toBe("2027-01-01T00:00:00Z .. 2027-02-01T00:00:00Z (1 partitions)");
  expect(windowOf({}, "2027-03-10")).toBe("2027-01-01T00:00:00Z .. 2027-06-01T00:00:00Z (5 partitions)");
  expect(windowOf({}, "2029-03-10")).toBe("2028-03-01T00:00:00Z .. 2029-06-01T00:00:00Z (15 partitions)");
});

test('retention "forever" needs no start beside it', () => {
  expect(problems({ window: { lead: "2 months", retention: "forever" } })).toEqual([]);
});

test("the history is called after the table, in a name that fits", () => {
  const named = (table: string) => {
    const parsed = parse({ table });
    const conversion = parsed.ok ? parsed.value.convertFrom : undefined;
    return conversion?.strategy === "attach" ? conversion.historyName : undefined;
  };
  expect(named("events")).toBe("events_history");
  expect(Buffer.byteLength(named("e".repeat(63)) ?? "")).toBe(63);
});

test.each([
  [
    { convertFrom: { historyUntil: "2027-01-15" } },
    /^convertFrom\.historyUntil: .* the nearest are 2027-01-01.* and 2027-02-01/,
  ],
  [{ convertFrom: { historyUntil: "soon" } }, /^convertFrom\.historyUntil: "soon" is not a date/],
  [{ convertFrom: {} }, /^convertFrom\.historyUntil/],
  [
    { convertFrom: { historyUntil: "2027-01-01", historyName: "events" } },
    /^convertFrom\.historyName: the history has the name of the table/,
  ],
  [
    { convertFrom: { historyUntil: "2027-01-01", historyName: "e".repeat(64) } },
    /^convertFrom\.historyName: .*64 bytes/,
  ],
  [{ convertFrom: { historyUntil: "2027-01-01", until: "verify" } }, /^convertFrom\.until/],
  [
    { convertFrom: { historyUntil: "2027-01-01", strategy: "copy" } },
    /^convertFrom\.historyUntil: the strategy "copy" has no historyUntil/,
  ],
  [{ convertFrom: { strategy: "copy", until: "prepare" } }, /^convertFrom\.until: the strategy "copy" has no phase/],
  [
    { convertFrom: { strategy: "copy", formerName: "events" } },
    /^convertFrom\.formerName: the former table has the name/,
  ],
  [{ convertFrom: { strategy: "copy", timeBudgetMinutes: 0 } }, /^convertFrom\.timeBudgetMinutes/],
  [
    { convertFrom: { historyUntil: "2027-01-01", timeBudgetMinutes: 5 } },
    /^convertFrom\.timeBudgetMinutes: the strategy "attach" has no timeBudgetMinutes/,
  ],
  [
    { convertFrom: { strategy: "offline", until: "verify" } },
    /^convertFrom\.until: the strategy "offline" has no phase "verify": it is one transaction/,
  ],
  [
    { convertFrom: { strategy: "offline", rollbackUntil: "2027-01-15" } },
    /^convertFrom\.rollbackUntil: the strategy "offline" has no way back/,
  ],
  [
    { convertFrom: { strategy: "copy", openWayBack: true } },
    /^convertFrom\.openWayBack: a way back needs the time until which it is kept open/,
  ],
  [
    { convertFrom: { historyUntil: "2027-01-01", openWayBack: true } },
    /^convertFrom\.openWayBack: the strategy "attach" has no openWayBack/,
  ],
  [
    { convertFrom: { strategy: "offline", openWayBack: true, rollbackUntil: undefined } },
    /^convertFrom\.openWayBack: the strategy "offline" has no way back/,
  ],
  [
    { convertFrom: { strategy: "copyThenSwitch", rollbackUntil: "2027-01-15" } },
    /^convertFrom\.table: the strategy "copyThenSwitch" needs the name of the plain table/,
  ],
  [
    { convertFrom: { strategy: "copyThenSwitch", table: "plain", rollbackUntil: "2027-01-15", openWayBack: true } },
    /^convertFrom\.openWayBack: the strategy "copyThenSwitch" has no openWayBack/,
  ],
  [
    { convertFrom: { strategy: "copyThenSwitch", table: "plain" } },
    /^convertFrom\.rollbackUntil: the strategy "copyThenSwitch" needs the time/,
  ],
  [
    { convertFrom: { strategy: "copyThenSwitch", table: "events", rollbackUntil: "2027-01-15" } },
    /^convertFrom\.table: the plain table has the name of the declared one/,
  ],
  [
    { convertFrom: { strategy: "copyThenSwitch", table: "plain", rollbackUntil: "2027-01-15", formerName: "old" } },
    /^convertFrom\.formerName: the strategy "copyThenSwitch" has no formerName/,
  ],
  [{ convertFrom: { strategy: "copy", table: "plain" } }, /^convertFrom\.table: the strategy "copy" has no table/],
  [{ convertFrom: { strategy: "offline", split: true } }, /^convertFrom\.split: the strategy "offline" has no split/],
  [
    { convertFrom: { historyUntil: "2027-01-01", dropFormerAfter: "2027-03-01" } },
    /^convertFrom\.dropFormerAfter: the strategy "attach" has no dropFormerAfter/,
  ],
  [
    { convertFrom: { strategy: "copy", dropFormerAfter: "soon" } },
    /^convertFrom\.dropFormerAfter: "soon" is not a date/,
  ],
  [
    { convertFrom: { strategy: "copy", rollbackUntil: "2027-03-02", dropFormerAfter: "2027-03-01" } },
    /^convertFrom\.dropFormerAfter: the former table would be dropped from 2027-03-01.* its way back is open until 2027-03-02/,
  ],
  [
    { window: { lead: "2 months", retention: "12 months", start: "2026-12-01" } },
    /^window\.start: the window begins 2026-12-01.* before the history ends/,
  ],
  [
    {
      partitionBy: [
        { list: "tenant", values: ["a"] },
        { range: "at", every: "month" },
      ],
    },
    /^convertFrom: a plain table cannot become one partition of a table with LIST or HASH levels/,
  ],
])("%j is refused", (changes, message) => {
  expect(problems(changes).filter((one) => message.test(one))).toHaveLength(1);
});

test("a way back that is to be opened reaches its resource and the journal", () => {
  const parsed = parse({ convertFrom: { strategy: "copy", openWayBack: true, rollbackUntil: "2027-03-01" } });
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.problems));
  const wire = encodeConversion(parsed.value);
  const declared = wire && decodeConversion(wire);
  if (declared?.strategy !== "copy") throw new Error("no copy");
  expect(declared.openWayBack).toBe(true);
  expect(decodeConversion(encodeCopy(declared))).toMatchObject({ openWayBack: true });
});

test("the time of the drop of the former table, and the rules that it obeys, reach its resource and the journal", () => {
  const holds = [{ from: "2026-01-01", to: "2026-02-01", reason: "case 1" }];
  for (const convertFrom of [
    { strategy: "copy", rollbackUntil: "2027-03-01", dropFormerAfter: "2027-03-01" },
    { historyUntil: "2027-01-01", split: true, dropFormerAfter: "2027-03-01" },
  ]) {
    const parsed = parse({ convertFrom, holds, paused: true });
    if (!parsed.ok) throw new Error(JSON.stringify(parsed.problems));
    const wire = encodeConversion(parsed.value);
    if (!wire) throw new Error("no conversion");
    const declared = decodeConversion(wire);
    expect(declared).toMatchObject({ paused: true, holds: [{ reason: "case 1" }] });
    if (declared.strategy === "copyThenSwitch") throw new Error("another strategy");
    const copied = declared.strategy === "attach" ? toSplit(declared) : declared;
    if (!copied) throw new Error("no split");
    for (const each of [declared, copied, decodeConversion(encodeCopy(copied))])
      expect(each).toMatchObject({ dropFormerAfter: parseInstant("2027-03-01", "UTC") });
  }
  const without = parse({ convertFrom: { strategy: "copy" }, holds, paused: true });
  expect(without.ok && encodeConversion(without.value)).not.toMatchObject({ paused: true });
});

test("two tables that stay are declared alike for the plugin, the journal and another process", () => {
  const parsed = parse({ convertFrom: { strategy: "copyThenSwitch", table: "plain", rollbackUntil: "2027-01-15" } });
  const wire = parsed.ok ? encodeConversion(parsed.value) : undefined;
  if (!wire) throw new Error("no conversion");
  const declared = decodeConversion(wire);
  if (declared.strategy !== "copyThenSwitch") throw new Error("another strategy");
  const copied = toSwitchedCopy(declared);
  expect(copied).toMatchObject({ table: "plain", switchTo: { table: "events" } });
  expect(decodeConversion(encodeCopy(copied))).toMatchObject({
    strategy: "copyThenSwitch",
    table: "events",
    from: "plain",
    rollbackUntil: declared.rollbackUntil,
  });
});
