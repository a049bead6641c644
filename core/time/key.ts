import { Temporal } from "temporal-polyfill";
import { compareInstants, type Instant, parseInstant } from "./instant";
import { remember } from "./remember";
import { parseUuidBound, PLAIN_FORMS, PLAIN_TAIL, formatUuidBound, type UuidForms, formatUuid } from "./uuid-bounds";

/** Encoding of time in the key column. `time` follows the column's own type: date, timestamp or timestamptz. */
export const KEY_ENCODINGS = ["time", "epoch-s", "epoch-ms", "epoch-us", "uuidv7"] as const;
export type KeyEncoding = (typeof KEY_ENCODINGS)[number];

/** A key in the database: type of the column and meaning of its values. */
export type KeyKind = "timestamptz" | "timestamp" | "date" | "epoch-s-int4" | Exclude<KeyEncoding, "time">;

/** PostgreSQL's own names (format_type) of the column types that may carry a key of each kind. */
const COLUMN_TYPES: Readonly<Record<KeyKind, readonly string[]>> = {
  timestamptz: ["timestamp with time zone", "timestamptz"],
  timestamp: ["timestamp without time zone", "timestamp"],
  date: ["date"],
  "epoch-s": ["bigint", "int8", "bigserial", "numeric"],
  "epoch-s-int4": ["integer", "int4", "int"],
  "epoch-ms": ["bigint", "int8", "bigserial", "numeric"],
  "epoch-us": ["bigint", "int8", "bigserial", "numeric"],
  uuidv7: ["uuid"],
};

/**
 * Returns the kind of key of a column of `type` under `encoding`, or undefined if the two do not fit. Precision such as
 * `timestamptz(3)` does not matter to bounds and is ignored.
 */
export function findKeyKind(type: string, encoding: KeyEncoding): KeyKind | undefined {
  const plain = type
    .toLowerCase()
    .replace(/\(\s*\d+\s*(,\s*\d+\s*)?\)/, "")
    .replace(/\s+/g, " ")
    .trim();
  return listKinds(encoding).find((kind) => COLUMN_TYPES[kind].includes(plain));
}

function listKinds(encoding: KeyEncoding): readonly KeyKind[] {
  if (encoding === "time") return ["timestamptz", "timestamp", "date"];
  return encoding === "epoch-s" ? ["epoch-s", "epoch-s-int4"] : [encoding];
}

/** Describes a kind of key for error messages. */
export function describeKind(kind: KeyKind): string {
  return kind === "epoch-s-int4" ? "epoch-s in four bytes (to 2038-01-19)" : kind;
}

/** Returns column types that fit an encoding, for error messages. */
export function listColumnTypes(encoding: KeyEncoding): readonly string[] {
  return encoding === "time"
    ? ["date", "timestamp", "timestamptz"]
    : listKinds(encoding).flatMap((kind) => COLUMN_TYPES[kind]);
}

/**
 * Returns the text of a bound as PostgreSQL reads it between quotes. timestamptz always has `+00`, because a literal without an
 * offset is read in the session's zone and moves the bound (https://www.postgresql.org/docs/current/datatype-datetime.html).
 */
export function formatBound(instant: Instant, kind: KeyKind, zone: string): string {
  return formatKnownBound(instant, kind, zone);
}

const formatKnownBound = remember(
  (instant: Instant, kind: KeyKind, zone: string) => `${kind} ${zone} ${instant.epochNanoseconds}`,
  writeBound,
);

function writeBound(instant: Instant, kind: KeyKind, zone: string): string {
  switch (kind) {
    case "timestamptz":
      return `${formatPlain(instant.toZonedDateTimeISO("UTC").toPlainDateTime())}+00${formatEra(instant, "UTC")}`;
    case "timestamp":
      return `${formatPlain(toWallClock(instant, zone))}${formatEra(instant, zone)}`;
    case "date":
      return `${formatDate(instant.toZonedDateTimeISO(zone).toPlainDate())}${formatEra(instant, zone)}`;
    case "epoch-s":
    case "epoch-s-int4":
      return (instant.epochNanoseconds / 1_000_000_000n).toString();
    case "epoch-ms":
      return (instant.epochNanoseconds / 1_000_000n).toString();
    case "epoch-us":
      return (instant.epochNanoseconds / 1_000n).toString();
    case "uuidv7":
      return formatUuid(instant, PLAIN_TAIL);
  }
}

/** Key of existing partitions: the form of their bounds in addition to its meaning. */
export interface KeyText {
  readonly kind: KeyKind;
  readonly zone: string;
  /** Only for uuidv7. Left out: new bounds are the smallest UUID of their millisecond. */
  readonly uuid?: UuidForms | undefined;
}

