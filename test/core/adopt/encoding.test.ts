import { describe, expect, it } from "vitest";
import { CannotAdopt } from "../../../core/adopt/cannot-adopt";
import {
  chooseReading,
  listExplainingZones,
  suggestOffsetZone,
  noteUnconfirmedReading,
} from "../../../core/adopt/encoding";
import { KEY_ENCODINGS, type KeyEncoding, findKeyKind } from "../../../core/time/key";
import { at, printedPartition } from "./support";

const now = at("2026-11-28T12:00:00Z");

/** The same bounds by every encoding that the type has. */
function readings(type: string, bounds: readonly (readonly [string, string])[], zone = "UTC") {
  return KEY_ENCODINGS.filter((encoding) => findKeyKind(type, encoding) !== undefined).map((encoding) => ({
    encoding,
    zone,
    parts: bounds.map(([from, to], index) => printedPartition(`p${index}`, from, to, { type, encoding, zone })),
  }));
}

const numbers = (from: bigint, step: bigint, count: number): (readonly [string, string])[] =>
  Array.from({ length: count }, (_, index) => {
    const begin = from + step * BigInt(index);
    return [`'${begin}'`, `'${begin + step}'`] as const;
  });

const subject = (type: string) => ({ name: '"app.t"', column: "at", type, now });
const seconds = (text: string) => at(text).epochNanoseconds / 1_000_000_000n;

describe("numbers that are times", () => {
  const DAY = 86_400n;
  it.each<[string, KeyEncoding, string, (readonly [string, string])[]]>([
    ["days in seconds", "epoch-s", "integer", numbers(seconds("2026-11-20"), DAY, 12)],
    ["days in milliseconds", "epoch-ms", "bigint", numbers(seconds("2026-11-20") * 1000n, DAY * 1000n, 12)],
    ["hours in microseconds", "epoch-us", "bigint", numbers(seconds("2026-11-28") * 1_000_000n, 3_600_000_000n, 12)],
    [
      "seven days from the epoch in milliseconds",
      "epoch-ms",
      "bigint",
      numbers((seconds("2026-11-20") / (7n * DAY)) * 7n * DAY * 1000n, 7n * DAY * 1000n, 6),
    ],
    ["twelve hours in seconds, numeric", "epoch-s", "numeric", numbers(seconds("2026-11-20"), DAY / 2n, 30)],
    ["thirty days in seconds", "epoch-s", "bigint", numbers(seconds("2026-01-07"), 30n * DAY, 12)],
    ["one partition alone", "epoch-ms", "bigint", numbers(seconds("2026-11-01") * 1000n, 30n * DAY * 1000n, 1)],
    [
      "days that end with their last millisecond",
      "epoch-ms",
      "bigint",
      numbers(seconds("2026-11-20") * 1000n, DAY * 1000n, 9).map(([from, to]) => [
        from,
        `'${BigInt(to.slice(1, -1)) - 1n}'`,
      ]),
    ],
    [
      "a history from 0, then months",
      "epoch-ms",
      "bigint",
      [
        ["'0'", `'${seconds("2026-10-01") * 1000n}'`],
        [`'${seconds("2026-10-01") * 1000n}'`, `'${seconds("2026-11-01") * 1000n}'`],
        [`'${seconds("2026-11-01") * 1000n}'`, `'${seconds("2026-12-01") * 1000n}'`],
      ],
    ],
    [
      "a first one without a beginning",
      "epoch-s",
      "bigint",
      [["MINVALUE", `'${seconds("2026-11-01")}'`], ...numbers(seconds("2026-11-01"), 30n * DAY, 1)],
    ],
  ])("%s are recognized as %s", (_, encoding, type, bounds) => {
    expect(chooseReading(readings(type, bounds), subject(type)).encoding).toBe(encoding);
  });
});

