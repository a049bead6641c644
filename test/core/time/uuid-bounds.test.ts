import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parseInstant, type Instant } from "../../../core/time/instant";
import { formatEnd, parseBound } from "../../../core/time/key";
import { isUniform, parseUuidBound, collectUuidForms, formatUuid } from "../../../core/time/uuid-bounds";

const at = (text: string): Instant => parseInstant(text, "UTC");
const moment = at("2025-01-01");
const TAILS = [
  "0000-0000-000000000000",
  "7000-0000-000000000000",
  "7000-8000-000000000000",
  "0000-8000-000000000000",
] as const;

const partition = (from: string, to: string) => ({
  boundsText: `FOR VALUES FROM ('${from}') TO ('${to}')`,
  bounds: { from: parseUuidBound(from), to: parseUuidBound(to) },
});

describe("a bound that is a UUID", () => {
  it.each(TAILS)("with %s after the time is read as that millisecond", (tail) => {
    expect(parseBound(formatUuid(moment, tail), "uuidv7", "UTC").toString()).toBe("2025-01-01T00:00:00Z");
    expect(parseUuidBound(formatUuid(moment, tail).toUpperCase()).toString()).toBe("2025-01-01T00:00:00Z");
  });

  it.each(["7fff-bfff-ffffffffffff", "ffff-ffff-ffffffffffff"])(
    "with %s, the last of a millisecond, ends where the next begins",
    (tail) => {
      expect(parseUuidBound(formatUuid(at("2024-12-31T23:59:59.999Z"), tail)).toString()).toBe("2025-01-01T00:00:00Z");
    },
  );

  it.each(["4222-8333-444455556666", "7000-8000-000000000001", "7abc-8000-000000000000", "1000-8000-000000000000"])(
    "with %s is no bound of a millisecond",
    (tail) => {
      expect(() => parseUuidBound(formatUuid(moment, tail))).toThrow(RangeError);
    },
  );
});

describe("new bounds", () => {
  it("are the smallest UUID of their millisecond in a table without partitions", () => {
    expect(formatEnd({ kind: "uuidv7", zone: "UTC" }, "from", moment)).toBe(formatUuid(moment, TAILS[0]));
    expect(collectUuidForms([])).toEqual({ usual: TAILS[0], begins: {}, ends: {} });
  });

  it.each(TAILS)("continue with %s where partitions have it", (tail) => {
    const uuid = collectUuidForms([partition(formatUuid(at("2024-12-01"), tail), formatUuid(moment, tail))]);
    expect(isUniform(uuid)).toBe(true);
    const key = { kind: "uuidv7" as const, zone: "UTC", uuid };
    expect(formatEnd(key, "from", moment)).toBe(formatUuid(moment, tail));
    expect(formatEnd(key, "to", at("2025-02-01"))).toBe(formatUuid(at("2025-02-01"), tail));
  });

  it("of a set of any mix of forms leave nothing between neighbours, and overlap none", () => {
    const form = fc.constantFrom(...TAILS, "last");
    fc.assert(
      fc.property(fc.array(fc.tuple(form, form, fc.boolean()), { minLength: 2, maxLength: 10 }), (list) => {
        const time = (index: number) => at("2025-01-01").add({ hours: index });
        const text = (index: number, tail: string) =>
          tail === "last"
            ? formatUuid(time(index).subtract({ milliseconds: 1 }), "ffff-ffff-ffffffffffff")
            : formatUuid(time(index), tail);
        const there = list.flatMap(([from, to, exists], index) =>
          exists ? [{ index, ...partition(text(index, from), text(index + 1, to)) }] : [],
        );
        const key = { kind: "uuidv7" as const, zone: "UTC", uuid: collectUuidForms(there) };
        const ends = (one: { boundsText: string }) =>
          [...one.boundsText.matchAll(/'([^']+)'/g)].map((match) => match[1] ?? "");
        const all = list.map((_, index): [string, string, boolean] => {
          const known = there.find((one) => one.index === index);
          const [from = "", to = ""] = known
            ? ends(known)
            : [formatEnd(key, "from", time(index)), formatEnd(key, "to", time(index + 1))];
          return [from, to, known !== undefined];
        });
        for (const [index, [, end, known]] of all.entries()) {
          const next = all[index + 1];
          // Between two that were there before, what their makers left stays.
          if (!next || (known && next[2])) continue;
          expect(next[0]).toBe(end);
        }
      }),
    );
  });
});
