import { describe, expect, it } from "vitest";
import { chooseKey, parseKeyValue } from "../../../core/conversion/analyze/choose-key";
import { writeConversion } from "../../../core/conversion/analyze/declaration";
import { proposeHistoryEnd, proposePeriod } from "../../../core/conversion/analyze/propose";
import { formatInstant, parseInstant } from "../../../core/time/instant";
import { column, factsWith, index, uniqueKey } from "./facts";

const at = (text: string) => parseInstant(text, "UTC");

describe("proposeHistoryEnd", () => {
  it.each([
    ["a whole interval ahead", "2026-11-29T12:00:00Z", "2026-11-28", 1, "2027-01-01T00:00:00Z"],
    ["on the first moment of an interval too", "2026-12-01", undefined, undefined, "2027-02-01T00:00:00Z"],
    ["after every row", "2026-11-29T12:00:00Z", "2027-05-01", 1, "2027-06-01T00:00:00Z"],
    ["ten scans ahead", "2026-11-29T12:00:00Z", "2026-11-28", 500_000, "2027-02-01T00:00:00Z"],
  ] as const)("is a bound of the grid %s", (_, now, last, scanSeconds, end) => {
    const known = { now: at(now), last: last === undefined ? undefined : at(last), scanSeconds };
    expect(formatInstant(proposeHistoryEnd(known, "month", "UTC"))).toBe(end);
  });
});

describe("proposePeriod", () => {
  const year = { minTime: at("2025-11-29"), maxTime: at("2026-11-29") };
  it.each([
    ["month", 100_000_000, 1],
    ["week", 2_000_000_000, 1],
    ["day", 10_000_000_000, 1],
    ["week", 1, 2e12],
    ["month", undefined, 2e12],
  ] as const)("is a %s for %s rows a year, of %s bytes", (every, rows, bytes) => {
    expect(proposePeriod(year, { rows, bytes })).toBe(every);
  });
});

describe("chooseKey", () => {
  const columns = [
    column("id", "bigint"),
    column("updated_at", "timestamp with time zone", { default: "now()" }),
    column("due", "date"),
    column("created_at", "timestamp with time zone", { default: "now()" }),
  ];
  const choose = (column?: string, encoding: "time" | "epoch-ms" = "time") =>
    chooseKey({ columns, indexes: [] }, [], { column, encoding, zone: "UTC" });

  it("takes the time at which a row came into being, and names the others", () => {
    expect(choose()).toMatchObject({ column: "created_at", kind: "timestamptz", rivals: ["updated_at", "due"] });
  });

  it("takes the named column, whatever it holds", () => {
    expect(choose("due")).toMatchObject({ column: "due", kind: "date" });
    expect(choose("id")).toMatchObject({ column: "id", kind: undefined });
    expect(choose("absent")).toBeUndefined();
    expect(choose("id", "epoch-ms")).toMatchObject({ column: "id", kind: "epoch-ms" });
  });

  it("prefers a column of a unique key and of an index", () => {
    const two = [column("a", "date"), column("b", "date")];
    const table = { columns: two, indexes: [index("i", ["b"])] };
    expect(chooseKey(table, [], { encoding: "time", zone: "UTC" })?.column).toBe("b");
  });
});

describe("parseKeyValue", () => {
  it.each([
    ["2026-01-01 00:00:00.5+00", "timestamptz", "2026-01-01T00:00:00.5Z"],
    ["infinity", "timestamptz", undefined],
    ["1767225600", "epoch-s", "2026-01-01T00:00:00Z"],
    ["1.5", "epoch-s", undefined],
    ["019b76da-a800-7abc-8def-0123456789ab", "uuidv7", "2026-01-01T00:00:00Z"],
    ["019b76da-a800-4abc-8def-0123456789ab", "uuidv7", undefined],
  ] as const)("reads %s as %s", (text, kind, time) => {
    const parsed = parseKeyValue(text, kind, "UTC");
    expect(parsed && formatInstant(parsed)).toBe(time);
  });
});

describe("writeConversion", () => {
  it("declares the conversion, and leaves out unique indexes that cannot be", () => {
    const facts = factsWith({
      table: {
        ...uniqueKey("events_pkey", "primary", ["id"]),
        indexes: [index("events_at_idx", ["at"]), index("events_note_idx", ["note"], { unique: true })],
      },
    });
    const blocker = { level: "blocker", about: "unique", message: "it lacks it.", fix: "Add it." } as const;
    const program = writeConversion(facts, [blocker], { management: "pgpartition", columns: true });
    expect(program).toContain('convertFrom: { historyUntil: "2027-01-01" }');
    expect(program).toContain('window: { lead: "5 months", retention: "forever" }');
    expect(program).toContain('primaryKey: ["id", "at"]');
    expect(program).toContain('indexes: { at_idx: { columns: ["at"] } }');
    expect(program).toContain("// blocker (unique): it lacks it. Add it.");
  });

  it("writes nothing without a key", () => {
    expect(
      writeConversion(factsWith({ facts: { key: undefined } }), [], { management: "m", columns: false }),
    ).toBeUndefined();
  });
});
