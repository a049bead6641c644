import type { Instant } from "../time/instant";
import type { OpenInterval } from "../time/interval";

/** The latest ledger entries that decide about one partition of a table. */
export interface LedgerEntry {
  readonly partition: string;
  /** The branch that it belongs to, as encodeBranchPath writes it; empty for the table itself. */
  readonly branch: string;
  readonly oid: string | undefined;
  readonly bounds: OpenInterval;
  readonly event: LedgerEvent;
  /** Time at which it took effect, by the clock that decides (the database's, or a trusted asOf). */
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
  /** No session can write to it any more, because it is being archived. */
  | "fenced"
  /** An export into the store has begun. */
  | "exporting"
  /** The archive is complete and proved. */
  | "archived"
  /** The archive in the store differs from its record in the ledger. */
  | "doubted"
  /** A table was created for the rows of an archive, which are not in it yet. */
  | "restoring"
  /** All rows of an archive are in it. */
  | "restored";

export interface LedgerDetail {
  /** On `adopted`: the partition had already expired, so it is never swept until confirmed. */
  readonly expiredAtAdoption?: boolean;
  /** On `detaching` and `detached`: time of the drop, fixed at the detach. On `archived`: the same, from then on. */
  readonly dropAfter?: string;
  /** On `detaching` and `detached`: it must be archived before anything else happens to it. */
  readonly archive?: true;
  /** On `archived`, `restoring` and `restored`: location of the manifest in the store, `s3://bucket/…/_manifest.json`. */
  readonly manifest?: string;
  readonly rows?: number;
  readonly bytes?: number;
  readonly objects?: number;
  /** On `archived`: proof of the archive. */
  readonly verify?: "checksum" | "readBack";
  /** On `restored`: requested on the command line, so that no program has to name it. */
  readonly pinned?: true;
  /** On `attached` by a conversion: what the plain table had, for its way back. */
  readonly plain?: PlainShape;
  /** On `attached` by a conversion, and `released` by its way back: foreign keys that the swap leaves to be validated, `schema.table.name`. */
  readonly validate?: readonly string[];
  /** On `restored` and pinned: time at which it may leave again. Left out: when confirmDrops names it. */
  readonly until?: string;
}

/** What a plain table had and its partitioned successor cannot have, or has under the same names. */
export interface PlainShape {
  /** Left out: it had none. */
  readonly primaryKey?: { readonly name: string; readonly columns: readonly string[] };
  /** Former names of indexes and statistics objects, by those that the conversion gave them. */
  readonly names: Readonly<Record<string, string>>;
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

/** A table that this product detached: identified by its ledger row, oid and bounds, never by its name. */
export interface DetachedTable {
  /** As in the ledger. */
  readonly branch: string;
  readonly schema: string;
  readonly name: string;
  readonly oid: string;
  readonly bounds: OpenInterval;
  readonly detachedAt: Instant;
  readonly dropAfter: Instant | undefined;
  /** Its detach requires an archive. */
  readonly toArchive?: boolean;
  /** Set if its latest ledger entry is that it has been archived. */
  readonly archived?: ArchivedFacts | undefined;
  /** A foreign table: its rows are stored elsewhere. */
  readonly foreign?: boolean;
  /** It refuses writes. */
  readonly fenced?: boolean;
  /** Created for the rows of an archive, which are not in it yet. */
  readonly awaitsRows?: boolean;
  /**
   * The ledger has the intent of its detach but not the end: a run was killed in between, and the time of the detach is unknown.
   */
  readonly unrecorded?: boolean;
  /** Logical slots of this database that have not read up to its detach. */
  readonly unreadBy?: readonly string[];
  /** `schema.table` of each table that its foreign keys refer to. Left out: not read. */
  readonly references?: readonly string[];
  /** `schema.name` of its own partitions, at any depth. Left out: none. */
  readonly parts?: readonly string[];
  readonly rows: number | undefined;
  readonly bytes: number;
}