describe("numbers that are no times", () => {
  it.each<[string, string, (readonly [string, string])[], RegExp]>([
    ["a million ids each", "bigint", numbers(0n, 1_000_000n, 5), /no times.*as epoch-s they are between 1970-01-01/s],
    ["a hundred thousand ids each", "integer", numbers(100_000n, 100_000n, 5), /leave them to the tool/],
    ["ids of today's size in seconds", "bigint", numbers(1_790_000_000n, 1_000_000n, 8), /no times/],
    ["sparse huge ids", "bigint", numbers(1_500_000_000_000_000_000n, 7_000_000_000_000_000n, 5), /no times/],
    ["ids beyond every calendar", "numeric", numbers(10n ** 24n, 10n ** 20n, 3), /no times/],
    [
      "nanoseconds",
      "bigint",
      numbers(seconds("2026-11-20") * 1_000_000_000n, 86_400_000_000_000n, 5),
      /As nanoseconds they would begin on 2026-11-2/,
    ],
    [
      "UUIDs of version 4 by their first digit",
      "uuid",
      [["'00000000-0000-0000-0000-000000000000'", "'40000000-0000-0000-0000-000000000000'"]],
      /no times/,
    ],
    [
      "UUIDs of any value",
      "uuid",
      [["'0193a5f1-1111-4222-8333-444455556666'", "'0194a5f1-1111-4222-8333-444455556666'"]],
      /Bounds of UUIDv7 are the first/,
    ],
  ])("%s are refused with the reason, and with no advice that cannot help", (_, type, bounds, words) => {
    const choose = () => chooseReading(readings(type, bounds), subject(type));
    expect(choose).toThrow(CannotAdopt);
    expect(choose).toThrow(words);
    expect(choose).not.toThrow(/--key/);
  });

  it("names --key where the numbers are times of long ago, and takes it, saying what that means", () => {
    const old = readings("bigint", numbers(seconds("1991-01-01"), 86_400n, 20));
    expect(() => chooseReading(old, subject("bigint"))).toThrow(/If these times are right, set --key epoch-s/);
    const said = chooseReading(
      old.filter((one) => one.encoding === "epoch-s"),
      subject("bigint"),
      true,
    );
    expect(said.encoding).toBe("epoch-s");
    expect(noteUnconfirmedReading(said, now)).toEqual([
      expect.stringContaining("between 1991-01-01 and 1991-01-21, far from the present"),
    ]);
    const ids = readings("bigint", numbers(0n, 1_000_000n, 5))[0];
    expect(ids && noteUnconfirmedReading(ids, now)).toEqual([
      expect.stringContaining("if the key is no time, this program creates partitions among its numbers"),
    ]);
  });
});

describe("zones", () => {
  const days = (clock: (index: number) => string, count = 30) =>
    Array.from({ length: count }, (_, index) => [`'${clock(index)}+00'`, `'${clock(index + 1)}+00'`] as const);
  const date = (start: string, index: number) =>
    at(start)
      .add({ hours: 24 * index })
      .toString()
      .slice(0, 10);

  it.each([
    ["05:00", "-05:00"],
    ["22:00", "+02:00"],
    ["18:30", "+05:30"],
  ])("days that begin at %s UTC are midnights at %s", (clock, zone) => {
    const bounds = days((index) => `${date("2026-11-01", index)} ${clock}:00`);
    const [reading] = readings("timestamptz", bounds);
    const parts = (reading?.parts ?? []).flatMap(({ bounds: one }) =>
      one?.from && one.to ? [{ from: one.from, to: one.to }] : [],
    );
    expect(suggestOffsetZone(parts)).toBe(zone);
    const all = [...readings("timestamptz", bounds), ...readings("timestamptz", bounds, zone)];
    expect(chooseReading(all, subject("timestamptz")).zone).toBe(zone);
  });

  it("names the zones of a place whose clock changes within the bounds", () => {
    const bounds = days((index) => `${date("2026-10-15", index)} ${index < 18 ? "04" : "05"}:00:00`);
    const [reading] = readings("timestamptz", bounds);
    if (!reading) throw new Error("no reading");
    const zones = listExplainingZones(reading, ["UTC", "Europe/Helsinki", "America/New_York", "America/Lima"]);
    expect(zones).toEqual(["America/New_York"]);
  });

  it("asks for nothing where whole days are UTC's", () => {
    const [reading] = readings(
      "timestamptz",
      days((index) => `${date("2026-11-01", index)} 00:00:00`),
    );
    expect(reading && listExplainingZones(reading, ["Europe/Helsinki", "America/New_York"])).toEqual([]);
  });
});
