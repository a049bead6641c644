import { expect, test } from "vitest";
import { renderPlan } from "../../../core/plan/change/render";
import { planFromSpec } from "../../../core/plan/spec-plan";
import { parseInstant } from "../../../core/time/instant";
import { tableSpec } from "../support/specs";

const plan = planFromSpec(tableSpec(), parseInstant("2025-03-10", "UTC"), "nothing was asked");
const headingOf = (rows: number, uncounted?: number): string =>
  /leaving: (.*), \S+ \S+$/.exec(
    renderPlan("public.events", {
      ...plan,
      detachCount: 2,
      rows,
      bytes: 480_000,
      ...(uncounted ? { uncounted } : {}),
    }).split("\n")[0] ?? "",
  )?.[1] ?? "";

test.each<[rows: number, uncounted: number | undefined, heading: string]>([
  [100, undefined, "~100 rows"],
  [0, undefined, "~0 rows"],
  [0, 1, "rows unknown of 1 partition never analyzed"],
  [0, 2, "rows unknown of 2 partitions never analyzed"],
  [100, 1, "~100 rows and rows unknown of 1 partition never analyzed"],
])("%i rows that leave, and %s partitions that nothing has counted: %s", (rows, uncounted, heading) => {
  expect(headingOf(rows, uncounted)).toBe(heading);
});