/** Returns one end of a partition in the form of the table's existing bounds, so that no gap is between two that meet. */
export function formatEnd(key: KeyText, end: "from" | "to", at: Instant): string {
  return key.kind === "uuidv7"
    ? formatUuidBound(key.uuid ?? PLAIN_FORMS, end, at)
    : formatBound(at, key.kind, key.zone);
}

/** Reads a bound as the catalogue prints it (DateStyle ISO, TimeZone UTC). Throws RangeError on infinity and on foreign text. */
export function parseBound(text: string, kind: KeyKind, zone: string): Instant {
  switch (kind) {
    case "timestamptz":
      return parseServerTime(text, "UTC");
    case "timestamp":
    case "date":
      return parseServerTime(text, zone);
    case "epoch-s":
      return new Temporal.Instant(parseWholeNumber(text) * 1_000_000_000n);
    case "epoch-s-int4":
      return new Temporal.Instant(parseFourBytes(text) * 1_000_000_000n);
    case "epoch-ms":
      return new Temporal.Instant(parseWholeNumber(text) * 1_000_000n);
    case "epoch-us":
      return new Temporal.Instant(parseWholeNumber(text) * 1_000n);
    case "uuidv7":
      return parseUuidBound(text);
  }
}

/**
 * True if the key can hold this instant: written as a bound and read back it must be the same. A date has no time of day, uuidv7
 * no time before 1970, a timestamp in a zone only one of the two readings of a repeated hour, a four-byte integer no second after
 * 19 January 2038.
 */
export function canHoldBound(instant: Instant, kind: KeyKind, zone = "UTC"): boolean {
  if (compareInstants(instant, FIRST_TIMESTAMP) < 0) return false;
  try {
    return compareInstants(parseBound(formatBound(instant, kind, zone), kind, zone), instant) === 0;
  } catch {
    return false;
  }
}

/** Earliest time of PostgreSQL's date and time types, 4713 BC. */
const FIRST_TIMESTAMP = Temporal.Instant.from("-004712-01-01T00:00:00Z");

/**
 * Returns local time. A midnight that daylight saving skips is still written as midnight: the column has no zone and can hold
 * that hour.
 */
function toWallClock(instant: Instant, zone: string): Temporal.PlainDateTime {
  const zoned = instant.toZonedDateTimeISO(zone);
  const startsItsDay = compareInstants(zoned.startOfDay().toInstant(), instant) === 0;
  return startsItsDay ? zoned.toPlainDate().toPlainDateTime() : zoned.toPlainDateTime();
}

function formatPlain(moment: Temporal.PlainDateTime): string {
  const fraction = moment.toString({ smallestUnit: "microsecond" }).split(".")[1]?.replace(/0+$/, "") ?? "";
  const clock = [moment.hour, moment.minute, moment.second].map((part) => pad(part, 2)).join(":");
  return `${formatDate(moment.toPlainDate())} ${clock}${fraction ? `.${fraction}` : ""}`;
}

/** Formats a date. PostgreSQL has no year 0 and no minus sign: the year before 0001 is `0001 BC`. */
function formatDate(date: Temporal.PlainDate): string {
  const year = date.year > 0 ? date.year : 1 - date.year;
  return `${pad(year, 4)}-${pad(date.month, 2)}-${pad(date.day, 2)}`;
}

function formatEra(instant: Instant, zone: string): string {
  return instant.toZonedDateTimeISO(zone).year > 0 ? "" : " BC";
}

function parseServerTime(text: string, zone: string): Instant {
  const match = /^(\d{4,6})-(\d{2}-\d{2})([ T]\d.*?)?( BC)?$/.exec(text.trim());
  if (!match) throw new RangeError(`"${text}" is not a finite date or time`);
  const year = match[4] ? 1 - Number(match[1]) : Number(match[1]);
  const isoYear = year >= 0 && year <= 9999 ? pad(year, 4) : `${year < 0 ? "-" : "+"}${pad(Math.abs(year), 6)}`;
  const clock = (match[3] ?? "").trim().replace(/([+-]\d{2})$/, "$1:00");
  return parseInstant(
    clock ? `${isoYear}-${match[2] ?? ""}T${clock.replace(/^T/, "")}` : `${isoYear}-${match[2] ?? ""}`,
    zone,
  );
}

function parseWholeNumber(text: string): bigint {
  if (!/^-?\d+$/.test(text.trim())) throw new RangeError(`"${text}" is not a whole number`);
  return BigInt(text.trim());
}

/**
 * Checks the range: a literal that the column's type cannot hold would fail at ATTACH (22003), long after the window was planned.
 */
function parseFourBytes(text: string): bigint {
  const value = parseWholeNumber(text);
  if (BigInt.asIntN(32, value) !== value)
    throw new RangeError(`"${text}" is out of range for an integer of four bytes`);
  return value;
}

function pad(value: number, width: number): string {
  return String(value).padStart(width, "0");
}
