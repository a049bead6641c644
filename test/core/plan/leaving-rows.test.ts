import { expect, test } from "vitest";
import { describeCounts } from "../../../core/plan/report/counts";
import { planFromSpec } from "../../../core/plan/spec-plan";
import { parseInstant } from "../../../core/time/instant";
import { tableSpec } from "../support/specs";

const plan = planFromSpec(tableSpec(), parseInstant("2025-03-10", "UTC"), "nothing was asked");
const leaving = (partition: string, rows: number | undefined) => ({
  verb: "detach" as const,
  partition,
  from: "..",
  to: "..",
  reason: "",
  bytes: 240_000,
  ...(rows === undefined ? {} : { rows }),
});
const headingOf = (rows: readonly (number | undefined)[]): string =>
  /\((.*), \S+ \S+\)/.exec(describeCounts([{ ...plan, retire: rows.map((one, at) => leaving(`p${at}`, one)) }]))?.[1] ??
  "";

test.each<[rows: (number | undefined)[], heading: string]>([
  [[60, 40], "~100 rows"],
  [[0], "~0 rows"],
  [[undefined], "rows unknown of 1 partition never analyzed"],
  [[undefined, undefined], "rows unknown of 2 partitions never analyzed"],
  [[100, undefined], "~100 rows and rows unknown of 1 partition never analyzed"],
])("rows that leave, also of partitions that nothing has counted: %j are %s", (rows, heading) => {
  expect(headingOf(rows)).toBe(heading);
});
