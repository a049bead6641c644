import { describe, expect, it } from "vitest";
import { nextPart, startWalk, walkOn } from "../../../core/rows/walk";
import { compareTids, formatTid, type TidRange } from "../../../core/rows/tid";
import { takeInParts } from "../../../jobs/in-parts";

class TooLarge extends Error {}

/** Takes all parts of a table whose block `n` has `bytesOf(n)` bytes of text; a part of more than `max` is too large. */
async function take(blocks: number, max: number, bytesOf: (block: number) => number, done: readonly TidRange[] = []) {
  const parts: { range: TidRange; textBytes: number }[] = [];
  let total = 0;
  for (let block = 0; block < blocks; block += 1) total += bytesOf(block);
  const ends = done.map(({ end }) => end);
  await takeInParts(startWalk({ blocks, bytes: total }, ends, max), {
    maxTextBytes: max,
    take: ({ first, end }) => {
      let textBytes = 0;
      for (let block = first.block; block < end.block; block += 1) textBytes += bytesOf(block);
      return textBytes > max ? Promise.reject(new TooLarge()) : Promise.resolve({ textBytes });
    },
    isTooLarge: (error) => error instanceof TooLarge,
    handOn: (range, { textBytes }) => {
      parts.push({ range, textBytes });
      return Promise.resolve();
    },
  });
  return parts;
}

describe("a table taken in parts", () => {
  it("has no gap and no overlap, and no part is larger than allowed", async () => {
    for (const bytesOf of [
      () => 100,
      (block: number) => (block % 97) * 50,
      (block: number) => (block > 4000 ? 900 : 10),
    ]) {
      const parts = await take(5000, 100_000, bytesOf);
      expect(parts.every(({ textBytes }) => textBytes <= 100_000)).toBe(true);
      const ranges = parts.map(({ range }) => range);
      expect(formatTid(ranges[0]?.first ?? { block: -1, line: 0 })).toBe("(0,0)");
      for (const [index, range] of ranges.slice(1).entries())
        expect(compareTids(ranges[index]?.end ?? range.end, range.first)).toBe(0);
      expect(ranges.at(-1)?.end).toEqual({ block: 5000, line: 0 });
    }
  });

  it("fills seven tenths of a part once it is known how much text a block yields", async () => {
    const parts = await take(5000, 100_000, () => 100);
    expect(parts[1]?.textBytes).toBe(70_000);
  });

  it("doubles the parts while nothing is in them", () => {
    const walk = startWalk({ blocks: 100_000, bytes: 0 }, [], 1_000_000);
    const range = nextPart(walk);
    expect(range).toBeDefined();
    if (range) expect(walkOn(walk, range, 0, 1_000_000)).toMatchObject({ first: range.end, blocks: walk.blocks * 2 });
  });

  it("starts behind the last part of an earlier run, in whatever order these are recorded", async () => {
    const all = await take(5000, 100_000, () => 100);
    const [one, two] = all.map(({ range }) => range);
    if (!one || !two) throw new Error("one part only");
    const rest = await take(5000, 100_000, () => 100, [two, one]);
    expect(rest[0]?.range.first).toEqual(two.end);
    expect(nextPart(startWalk({ blocks: 10, bytes: 0 }, [{ block: 10, line: 0 }], 100))).toBeUndefined();
  });

  it("fails with the error itself if a single line is too large", async () => {
    await expect(take(1, 10, () => 100)).rejects.toBeInstanceOf(TooLarge);
  });
});
