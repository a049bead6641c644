import { describe, expect, it } from "vitest";
import { type ArchiveStanding, describeDropFix, describeReaderFix } from "../../../core/archive/fault-words";

const readers = ["restore", "query", "verify"] as const;
const before: ArchiveStanding = { partition: "app.events_p2025_02", there: true, droppedAt: undefined };
const after: ArchiveStanding = { partition: "events_p2025_02", there: false, droppedAt: "2025-04-20 00:00:00+00" };
const byHand: ArchiveStanding = { ...after, droppedAt: undefined };

describe("messages for the reader of an archive", () => {
  it.each(readers)("%s: before the drop that no row is lost, and where they are", (reader) => {
    const said = describeReaderFix(reader, before);
    expect(said).toContain("the table app.events_p2025_02 has not been dropped and still has them");
    expect(said).not.toMatch(/was dropped|only rows|Nothing was dropped|next update/);
  });

  it.each(readers)("%s: after the drop when that was, and that the store has to give it back", (reader) => {
    const said = describeReaderFix(reader, after);
    expect(said).toContain("was dropped on 2025-04-20 00:00:00+00, and these are its only rows: recover the object");
    expect(said).not.toMatch(/has not been dropped|Nothing was dropped|next update/);
    expect(describeReaderFix(reader, byHand)).toContain("no longer exists, and these are its only rows");
  });

  it.each(readers)("%s: without a ledger nothing of the partition, which nothing is known of", (reader) => {
    expect(describeReaderFix(reader, undefined)).not.toMatch(/table|partition|drop/);
  });

  it("each reports what it has not done itself", () => {
    expect(readers.map((reader) => /^[^.;]*/.exec(describeReaderFix(reader, undefined))?.[0])).toEqual([
      "Nothing was restored",
      "Nothing was queried",
      "Recover the object, from a replica or a backup of the store, or in a bucket with versions from the version before, and run it again",
    ]);
  });

  it("a drop names the next update only where that archives", () => {
    expect(describeDropFix(true, true)).toMatch(/and the next update archives it again, as another generation$/);
    expect(describeDropFix(true, false)).toMatch(
      /and the next update compares it with the rows as they are, and completes it$/,
    );
    for (const renew of [true, false])
      expect(describeDropFix(false, renew)).toMatch(
        /^Nothing was dropped: .*Where onExpire: "archive" is declared with its store/,
      );
  });
});
