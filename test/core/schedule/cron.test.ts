import * as fc from "fast-check";
import { describe, expect, it, test } from "vitest";
import { type CronSchedule, findLastDue, parseCron } from "../../../core/declare/schedule/cron";
import { formatInstant, parseInstant } from "../../../core/time/instant";

function cron(text: string): CronSchedule {
  const read = parseCron(text);
  if ("problem" in read) throw new Error(read.problem);
  return read;
}

describe("a schedule", () => {
  it.each([
    ["0 2 * * *", { minutes: [0], hours: [2] }],
    ["*/20 0-3/2,23 * * *", { minutes: [0, 20, 40], hours: [0, 2, 23] }],
    ["5 4 1,15 jan-MAR *", { days: [1, 15], months: [1, 2, 3] }],
    ["0 0 * * sun", { weekdays: [0] }],
    ["0 0 * * 5-7", { weekdays: [0, 5, 6] }],
    ["\t0  2 * * * ", { minutes: [0], hours: [2] }],
  ])("%j is read field by field", (text, expected) => {
    expect(cron(text)).toMatchObject(expected);
  });

  it("is due on either day where both are given, unless one begins with a star", () => {
    expect(cron("0 0 1 * mon").eitherDay).toBe(true);
    expect(cron("0 0 */2 * mon").eitherDay).toBe(false);
    expect(cron("0 0 1 * *").eitherDay).toBe(false);
  });

  it.each([
    ["", "1 fields"],
    ["0 2 * *", "4 fields"],
    ["0 2 * * * *", "6 fields"],
    ["@daily", "1 fields"],
    ["30 seconds", "2 fields"],
    ["60 2 * * *", '"60" is no minute'],
    ["0 24 * * *", '"24" is no hour'],
    ["0 2 0 * *", '"0" is no day of the month'],
    ["0 2 $ * *", '"$" is no day of the month'],
    ["0 2 L * *", "no day of the month"],
    ["0 2 * 13 *", '"13" is no month'],
    ["0 2 * * 8", '"8" is no weekday'],
    ["0 2 * * mon#1", "no weekday"],
    ["0/5 2 * * *", '"0/5" is no minute'],
    ["*/0 2 * * *", '"*/0" is no minute'],
    ["10-5 2 * * *", '"10-5" is no minute'],
    ["1,,2 2 * * *", "no minute"],
    ["-1 2 * * *", "no minute"],
    ["0 2 30 2 *", "does not exist in any year"],
    ["0 2 * * *; drop table x", "instead of five"],
    ["0 2 * * '", "no weekday"],
    ["0 2 * * \n*", "no weekday"],
  ])("%j is refused", (text, why) => {
    const read = parseCron(text);
    expect("problem" in read ? read.problem : "accepted").toContain(why);
  });
});

describe("the last moment at which it was due", () => {
  test.each([
    ["0 2 * * *", "2025-03-10T01:59:59Z", "UTC", "2025-03-09T02:00:00Z"],
    ["0 2 * * *", "2025-03-10T02:00:00Z", "UTC", "2025-03-10T02:00:00Z"],
    ["*/15 * * * *", "2025-03-10T02:44:00Z", "UTC", "2025-03-10T02:30:00Z"],
    ["0 0 29 2 *", "2025-03-10T00:00:00Z", "UTC", "2024-02-29T00:00:00Z"],
    ["0 0 1 * mon", "2025-03-12T00:00:00Z", "UTC", "2025-03-10T00:00:00Z"],
    ["0 0 1 * mon", "2025-03-02T00:00:00Z", "UTC", "2025-03-01T00:00:00Z"],
    ["0 2 * * *", "2025-03-10T01:30:00Z", "Europe/Berlin", "2025-03-10T01:00:00Z"],
    // Half past two of that day does not exist.
    ["30 2 * * *", "2025-03-30T12:00:00Z", "Europe/Berlin", "2025-03-29T01:30:00Z"],
  ])("of %j before %s in %s is %s", (text, at, zone, expected) => {
    const due = findLastDue(cron(text), parseInstant(at, "UTC"), zone);
    expect(due && formatInstant(due)).toBe(expected);
  });
});

it("a generated schedule of the grammar is read, and its last due moment is one of it", () => {
  const field = (from: number, to: number) =>
    fc.oneof(
      fc.constant("*"),
      fc.integer({ min: from, max: to }).map(String),
      fc.integer({ min: 1, max: 9 }).map((step) => `*/${step}`),
      fc
        .tuple(fc.integer({ min: from, max: to }), fc.integer({ min: from, max: to }))
        .map(([a, b]) => `${Math.min(a, b)}-${Math.max(a, b)}`),
    );
  fc.assert(
    fc.property(field(0, 59), field(0, 23), field(1, 28), field(1, 12), field(0, 7), (...fields) => {
      const schedule = cron(fields.join(" "));
      const due = findLastDue(schedule, parseInstant("2025-03-10T12:34:56Z", "UTC"), "UTC")?.toZonedDateTimeISO("UTC");
      expect(due).toBeDefined();
      expect(schedule.minutes).toContain(due?.minute);
      expect(schedule.hours).toContain(due?.hour);
      expect(schedule.months).toContain(due?.month);
    }),
  );
});
