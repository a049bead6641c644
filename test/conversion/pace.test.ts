import { describe, expect, it } from "vitest";
import { BatchSize, CheckpointCount } from "../../conversion/pace";

describe("what a copy knows of the time", () => {
  it("checkpoints are counted for a minute, but for the one that was there at first", () => {
    const count = new CheckpointCount();
    const seen = ["0/1", "0/1", "0/2", "0/3", "0/3"].map((redo, index) => count.count(redo, index * 20_000));
    expect(seen).toEqual([0, 0, 1, 2, 2]);
    expect([count.count("0/3", 110_000), count.count("0/3", 121_000), count.count("0/4", 122_000)]).toEqual([1, 0, 1]);
    expect(new CheckpointCount().count(undefined, 0)).toBe(0);
  });

  it("a statement that a session has waited for is followed by shorter ones, of one block at least", () => {
    const size = new BatchSize();
    const before = size.blocks;
    size.yield();
    expect(size.blocks).toBe(before / 4);
    for (let index = 0; index < 10; index += 1) size.yield();
    expect(size.blocks).toBe(1);
  });
});
