import { formatBytes } from "../../size";
import { toIntervalKey } from "../../time/interval";
import { compareEnds, type Leaving, type Retirement } from "./retiring";

/** Bytes that one update may take out of the tables of a database, and the claims of the other tables. */
export interface ByteLimit {
  readonly bytes: number;
  /** As declared. @example "200 GB" */
  readonly declared: string;
  readonly others: readonly ByteClaim[];
}

/** One partition that another table would archive or drop in this update. */
export interface ByteClaim extends Pick<Leaving, "bounds" | "bytes"> {
  /** `schema.table`: decides between partitions that end at the same time. */
  readonly table: string;
  /** Confirmed by its bounds: leaves whatever the limit, and counts towards it. */
  readonly confirmed: boolean;
}

/** Returns what would leave the database: each partition once, whether it is archived, dropped or both. */
export function listClaims(
  table: string,
  retirements: readonly Retirement[],
  isConfirmed: (step: Retirement) => boolean,
): (ByteClaim & { readonly oid: string })[] {
  const leaving = retirements.filter(({ verb }) => verb === "archive" || verb === "drop");
  return [...new Map(leaving.map((step) => [step.table.oid, step])).values()].map((step) => {
    const { oid, bounds, bytes } = step.table;
    return { table, oid, bounds, bytes, confirmed: isConfirmed(step) };
  });
}

/**
 * Returns the partitions of a table that have to wait, by oid, with the reason. The oldest of all tables go first, so that every
 * table decides alike, in whatever order they are asked; the first that does not fit ends the update. A partition larger than the
 * whole limit waits for a confirmation and delays no other.
 */
export function findOverByteLimit(own: ReturnType<typeof listClaims>, limit: ByteLimit): Map<string, string> {
  const waiting = new Map<string, string>();
  const limitText = `${limit.declared} (maxBytesPerUpdate)`;
  let left = limit.bytes;
  for (const claim of [...own, ...limit.others].sort(compareClaims)) {
    const oid = "oid" in claim ? String(claim.oid) : undefined;
    if (claim.confirmed) left -= claim.bytes;
    else if (claim.bytes > limit.bytes) {
      if (oid !== undefined)
        waiting.set(
          oid,
          `alone it has ${formatBytes(claim.bytes)}, and one update removes at most ${limitText} from all tables: raise that, or name it in confirmDrops`,
        );
    } else if (claim.bytes <= left) left -= claim.bytes;
    else {
      left = 0;
      if (oid !== undefined)
        waiting.set(oid, `waits for the next update, because one removes at most ${limitText} from all tables`);
    }
  }
  return waiting;
}

/** Sorts confirmed ones first, then by the end, the table and the range: never by the order in which tables are asked. */
function compareClaims(a: ByteClaim, b: ByteClaim): number {
  if (a.confirmed !== b.confirmed) return a.confirmed ? -1 : 1;
  return (
    compareEnds(a.bounds, b.bounds) ||
    a.table.localeCompare(b.table, "en") ||
    toIntervalKey(a.bounds).localeCompare(toIntervalKey(b.bounds), "en")
  );
}
