import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type ByteClaim, listClaims, findOverByteLimit } from "../../../core/plan/retire/byte-limit";
import { parseInstant } from "../../../core/time/instant";
import { windowSpec } from "../support/specs";
import { clocksAt, World } from "../support/world";

const spec = windowSpec({ window: { lead: "3 months", retention: "12 months" }, onExpire: "drop", grace: "none" });

/** Three months have expired, of 8192 bytes each. */
function idle(): World {
  const world = new World();
  world.up(spec, clocksAt("2025-11-10"));
  return world;
}
const LATER = clocksAt("2026-02-02");
const other = (month: string, bytes: number, confirmed = false): ByteClaim => ({
  table: "public.a_table",
  bounds: { from: parseInstant(`${month}-01`, "UTC"), to: parseInstant(`${month}-28`, "UTC") },
  bytes,
  confirmed,
});
const dropped = (bytes: number, others: ByteClaim[] = [], declared = spec) =>
  idle()
    .plan(declared, LATER, { byteLimit: { bytes, declared: "20 kB", others } })
    .retirements.filter(({ verb }) => verb === "drop")
    .map(({ partition }) => partition.replace("workflow_events_", ""));

describe("maxBytesPerUpdate", () => {
  test("the oldest go, the chain of what does not fit remains attached, with the reason", () => {
    const plan = idle().plan(spec, LATER, { byteLimit: { bytes: 2 * 8192, declared: "16 kB", others: [] } });
    expect(plan.retirements.map(({ verb, partition }) => `${verb} ${partition.slice(-8)}`)).toEqual([
      "detach y2024m11",
      "drop y2024m11",
      "detach y2024m12",
      "drop y2024m12",
    ]);
    expect(plan.plan.deferred.map(({ verb, reason }) => `${verb}: ${reason.split("; ")[1] ?? ""}`)).toEqual([
      "detach: waits for the next update, because one removes at most 16 kB (maxBytesPerUpdate) from all tables",
      "drop: waits for the next update, because one removes at most 16 kB (maxBytesPerUpdate) from all tables",
    ]);
    expect(plan.plan.createCount).toBe(3);
  });

  test("what other tables take counts, the oldest of all first", () => {
    expect(dropped(2 * 8192, [other("2020-01", 8192)])).toEqual(["y2024m11"]);
    expect(dropped(2 * 8192, [other("2025-06", 8192)])).toEqual(["y2024m11", "y2024m12"]);
    expect(dropped(2 * 8192, [other("2025-06", 8192, true)])).toEqual(["y2024m11"]);
  });

  test("what alone is larger than the limit waits for a confirmation and holds nothing up", () => {
    expect(dropped(2 * 8192, [other("2020-01", 1e9)])).toEqual(["y2024m11", "y2024m12"]);
    expect(dropped(100)).toEqual([]);
    const confirmed = windowSpec({
      window: { lead: "3 months", retention: "12 months" },
      onExpire: "drop",
      grace: "none",
      confirmDrops: ["2024-11-01T00:00:00Z/2024-12-01T00:00:00Z"],
    });
    expect(dropped(100, [], confirmed)).toEqual(["y2024m11"]);
  });

  test("tables that are asked one by one never take more than the limit together, and always the same", () => {
    const claim = fc.record({ table: fc.constantFrom("a", "b", "c"), month: fc.nat(30), bytes: fc.nat(50) });
    fc.assert(
      fc.property(fc.array(claim, { maxLength: 20 }), fc.integer({ min: 1, max: 120 }), (drawn, bytes) => {
        const unique = [...new Map(drawn.map((one) => [`${one.table} ${String(one.month)}`, one])).values()];
        const all = unique.map(({ table, month, bytes: size }) => ({
          ...other(`20${String(10 + month)}-01`, size),
          table,
          oid: `${table}${String(month)}`,
        }));
        const taken = ["a", "b", "c"].flatMap((table) => {
          const own = all.filter((one) => one.table === table);
          const waiting = findOverByteLimit(own, {
            bytes,
            declared: "",
            others: all.filter((one) => one.table !== table),
          });
          return own.filter(({ oid }) => !waiting.has(oid));
        });
        const sum = taken.reduce((total, one) => total + one.bytes, 0);
        const fitting = all.filter((one) => one.bytes <= bytes);
        return sum <= bytes && (taken.length > 0 || fitting.length === 0);
      }),
    );
  });

  test("a partition that is archived and dropped counts once", () => {
    const plan = idle().plan({ ...spec, onExpire: "archive" }, LATER);
    expect(listClaims("t", plan.steps, () => false).map(({ bytes }) => bytes)).toEqual([8192, 8192, 8192]);
  });
});
