// Messages for readers of an archive that has changed: the finding first, then what was not done, then the fix.

/** Operation that reads an archive. */
export type ArchiveReader = "drop" | "restore" | "query" | "verify";

/** State of the archived partition according to the database. */
export interface ArchiveStanding {
  /** With its schema as long as it exists; quoted as SQL requires. */
  readonly partition: string;
  /** True if its table still exists, with its rows. */
  readonly there: boolean;
  /** Time of its drop according to the ledger. */
  readonly droppedAt: string | undefined;
}

/**
 * Returns the fix for a read-only operation. Before the drop the rows are in the table; after it the store's objects have to be
 * recovered. Without a ledger nothing is known of the partition.
 */
export function describeReaderFix(
  reader: Exclude<ArchiveReader, "drop">,
  standing: ArchiveStanding | undefined,
): string {
  return `${NOT_DONE[reader]}${describeRowLocation(standing)}`;
}

const NOT_DONE: Readonly<Record<Exclude<ArchiveReader, "drop">, string>> = {
  restore: "Nothing was restored. ",
  query: "Nothing was queried; a range of --from and --to without this archive works. ",
  verify: "",
};

function describeRowLocation(standing: ArchiveStanding | undefined): string {
  if (standing?.there)
    return `No row is lost by it: the table ${standing.partition} has not been dropped and still has them`;
  const copy = "from a replica or a backup of the store, or in a bucket with versions from the version before";
  if (standing === undefined) return `Recover the object, ${copy}, and run it again`;
  const gone = standing.droppedAt === undefined ? "no longer exists" : `was dropped on ${standing.droppedAt}`;
  return `The table ${standing.partition} ${gone}, and these are its only rows: recover the object, ${copy}, and run it again`;
}

/** Returns the fix for a refused drop; `renew`: the stored objects can no longer be used. */
export function describeDropFix(isArchiving: boolean, mustRenew: boolean): string {
  const next = mustRenew
    ? "archives it again, as another generation"
    : "compares it with the rows as they are, and completes it";
  if (isArchiving) return `Nothing was dropped: the partition remains, closed to writers, and the next update ${next}`;
  return `Nothing was dropped: the partition remains, closed to writers. Where onExpire: "archive" is declared with its store, the next update ${next}`;
}
