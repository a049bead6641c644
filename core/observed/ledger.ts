import type { Instant } from "../time/instant";
import type { OpenInterval } from "../time/interval";

/** The latest ledger entries that decide about one partition of a table. */
export interface LedgerEntry {
  readonly partition: string;
  /** The branch that it is a part of, as branchKey writes it; empty for the table itself. */
  readonly branch: string;
  readonly oid: string | undefined;
  readonly bounds: OpenInterval;
  readonly event: LedgerEvent;
  /** When it took effect, by the clock that decides (the database's, or a trusted asOf). */
  readonly at: Instant;
  readonly detail: LedgerDetail;
}

export type LedgerEvent =
  | "created"
  | "adopted"
  | "attached"
  | "approved"
  | "detaching"
  | "detached"
  | "dropped"
  | "released"
  | "claimed"
  | "destroying"
  /** Nobody may write to it any more, because it is being archived. */
  | "fenced"
  /** An export into the store has begun. */
  | "exporting"
  /** The archive is complete and proved. */
  | "archived"
  /** What the ledger says of an archive is not what the store holds. */
  | "doubted"
  /** A table was made for the rows of an archive, and they are not in it yet. */
  | "restoring"
  /** All rows of an archive are in it. */
  | "restored";

export interface LedgerDetail {
  /** On `adopted`: the partition had expired already, so it is never swept until confirmed. */
  readonly expiredAtAdoption?: boolean;
  /** On `detaching` and `detached`: dropped after this time, promised when it was detached. On `archived`: the same, from then on. */
  readonly dropAfter?: string;
  /** On `detaching` and `detached`: it is archived before anything else happens to it. */
  readonly archive?: true;
  /** On `archived`, `restoring` and `restored`: the manifest's place in the store, `s3://bucket/…/_manifest.json`. */
  readonly manifest?: string;
  readonly rows?: number;
  readonly bytes?: number;
  readonly objects?: number;
  /** On `archived`: how the archive was proved. */
  readonly verify?: "checksum" | "readBack";
  /** On `restored`: the command line asked for it, so that no program has to name it. */
  readonly pinned?: true;
  /** On `restored` and pinned: when it may leave again. Left out: when confirmDrops names it. */
  readonly until?: string;
}

/** A complete and proved archive of a table that still exists. */
export interface ArchivedFacts {
  readonly manifest: string;
  readonly rows: number;
  readonly bytes: number;
  readonly objects: number;
  readonly verify: "checksum" | "readBack";
  readonly at: Instant;
  readonly dropAfter: Instant;
}

/** A table that left its parent by our hand: known by its ledger row, oid and bounds; names never decide. */
export interface DetachedTable {
  /** As in the ledger. */
  readonly branch: string;
  readonly schema: string;
  readonly name: string;
  readonly oid: string;
  readonly bounds: OpenInterval;
  readonly detachedAt: Instant;
  readonly dropAfter: Instant | undefined;
  /** Its detach promised an archive. */
  readonly toArchive?: boolean;
  /** The last word of the ledger about it is that it has been archived. */
  readonly archived?: ArchivedFacts | undefined;
  /** A foreign table: its rows are elsewhere. */
  readonly foreign?: boolean;
  /** It refuses writes. */
  readonly fenced?: boolean;
  /** Made for the rows of an archive that are not in it yet. */
  readonly half?: boolean;
  /** The ledger has the intent of its detach and not its end: a run was killed between the two, and when it left is not known. */
  readonly unrecorded?: boolean;
  /** Logical slots of this database that have not read as far as its detach. */
  readonly unreadBy?: readonly string[];
  readonly rows: number | undefined;
  readonly bytes: number;
}
