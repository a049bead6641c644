import { describe, expect, test } from "vitest";
import type { TableSpecArgs } from "../../../core/declare/table/args";
import { parseTableSpec } from "../../../core/declare/table/parse";
import { parseInstant } from "../../../core/time/instant";
import { decodeWindow, encodeWindow } from "../../../core/window/wire";
import { VALID, windowSpec } from "../support/specs";
import { clocksAt, type PlanOfWorld, World } from "../support/world";

const ARCHIVED: Partial<TableSpecArgs> = {
  window: { lead: "3 months", retention: "12 months" },
  onExpire: "archive",
  archive: { to: "s3://bucket/postgres" },
};
const named = (...restored: NonNullable<TableSpecArgs["restored"]>) => windowSpec({ ...ARCHIVED, restored });
const NOVEMBER = "2024-11-01T00:00:00Z/2024-12-01T00:00:00Z";

/** November 2024 is archived and dropped, in December 2025. */
function world(): World {
  const made = new World();
  made.up(windowSpec(ARCHIVED), clocksAt("2025-11-10"));
  made.up(windowSpec(ARCHIVED), clocksAt("2025-12-02"));
  return made;
}

const back = (plan: PlanOfWorld) => plan.plan.restore?.map(({ verb, partition, reason }) => [verb, partition, reason]);
const waiting = (plan: PlanOfWorld) => plan.plan.deferred.map(({ partition, reason }) => `${partition}: ${reason}`);

describe("restored", () => {
  test("travels in UTC, and is refused where nothing could come of it", () => {
    const spec = named("2024-11", { range: NOVEMBER, until: "2027-01-01" });
    expect(encodeWindow(spec).restored).toEqual([
      { range: NOVEMBER },
      { range: NOVEMBER, until: "2027-01-01T00:00:00Z" },
    ]);
    expect(decodeWindow(encodeWindow(spec))).toEqual({ spec });
    const problems = (changes: Partial<TableSpecArgs>) => {
      const parsed = parseTableSpec({ ...VALID, ...ARCHIVED, ...changes });
      return parsed.ok ? [] : parsed.problems.map(({ path, message }) => `${path}: ${message}`);
    };
    expect(problems({ restored: ["Nov"] })).toEqual(['restored[0]: "Nov" is not a range of time.']);
    expect(problems({ restored: ["2024"], onExpire: "drop", archive: undefined as never }).join()).toMatch(
      /would not archive/,
    );
  });

  test("plans what the ledger says was archived, until it is there or its time is over", () => {
    const plan = world().plan(named({ range: "2024-11", until: "2026-06-01" }), clocksAt("2025-12-03"));
    expect(back(plan)).toEqual([
      [
        "restore",
        "workflow_events_y2024m11",
        "named in restored, read-only; its archive is s3://bucket/workflow_events_y2024m11/_manifest.json",
      ],
    ]);
    expect(plan.work).toContainEqual(expect.objectContaining({ verb: "restore", from: "2024-11-01T00:00:00Z" }));
    expect(plan.plan.statements.map(({ sql }) => sql).join("\n")).toMatch(
      /LIKE .*COPY .*keep_read_only.*ATTACH PARTITION/s,
    );
    expect(back(world().plan(named({ range: "2024-11", until: "2025-12-01" }), clocksAt("2025-12-03")))).toEqual([]);
    expect(back(world().plan(named("2023", "2024-01"), clocksAt("2025-12-03")))).toEqual([]);
  });

  test("F04 keeps what it names out of every retirement, and nothing else", () => {
    const there = world();
    there.attach("workflow_events_y2024m11", november(), parseInstant("2025-12-03", "UTC"), "attached");
    const plan = there.plan(named("2024-11"), clocksAt("2026-02-02"));
    expect(plan.retirements.map(({ partition }) => partition)).not.toContain("workflow_events_y2024m11");
    expect(plan.retirements.length).toBeGreaterThan(0);
    expect(waiting(plan)).toContain(`workflow_events_y2024m11: retained: ${NOVEMBER} is named in restored`);
    const gone = there.plan(windowSpec(ARCHIVED), clocksAt("2026-02-02"));
    expect(gone.retirements.filter(({ partition }) => partition.endsWith("y2024m11")).map(({ verb }) => verb)).toEqual([
      "detach",
      "archive",
      "drop",
    ]);
  });

  test("F04 the pin of the command line holds for that table, until its day or confirmDrops; without an archive nothing drops it", () => {
    const there = world();
    const partition = there.attach(
      "workflow_events_y2024m11",
      november(),
      parseInstant("2025-12-03", "UTC"),
      "attached",
    );
    const restored = { pinned: true as const, until: "2026-06-01T00:00:00Z" };
    there.ledger = [...there.ledger, { ...entryOf(there, partition.oid), event: "restored", detail: restored }];
    const retires = (spec = windowSpec(ARCHIVED), at = "2026-02-02") =>
      there.plan(spec, clocksAt(at)).retirements.some(({ oid }) => oid === partition.oid);
    expect([retires(), retires(undefined, "2026-06-02")]).toEqual([false, true]);
    expect(retires(windowSpec({ ...ARCHIVED, confirmDrops: [NOVEMBER] }))).toBe(true);
    const drop = windowSpec({ window: { lead: "3 months", retention: "12 months" }, onExpire: "drop", grace: "none" });
    expect(retires(drop, "2026-06-02")).toBe(false);
    there.ledger = there.ledger.map((one) => (one.event === "restored" ? { ...one, oid: "7" } : one));
    expect(retires()).toBe(true);
  });

  test("is refused if a partition overlaps the archive", () => {
    const there = world();
    const range = { from: parseInstant("2024-11-15", "UTC"), to: parseInstant("2024-12-01", "UTC") };
    there.attach("by_hand", range, parseInstant("2025-12-03", "UTC"), undefined);
    const plan = there.plan(named("2024-11"), clocksAt("2025-12-03"));
    expect(plan.problems.map(({ message }) => message)).toEqual([
      expect.stringMatching(/archive of 2024-11-01.* cannot come back as a partition: "by_hand" .* overlaps it/),
    ]);
  });

  test("is the word that a grown window asks for", () => {
    const longer = { ...ARCHIVED, window: { lead: "3 months", retention: "13 months" } } as const;
    const refused = world().plan(windowSpec(longer), clocksAt("2025-12-03"));
    expect(refused.problems.map(({ fix }) => fix)).toEqual([expect.stringContaining(`restored: ["${NOVEMBER}"]`)]);
    const plan = world().plan(windowSpec({ ...longer, restored: ["2024-11"] }), clocksAt("2025-12-03"));
    expect([plan.problems, back(plan)?.[0]?.[2]]).toEqual([[], expect.not.stringContaining("read-only")]);
  });
});

function november() {
  return { from: parseInstant("2024-11-01", "UTC"), to: parseInstant("2024-12-01", "UTC") };
}

function entryOf(there: World, oid: string): World["ledger"][number] {
  const found = there.ledger.find((one) => one.oid === oid);
  if (!found) throw new Error(`no entry of ${oid}`);
  return found;
}
