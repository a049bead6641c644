// What an archive's reader is told when it is not as it was: the finding first, then what has not been done, then the way on.

/** Who reads an archive. */
export type ArchiveReader = "drop" | "restore" | "query" | "verify";

/** What the database knows of the partition that was archived. */
export interface ArchiveStanding {
  /** With its schema as long as it exists; quoted where SQL needs that. */
  readonly partition: string;
  /** Its table still exists, with its rows. */
  readonly there: boolean;
  /** When the ledger says that it was dropped. */
  readonly droppedAt: string | undefined;
}

/**
 * The way on for who only reads. Before the drop the rows are in the table; after it the store has to give back what it had. Without a
 * ledger nothing is known of the partition.
 */
export function wayOnOfReader(reader: Exclude<ArchiveReader, "drop">, standing: ArchiveStanding | undefined): string {
  return `${NOT_DONE[reader]}${whereTheRowsAre(standing)}`;
}

const NOT_DONE: Readonly<Record<Exclude<ArchiveReader, "drop">, string>> = {
  restore: "Nothing was restored. ",
  query: "No answer was given; a range of --from and --to that leaves this archive out is answered. ",
  verify: "",
};

function whereTheRowsAre(standing: ArchiveStanding | undefined): string {
  if (standing?.there)
    return `No row is lost by it: the table ${standing.partition} has not been dropped and still has them`;
  const copy = "from a replica or a backup of the store, or in a bucket with versions from the version before";
  if (standing === undefined) return `Bring the object back, ${copy}, and run it again`;
  const gone = standing.droppedAt === undefined ? "is not there any more" : `was dropped on ${standing.droppedAt}`;
  return `The table ${standing.partition} ${gone}, and this is what is left of its rows: bring the object back, ${copy}, and run it again`;
}

/** How a drop goes on that was refused: `renew` where what lies there can be of no use any more. */
export function wayOnOfDrop(archives: boolean, renew: boolean): string {
  const next = renew
    ? "archives it anew, as another generation"
    : "compares it with the rows as they are, and completes it";
  if (archives) return `Nothing was dropped: the partition stays, closed to writers, and the next update ${next}`;
  return `Nothing was dropped: the partition stays, closed to writers. Where onExpire: "archive" is declared with its place, the next update ${next}`;
}
