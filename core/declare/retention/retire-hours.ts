import { z } from "zod";
import { DEFAULT_ZONE } from "../../defaults";
import type { Instant } from "../../time/instant";
import { isZone } from "../../time/period";
import { type Around, defineOption } from "../option/option";
import { nameShape as text, nameType } from "../option/shapes";

/** Hours of a day in which partitions may leave the table. */
export interface RetireHoursArgs {
  /** Start, included; local time of the zone. @example "22:00" */
  readonly from: string;
  /** End, excluded; earlier than `from` means the next day. @example "05:00" */
  readonly to: string;
  /** Zone of both times. @default "UTC" */
  readonly zone?: string;
}

/** Wire format, with the zone filled in. */
const retireHoursWire = nameType("RetireHours", z.object({ from: text, to: text, zone: text }));
type RetireHours = Readonly<z.infer<typeof retireHoursWire>>;

export const allowRetireBetween = defineOption({
  shape: z.strictObject({ from: text, to: text, zone: text.optional() }).optional(),
  wire: retireHoursWire.optional(),
  parse: parseRetireHours,
  toWire: (hours) => hours,
  fromWire: (wire): RetireHours | undefined => wire,
});

/** Reads declared hours; an invalid time of day is a problem, because partitions would never be retired, or at any time. */
function parseRetireHours(
  declared: RetireHoursArgs | undefined,
  { problems }: Around<unknown>,
): RetireHours | undefined {
  if (declared === undefined) return undefined;
  const { from, to, zone = DEFAULT_ZONE } = declared;
  for (const [name, value] of Object.entries({ from, to }))
    if (parseMinutes(value) === undefined)
      problems.push({
        path: `allowRetireBetween.${name}`,
        code: "invalid-time",
        message: `${JSON.stringify(value)} is not a time of day.`,
        fix: 'Write hours and minutes, for example "22:00".',
      });
  if (parseMinutes(from) !== undefined && parseMinutes(from) === parseMinutes(to))
    problems.push({
      path: "allowRetireBetween",
      code: "invalid-time",
      message: `it begins and ends at ${from}: nothing would ever be retired.`,
      fix: "`from` belongs to it, `to` does not; over midnight is allowed.",
    });
  if (!isZone(zone))
    problems.push({
      path: "allowRetireBetween.zone",
      code: "invalid-zone",
      message: `${JSON.stringify(zone)} is not a time zone.`,
      fix: 'Write a name of the IANA database, such as "Europe/Berlin".',
    });
  return { from, to, zone };
}

/** In the order of ISO 8601. */
export const WEEKDAYS = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"] as const;
export type Weekday = (typeof WEEKDAYS)[number];

/** True if a moment is within the hours, in local time of their zone. */
export function isInRetireHours(hours: RetireHours, at: Instant): boolean {
  const { from, to, now } = toMinutes(hours, at);
  return from < to ? from <= now && now < to : from <= now || now < to;
}

/** True on one of the days. After midnight, hours that began the day before still belong to that day. */
export function isRetireDay(
  days: readonly Weekday[],
  hours: RetireHours | undefined,
  at: Instant,
  zone: string,
): boolean {
  const local = at.toZonedDateTimeISO(hours?.zone ?? zone);
  const { from, to, now } = hours ? toMinutes(hours, at) : { from: 0, to: 0, now: 0 };
  const began = to < from && now < to ? local.subtract({ days: 1 }) : local;
  return days.some((day) => WEEKDAYS.indexOf(day) + 1 === began.dayOfWeek);
}

function toMinutes(hours: RetireHours, at: Instant): { from: number; to: number; now: number } {
  const { hour, minute } = at.toZonedDateTimeISO(hours.zone);
  return { from: parseMinutes(hours.from) ?? 0, to: parseMinutes(hours.to) ?? 0, now: hour * 60 + minute };
}

export function describeRetireHours({ from, to, zone }: RetireHours): string {
  return `${from} to ${to} (${zone})`;
}

function parseMinutes(text: string): number | undefined {
  const match = /^([01]\d|2[0-3]):([0-5]\d)$/.exec(text);
  return match ? Number(match[1]) * 60 + Number(match[2]) : undefined;
}
