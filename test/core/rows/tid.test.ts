import fc from "fast-check";
import { expect, test } from "vitest";
import {
  estimateBlocks,
  compareTids,
  takeFirstHalf,
  formatTid,
  computeNextRange,
  parseTid,
  type TidRange,
} from "../../../core/rows/tid";

const tid = fc.record({ block: fc.integer({ min: 0, max: 4_000_000_000 }), line: fc.integer({ min: 0, max: 2047 }) });

test("what is written is read back", () => {
  fc.assert(
    fc.property(tid, (one) => {
      expect(parseTid(formatTid(one))).toEqual(one);
    }),
  );
  expect(() => parseTid("(1)")).toThrow(RangeError);
});

test("ranges follow each other without gap or overlap to the end of the table", () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 0, max: 5000 }),
      fc.array(fc.integer({ min: 0, max: 900 }), { minLength: 6 }),
      (blocks, steps) => {
        const end = { block: blocks, line: 0 };
        let first = { block: 0, line: 0 };
        for (let index = 0; compareTids(first, end) < 0; index += 1) {
          const range = computeNextRange(first, steps[index % steps.length] ?? 1, end);
          expect(range.first).toEqual(first);
          expect(compareTids(range.first, range.end)).toBeLessThan(0);
          first = range.end;
        }
        expect(first.block).toBe(blocks);
      },
    ),
  );
});

test("halving comes to a single line, and never to nothing", () => {
  fc.assert(
    fc.property(tid, fc.integer({ min: 1, max: 100_000 }), (first, blocks) => {
      let range: TidRange = computeNextRange(first, blocks, { block: first.block + blocks, line: 0 });
      for (let steps = 0; steps < 60; steps += 1) {
        const half = takeFirstHalf(range);
        if (!half) break;
        expect(half.first).toEqual(range.first);
        expect(compareTids(half.first, half.end)).toBeLessThan(0);
        expect(compareTids(half.end, range.end)).toBeLessThan(0);
        range = half;
      }
      expect(takeFirstHalf(range)).toBeUndefined();
    }),
  );
});

test("the blocks of the next part follow from the text of the last", () => {
  expect(estimateBlocks(1000, { bytes: 500, blocks: 10 })).toBe(20);
  expect(estimateBlocks(10, { bytes: 5000, blocks: 10 })).toBe(1);
  expect(estimateBlocks(10, { bytes: 0, blocks: 10 })).toBe(1);
});
