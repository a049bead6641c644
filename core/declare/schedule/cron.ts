import { Temporal } from "temporal-polyfill";
import { compareInstants, type Instant } from "../../time/instant";

/**
 * A schedule as pg_cron reads it (its entry.c, after Vixie's cron): five fields, without extensions of some versions or other
 * crons. The same text goes to pg_cron, to a crontab and to a timer, so it must mean the same in each.
 */
export interface CronSchedule {
  readonly minutes: readonly number[];
  readonly hours: readonly number[];
  readonly days: readonly number[];
  readonly months: readonly number[];
  /** 0 is Sunday. */
  readonly weekdays: readonly number[];
  /** True if both the day of the month and the weekday are given: then either of them is enough. */
  readonly eitherDay: boolean;
}

interface Field {
  readonly name: string;
  readonly from: number;
  readonly to: number;
  /** Words for its numbers, starting at `from`. */
  readonly words: readonly string[];
}

const FIELDS: readonly Field[] = [
  { name: "minute", from: 0, to: 59, words: [] },
  { name: "hour", from: 0, to: 23, words: [] },
  { name: "day of the month", from: 1, to: 31, words: [] },
  { name: "month", from: 1, to: 12, words: "jan feb mar apr may jun jul aug sep oct nov dec".split(" ") },
  { name: "weekday", from: 0, to: 7, words: "sun mon tue wed thu fri sat".split(" ") },
];

/** Reads a schedule, or returns the problem of the text. */
export function parseCron(text: string): CronSchedule | { readonly problem: string } {
  const parts = text.trim().split(/[ \t]+/);
  if (parts.length !== FIELDS.length)
    return { problem: `${parts.length} fields instead of five (minute, hour, day of the month, month, weekday)` };
  const sets: number[][] = [];
  for (const [index, field] of FIELDS.entries()) {
    const part = parts[index] ?? "";
    const values = parseField(field, part);
    if (values === undefined)
      return { problem: `"${part}" is no ${field.name}: ${field.from}-${field.to}, ranges, steps and lists of them` };
    sets.push(values);
  }
  const [minutes = [], hours = [], days = [], months = [], weekdays = []] = sets;
  const eitherDay = !parts[2]?.startsWith("*") && !parts[4]?.startsWith("*");
  const sundays = [...new Set(weekdays.map((day) => day % 7))].sort((a, b) => a - b);
  const schedule = { minutes, hours, days, months, weekdays: sundays, eitherDay };
  const isPossible = eitherDay || months.some((month) => days.some((day) => day <= countDaysAtMost(month)));
  return isPossible ? schedule : { problem: "that day does not exist in any year" };
}

/** Returns the last scheduled moment at or before `at`, by the clock of a zone. */
export function findLastDue(schedule: CronSchedule, at: Instant, zone: string): Instant | undefined {
  const now = at.toZonedDateTimeISO(zone);
  for (let back = 0; back <= MOST_DAYS; back += 1) {
    const date = now.toPlainDate().subtract({ days: back });
    if (!runsOn(schedule, date)) continue;
    const due = findLastOfDay(schedule, date, at, zone);
    if (due) return due;
  }
  return undefined;
}

/** 29 February falls on a given weekday again within 40 years. */
const MOST_DAYS = 40 * 366;

function runsOn(schedule: CronSchedule, date: Temporal.PlainDate): boolean {
  if (!schedule.months.includes(date.month)) return false;
  const isDay = schedule.days.includes(date.day);
  const isWeekday = schedule.weekdays.includes(date.dayOfWeek % 7);
  return schedule.eitherDay ? isDay || isWeekday : isDay && isWeekday;
}

function findLastOfDay(
  schedule: CronSchedule,
  date: Temporal.PlainDate,
  at: Instant,
  zone: string,
): Instant | undefined {
  for (const hour of [...schedule.hours].reverse()) {
    for (const minute of [...schedule.minutes].reverse()) {
      const due = date.toZonedDateTime({ timeZone: zone, plainTime: new Temporal.PlainTime(hour, minute) });
      // An hour that the clock skips does not exist on that day.
      if (due.hour === hour && compareInstants(due.toInstant(), at) <= 0) return due.toInstant();
    }
  }
  return undefined;
}

function countDaysAtMost(month: number): number {
  return Temporal.PlainYearMonth.from({ year: 2024, month }).daysInMonth;
}

function parseField(field: Field, text: string): number[] | undefined {
  const found = new Set<number>();
  for (const item of text.split(",")) {
    const values = parseItem(field, item);
    if (values === undefined) return undefined;
    for (const value of values) found.add(value);
  }
  return [...found].sort((a, b) => a - b);
}

/**
 * Reads `*`, `*` with a step, a number or word, a range, or a range with a step. Other crons read a step after a single number
 * differently.
 */
function parseItem(field: Field, item: string): number[] | undefined {
  const match = /^(?:(\*)|(\w+)(?:-(\w+))?)(?:\/(\d+))?$/.exec(item);
  if (!match) return undefined;
  const [, star, first, last, step] = match;
  const from = star ? field.from : parseNumber(field, first);
  const to = star ? field.to : last === undefined ? from : parseNumber(field, last);
  const by = step === undefined ? 1 : Number(step);
  const lone = !star && last === undefined;
  if (from === undefined || to === undefined || from > to || by < 1 || (lone && step !== undefined)) return undefined;
  const values: number[] = [];
  for (let value = from; value <= to; value += by) values.push(value);
  return values;
}

function parseNumber(field: Field, text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const word = field.words.indexOf(text.toLowerCase());
  const value = word >= 0 ? word + field.from : /^\d{1,2}$/.test(text) ? Number(text) : Number.NaN;
  return value >= field.from && value <= field.to ? value : undefined;
}
