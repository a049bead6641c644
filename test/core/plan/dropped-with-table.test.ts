import { expect, test } from "vitest";
import { listDroppedWithTable } from "../../../core/plan/retire/dropped-with-table";
import { parseInstant } from "../../../core/time/instant";
import { windowSpec } from "../support/specs";
import { clocksAt, World } from "../support/world";

test("a destroyed table takes its partitions and those that were to be dropped, and leaves what is the user's or not archived yet", () => {
  const spec = windowSpec({ window: { lead: "1 month", retention: "2 months" }, onExpire: "drop", grace: "7 days" });
  const world = new World();
  world.up(spec, clocksAt("2025-05-10"));
  world.up(spec, clocksAt("2025-06-10"));
  const [promised] = world.detached;
  if (!promised) throw new Error("nothing was detached");
  const kept = { ...promised, dropAfter: undefined };
  world.archive(promised.oid, parseInstant("2025-07-01", "UTC"), parseInstant("2025-06-11", "UTC"));
  const [archived] = world.detached;
  if (!archived) throw new Error("nothing was archived");
  world.detached = [promised, archived, kept, { ...kept, toArchive: true }].map((one, at) => ({
    ...one,
    name: `t${String(at)}`,
  }));
  const dropped = listDroppedWithTable(world.observe(clocksAt("2025-06-12").database, spec)).map(({ name }) => name);
  expect(dropped).toEqual([...world.partitions.map(({ name }) => name), "t0", "t1"]);
});
