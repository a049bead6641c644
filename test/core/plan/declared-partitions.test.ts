// Which partitions are resources after an update: rows of a preview say what becomes of tables, and nothing else.
import fc from "fast-check";
import { expect, test } from "vitest";
import type { TableSpecArgs } from "../../../core/declare/table/args";
import {
  type DeclaredPartition,
  type FormerPartitions,
  planDeclaredPartitions,
} from "../../../core/plan/declared-partitions";
import { planRetired } from "../../../core/plan/plan-changes";
import { decodePartitionsAnswer, encodePartitionsAnswer } from "../../../core/resources/plan-partitions";
import { parseInstant } from "../../../core/time/instant";
import { type OpenInterval, toIntervalKey } from "../../../core/time/interval";
import { planWindow } from "../../../core/window/window-partitions";
import { windowSpec } from "../support/specs";
import { clocksAt, World } from "../support/world";

interface Move {
  readonly months: number;
  readonly days: number;
  readonly retention: number;
  readonly onExpire: "drop" | "detach";
  readonly grace: "none" | "7 days";
  readonly paused: boolean;
  readonly held: boolean;
  readonly maxDrops: number;
  /** True: the update records its window, and fails before it retires or creates anything. */
  readonly fails: boolean;
}

const moves = fc.record<Move>({
  months: fc.integer({ min: 0, max: 3 }),
  days: fc.integer({ min: 0, max: 20 }),
  retention: fc.integer({ min: 2, max: 6 }),
  onExpire: fc.constantFrom("drop", "drop", "detach"),
  grace: fc.constantFrom("none", "7 days"),
  paused: fc.boolean(),
  held: fc.boolean(),
  maxDrops: fc.integer({ min: 1, max: 3 }),
  fails: fc.constantFrom(false, false, false, true),
});

function declare(move: Move): Partial<TableSpecArgs> {
  return {
    window: { lead: "1 month", retention: `${move.retention} months` },
    onExpire: move.onExpire,
    ...(move.onExpire === "drop" ? { grace: move.grace } : {}),
    paused: move.paused,
    maxDropsPerUpdate: move.maxDrops,
    holds: move.held ? [{ from: "2025-02-01", to: "2025-04-01", reason: "case" }] : [],
  };
}

const statusOf = ({ status }: Pick<DeclaredPartition, "status">) => status ?? "attached";

/** Whether the table of a range is attached, detached, or not there. */
function lookUp(world: World, bounds: OpenInterval): "attached" | "detached" | "gone" {
  const key = toIntervalKey(bounds);
  if (world.partitions.some((one) => one.bounds && toIntervalKey(one.bounds) === key)) return "attached";
  return world.detached.some((one) => toIntervalKey(one.bounds) === key) ? "detached" : "gone";
}

test("a row + makes a table, ~ is one that leaves or comes back, - one that is gone or left to the user, and nothing else has a row", () => {
  fc.assert(
    fc.property(fc.array(moves, { minLength: 2, maxLength: 8 }), (steps) => {
      const world = new World();
      let former: FormerPartitions = { registered: undefined, registeredAsOf: undefined, outside: [] };
      let state = new Map<string, DeclaredPartition>();
      const given = new Set<string>();
      let at = parseInstant("2025-05-10T00:00:00Z", "UTC");
      for (const move of steps) {
        at = at.add({ hours: 24 * (30 * move.months + move.days) });
        const spec = windowSpec(declare(move));
        const clocks = clocksAt(at);
        const observation = world.observe(clocks.database, spec);
        const context = { spec, registered: world.registered, observation, clocks };
        const { declared, outside } = planDeclaredPartitions(context, former, planRetired(context).due);
        const next = new Map(declared.map((one) => [toIntervalKey(one), one]));
        const before = new Map([...next, ...state].map(([key, one]) => [key, lookUp(world, one)]));
        if (move.fails) {
          // Recorded, and nothing retired: the state is as it was.
          if (world.plan(spec, clocks).problems.length > 0) continue;
          world.registered = { ...spec, confirmDrops: [], allowEmpty: [] };
          former = { registered: spec, registeredAsOf: clocks.asOf, outside };
          continue;
        }
        if (world.up(spec, clocks).problems.length > 0) continue;
        for (const [key, one] of new Map([...state, ...next])) {
          const row = !state.has(key) ? "+" : !next.has(key) ? "-" : "~";
          const [was, is] = [before.get(key), lookUp(world, one)];
          const said = `${row} ${one.name}: ${String(was)} to ${is}`;
          // A table that was given to the user enters the state once more when the window wants it back.
          if (row === "+") expect(said).toBe(`+ ${one.name}: ${given.delete(key) ? "detached" : "gone"} to attached`);
          else if (row === "-" && state.get(key)?.stays === true)
            expect(said).toBe(`- ${one.name}: detached to detached`);
          else if (row === "-") expect(is, said).toBe("gone");
          else if (statusOf(one) === statusOf(state.get(key) ?? one)) expect(is, said).toBe(was);
          else expect(is, said).not.toBe(was);
          if (row !== "-") expect(is, said).toBe(next.get(key)?.status === undefined ? "attached" : "detached");
        }
        expect(decodePartitionsAnswer(JSON.parse(JSON.stringify(encodePartitionsAnswer(declared))))).toEqual(declared);
        former = { registered: spec, registeredAsOf: clocks.asOf, outside };
        for (const [key, one] of state) if (!next.has(key) && one.stays) given.add(key);
        state = next;
        // Right after an update nothing has a row.
        const after = { ...context, registered: world.registered, observation: world.observe(clocks.database, spec) };
        const again = planDeclaredPartitions(after, former, planRetired(after).due).declared;
        const waits = world.plan(spec, clocks).retirements.length > 0;
        if (!waits) expect(again).toEqual(declared);
      }
    }),
    { numRuns: 60 },
  );
});

test("what an earlier version left outside its window is declared by no update", () => {
  const spec = windowSpec({ window: { lead: "1 month", retention: "2 months" }, onExpire: "drop", grace: "7 days" });
  const world = new World();
  world.up(spec, clocksAt("2025-05-10"));
  world.up(spec, clocksAt("2025-06-10"));
  expect(world.detached).toHaveLength(1);
  const clocks = clocksAt("2025-06-11");
  const former = { registered: spec, registeredAsOf: clocks.asOf, outside: [] };
  const observation = world.observe(clocks.database, spec);
  const context = { spec, registered: spec, observation, clocks };
  const { declared } = planDeclaredPartitions(context, former, planRetired(context).due);
  expect(declared).toEqual(planWindow(spec, clocks.asOf).desired);
});

test("no answer is no list, not an empty one", () => {
  expect(decodePartitionsAnswer({})).toBeUndefined();
  expect(decodePartitionsAnswer(undefined)).toBeUndefined();
  expect(decodePartitionsAnswer(encodePartitionsAnswer([]))).toEqual([]);
});
