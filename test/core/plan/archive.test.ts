import { describe, expect, test } from "vitest";
import type { TableSpecArgs } from "../../../core/declare/table/args";
import type { WindowSpec } from "../../../core/declare/table/spec";
import { windowSpec } from "../support/specs";
import { decodeWindow, encodeWindow } from "../../../core/window/wire";
import { clocksAt, World } from "../support/world";

const ARCHIVED: Partial<TableSpecArgs> = {
  window: { lead: "3 months", retention: "12 months" },
  onExpire: "archive",
  archive: { to: "s3://bucket/postgres" },
};
const HOLD = { from: "2024-11-20", to: "2024-11-21", reason: "case 118" };

function rolled(spec = windowSpec(ARCHIVED), at = "2025-11-10"): World {
  const world = new World();
  world.up(spec, clocksAt(at));
  return world;
}

const retired = (plan: { retirements: readonly { verb: string; partition: string }[] }): string[] =>
  plan.retirements.map((item) => `${item.verb} ${item.partition.replace("workflow_events_", "")}`);
const waiting = (plan: { plan: { deferred: readonly { verb: string; reason: string }[] } }): string[] =>
  plan.plan.deferred.map(({ verb, reason }) => `${verb}: ${reason}`);

describe('onExpire "archive"', () => {
  test("detaches, archives and drops in one update", () => {
    const world = rolled();
    const plan = world.up(windowSpec(ARCHIVED), clocksAt("2025-12-02"));
    expect(retired(plan)).toEqual(["detach y2024m11", "archive y2024m11", "drop y2024m11"]);
    expect(plan.plan).toMatchObject({ detachCount: 1, archiveCount: 1, dropCount: 1, rows: 100, bytes: 8200 });
    expect(plan.plan.statements.map(({ sql }) => sql).join("\n")).toMatch(
      /DETACH PARTITION[^]*\.fence\([^]*COPY \(SELECT[^]*DROP TABLE/,
    );
    expect(world.detached).toEqual([]);
  });

  test("with a grace the drop follows the archive by it, and names the archive that it relies on", () => {
    const spec = windowSpec({ ...ARCHIVED, grace: "7 days" });
    const world = rolled(spec);
    expect(retired(world.up(spec, clocksAt("2025-12-02")))).toEqual(["detach y2024m11", "archive y2024m11"]);
    const early = world.plan(spec, clocksAt("2025-12-08"));
    expect([retired(early), waiting(early)]).toEqual([
      [],
      ["drop: detached 2025-12-02T00:00:00Z, its grace ends 2025-12-09T00:00:00Z"],
    ]);
    const due = world.plan(spec, clocksAt("2025-12-09"));
    expect(due.plan.retire).toEqual([
      expect.objectContaining({
        verb: "drop",
        archived: {
          manifest: "s3://bucket/workflow_events_y2024m11/_manifest.json",
          rows: 100,
          bytes: 50,
          objects: 1,
          verify: "checksum",
          verifiedAt: "2025-12-02T00:00:00Z",
        },
      }),
    ]);
  });

  test("what was detached before with the promise of a drop is archived first", () => {
    const drop = windowSpec({ window: { lead: "3 months", retention: "12 months" }, grace: "1 day" });
    const world = rolled(drop);
    world.up(drop, clocksAt("2025-12-02"));
    expect(retired(world.plan(windowSpec(ARCHIVED), clocksAt("2025-12-20")))).toEqual([
      "archive y2024m11",
      "drop y2024m11",
    ]);
  });

  test("what was detached to be archived is never dropped without, whatever is declared later", () => {
    const spec = windowSpec({ ...ARCHIVED, grace: "7 days" });
    const world = rolled(spec);
    world.up(spec, clocksAt("2025-12-02"));
    world.detached = world.detached.map((table) => ({ ...table, archived: undefined }));
    const plan = world.plan(
      windowSpec({ ...ARCHIVED, archive: undefined as never, onExpire: "drop" }),
      clocksAt("2026-01-20"),
    );
    expect(retired(plan).filter((item) => item.endsWith("y2024m11"))).toEqual([]);
    expect(waiting(plan).join()).toContain('to be archived, which onExpire "drop" does not do: it is retained');
  });

  test("an archived range that comes back names its manifest", () => {
    const world = rolled();
    world.up(windowSpec(ARCHIVED), clocksAt("2025-12-02"));
    const longer = windowSpec({ ...ARCHIVED, window: { lead: "3 months", retention: "13 months" } });
    expect(world.plan(longer, clocksAt("2025-12-02")).problems).toEqual([
      expect.objectContaining({
        code: "dropped-range-returns",
        fix: expect.stringContaining("s3://bucket/workflow_events_y2024m11/_manifest.json") as string,
      }),
    ]);
  });

  test("whatever leads to a drop, one update drops no more intervals than maxDropsPerUpdate, the oldest first", () => {
    const drop = windowSpec({ window: { lead: "3 months", retention: "12 months" }, grace: "90 days" });
    const world = rolled(drop);
    for (const at of ["2025-12-02", "2026-01-02", "2026-02-02"]) world.up(drop, clocksAt(at));
    const plan = world.up(windowSpec({ ...ARCHIVED, maxDropsPerUpdate: 2 }), clocksAt("2026-03-02"));
    const of = (verb: string): string[] => retired(plan).filter((item) => item.startsWith(verb));
    expect(of("archive")).toHaveLength(4);
    expect(of("drop")).toEqual(["drop y2024m11", "drop y2024m12"]);
    expect(waiting(plan)).toContainEqual(expect.stringMatching(/^drop: .*waits for the next update/));
    expect(retired(world.up(windowSpec(ARCHIVED), clocksAt("2026-03-02")))).toEqual(["drop y2025m01", "drop y2025m02"]);
  });

  test("a detached one comes back with its rows, and is opened again", () => {
    const spec = windowSpec({ ...ARCHIVED, grace: "7 days" });
    const world = rolled(spec);
    world.up(spec, clocksAt("2025-12-02"));
    const plan = world.plan(
      windowSpec({ ...ARCHIVED, window: { lead: "3 months", retention: "13 months" } }),
      clocksAt("2025-12-03"),
    );
    expect(plan.creations.filter(({ kind }) => kind === "attach")).toHaveLength(1);
    expect(plan.plan.statements.map(({ sql }) => sql).join("\n")).toMatch(/\.unfence\([^]*ATTACH PARTITION/);
  });
});

describe("a hold", () => {
  const held = windowSpec({ ...ARCHIVED, holds: [HOLD] });

  test("keeps a partition as a whole, attached as it is", () => {
    const plan = rolled(held).plan(held, clocksAt("2025-12-02"));
    expect(retired(plan)).toEqual([]);
    expect(plan.plan.deferred).toEqual([
      expect.objectContaining({
        verb: "detach",
        held: true,
        reason: "held: case 118 (2024-11-20T00:00:00Z/2024-11-21T00:00:00Z)",
      }),
    ]);
  });

  test("keeps a detached one from its archive and its drop", () => {
    const spec = windowSpec({ ...ARCHIVED, grace: "7 days" });
    const world = rolled(spec);
    world.up(spec, clocksAt("2025-12-02"));
    const plan = world.plan(windowSpec({ ...ARCHIVED, grace: "7 days", holds: [HOLD] }), clocksAt("2025-12-20"));
    expect([retired(plan), waiting(plan)]).toEqual([
      [],
      [expect.stringContaining("drop: detached 2025-12-02T00:00:00Z, held: case 118")],
    ]);
  });

  test("that has come to its end keeps nothing", () => {
    const ended = windowSpec({ ...ARCHIVED, holds: [{ ...HOLD, until: "2025-12-02" }] });
    const world = rolled(ended);
    expect(retired(world.plan(ended, clocksAt("2025-12-01T23:59:59Z")))).toEqual([]);
    expect(retired(world.plan(ended, clocksAt("2025-12-02")))).toContain("detach y2024m11");
  });

  test("that is removed is a cut: more than maxDropsPerUpdate intervals need a confirmation", () => {
    const long = windowSpec({ ...ARCHIVED, maxDropsPerUpdate: 1, holds: [{ ...HOLD, to: "2026-01-01" }] });
    const world = rolled(long);
    world.up(long, clocksAt("2026-01-02"));
    const plan = world.plan(windowSpec({ ...ARCHIVED, maxDropsPerUpdate: 1 }), clocksAt("2026-01-02"));
    expect(plan.problems).toEqual([expect.objectContaining({ code: "declared-cut" })]);
  });

  test("of an impossible range is refused", () => {
    expect(() => windowSpec({ ...ARCHIVED, holds: [{ ...HOLD, to: "2024-11-20" }] })).toThrow(/would hold nothing/);
    expect(() => windowSpec({ ...ARCHIVED, holds: [{ ...HOLD, to: "soon" }] })).toThrow(/holds\[0\].to/);
  });
});

describe("allowRetireBetween", () => {
  const nightly = (zone?: string): WindowSpec =>
    windowSpec({ ...ARCHIVED, allowRetireBetween: { from: "22:00", to: "05:00", ...(zone ? { zone } : {}) } });

  test.each([
    ["2025-12-02T22:00:00Z", true],
    ["2025-12-03T04:59:59Z", true],
    ["2025-12-03T05:00:00Z", false],
    ["2025-12-03T12:00:00Z", false],
  ])("at %s something may leave: %s", (at, may) => {
    const plan = rolled(nightly()).plan(nightly(), clocksAt(at));
    expect(retired(plan).length > 0).toBe(may);
    expect(plan.plan.createCount).toBe(1);
    if (!may)
      expect(plan.stopped).toBe(
        "partitions are retired only from 22:00 to 05:00 (UTC) (allowRetireBetween); partitions are still created",
      );
  });

  test("is read in its zone", () => {
    expect(retired(rolled(nightly()).plan(nightly("Asia/Tokyo"), clocksAt("2025-12-02T14:00:00Z")))).not.toEqual([]);
    expect(retired(rolled(nightly()).plan(nightly("Asia/Tokyo"), clocksAt("2025-12-02T22:00:00Z")))).toEqual([]);
  });

  test("that is no time of day is refused", () => {
    const declared = (from: string, to: string, zone?: string) => () =>
      windowSpec({ ...ARCHIVED, allowRetireBetween: { from, to, ...(zone ? { zone } : {}) } });
    expect(declared("25:00", "05:00")).toThrow(/allowRetireBetween.from: "25:00" is not a time of day/);
    expect(declared("05:00", "05:00")).toThrow(/nothing would ever be retired/);
    expect(declared("22:00", "05:00", "Mars")).toThrow(/"Mars" is not a time zone/);
  });
});

describe("allowRetireOn", () => {
  const weekend = (hours?: WindowSpec["allowRetireBetween"]): WindowSpec =>
    windowSpec({
      ...ARCHIVED,
      allowRetireOn: ["saturday", "sunday"],
      ...(hours ? { allowRetireBetween: hours } : {}),
    });
  const nightly = { from: "22:00", to: "05:00", zone: "Europe/Helsinki" };

  // 6 December 2025 is a Saturday; Helsinki is two hours ahead of UTC.
  test.each([
    ["2025-12-05T23:59:59Z", undefined, false],
    ["2025-12-06T00:00:00Z", undefined, true],
    ["2025-12-07T23:59:59Z", undefined, true],
    ["2025-12-08T00:00:00Z", undefined, false],
    ["2025-12-05T22:00:00Z", nightly, false],
    ["2025-12-06T02:59:59Z", nightly, false],
    ["2025-12-06T20:00:00Z", nightly, true],
    ["2025-12-08T02:59:59Z", nightly, true],
    ["2025-12-08T20:00:00Z", nightly, false],
  ])("at %s, with hours %o, something may leave: %s", (at, hours, may) => {
    const plan = rolled(weekend(hours)).plan(weekend(hours), clocksAt(at));
    expect(retired(plan).length > 0).toBe(may);
    expect(plan.plan.createCount).toBe(1);
    if (!may)
      expect(plan.stopped).toBe(
        "partitions are retired only on saturday, sunday (allowRetireOn); partitions are still created",
      );
  });

  test("is read in the zone of the table", () => {
    const there = windowSpec({
      ...ARCHIVED,
      allowRetireOn: ["saturday"],
      partitionBy: [{ range: "ts", every: "month", zone: "Asia/Tokyo" }],
    });
    expect(retired(rolled(there).plan(there, clocksAt("2025-12-05T15:00:00Z")))).not.toEqual([]);
    expect(retired(rolled(there).plan(there, clocksAt("2025-12-06T15:00:00Z")))).toEqual([]);
  });

  test("that is no day, or none at all, is refused", () => {
    const declared =
      (...days: string[]) =>
      () =>
        windowSpec({ ...ARCHIVED, allowRetireOn: days as never });
    expect(declared("Saturday")).toThrow(/allowRetireOn\[0\]: "Saturday" is not allowed. Use one of: "monday"/);
    expect(declared()).toThrow(/allowRetireOn: \[\] is empty/);
  });

  test("travels", () => {
    expect(encodeWindow(weekend())).toMatchObject({ allowRetireOn: ["saturday", "sunday"] });
    expect(decodeWindow(encodeWindow(weekend()))).toEqual({ spec: weekend() });
  });
});

describe("declaring an archive", () => {
  test('needs onExpire "archive", and the other way round', () => {
    expect(() => windowSpec({ ...ARCHIVED, onExpire: "drop" })).toThrow(/archives nothing/);
    expect(() => windowSpec({ onExpire: "archive" })).toThrow(/archive.to: .*no store for the archive/);
    expect(() => windowSpec({ ...ARCHIVED, archive: { to: "ftp://x" } })).toThrow(/archive.to/);
  });

  test("has no separate grace, because nothing is gone", () => {
    expect(windowSpec(ARCHIVED).grace).toBeUndefined();
    expect(windowSpec(ARCHIVED).archive).toEqual({
      to: "s3://bucket/postgres",
      format: "parquet",
      verify: "checksum",
      spoolMegabytes: 256,
    });
  });

  test("the rule of before is in the plan where it changes", () => {
    const world = rolled();
    const shorter = windowSpec({ ...ARCHIVED, window: { lead: "3 months", retention: "11 months" } });
    const plan = world.plan(shorter, clocksAt("2025-11-10"));
    expect(plan.plan.previous).toEqual({ retention: "12 months", onExpire: "archive" });
  });
});
