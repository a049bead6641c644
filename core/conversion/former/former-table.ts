import type { BackupSpec } from "../../declare/retention/backup";
import type { WindowSpec } from "../../declare/table/spec";
import type { Registration } from "../../observed/registration";
import type { BackupFact } from "../../plan/retire/backup-guard";
import type { Dependent } from "../../plan/retire/dependents";
import type { Instant } from "../../time/instant";
import type { OpenInterval } from "../../time/interval";

/** The plain table after its swap, or a history after its split, as the catalogue has the relation with that oid now. */
export interface FormerTable {
  readonly schema: string;
  readonly name: string;
  readonly oid: string;
  /** Estimate from the last ANALYZE. Undefined: never. */
  readonly rows: number | undefined;
  /** Heap, indexes and toast. */
  readonly bytes: number;
  /** The trigger by which it refuses writes, as {@link Swapped.refusal}. Undefined: it is gone, or not enabled for every session. */
  readonly refusal: string | undefined;
  /** `schema.name` of what it is a partition or a child of. */
  readonly parents: readonly string[];
  /** `schema.name` of each table that foreign keys of it refer to. */
  readonly references: readonly string[];
}

/** What the journal has of the swap after which it is a former table. */
export interface Swapped {
  /** By the clock that decides. */
  readonly at: Instant;
  /**
   * Oid of the trigger that was made to refuse writes, and the transaction that wrote its row in the catalogue: one that was
   * switched off and on again, or made anew, is another text.
   */
  readonly refusal: string;
}

/** What the journal has of the conversion. */
export interface FormerRecord {
  /** Id of the conversion. */
  readonly id: string;
  /** Oid of the former table. */
  readonly oid: string;
  /** The name that the swap has given it, or left it. */
  readonly name: string;
  /** True once its swap has nothing left to do, and no way back is open. */
  readonly ended: boolean;
  /** Until when its way back is open, as RFC 3339. Undefined: none is. */
  readonly wayBackUntil: string | undefined;
  /** Undefined: an earlier version has swapped it. */
  readonly swapped: Swapped | undefined;
  /** False: the table of that name now is another one than the conversion has made. */
  readonly isOfTable: boolean;
}

/** What is declared about it. */
export interface FormerRules extends Pick<
  WindowSpec,
  "holds" | "paused" | "allowRetireBetween" | "allowRetireOn" | "key"
> {
  readonly requireBackupSince: BackupSpec | undefined;
  /** From when on it is dropped. */
  readonly dropAfter: Instant;
  /** Range of time of its rows. */
  readonly bounds: OpenInterval;
}

/** All by which its guards decide. */
export interface FormerFacts {
  readonly rules: FormerRules;
  readonly record: FormerRecord;
  readonly table: FormerTable;
  /** The time that decides. */
  readonly now: Instant;
  /** Of the table: an operator may have paused its retirement. Undefined: it is not registered. */
  readonly registration: Pick<Registration, "paused"> | undefined;
  /** What PostgreSQL would not drop it for. */
  readonly dependents: readonly Dependent[];
  /** Undefined: none is required. */
  readonly backup: BackupFact | undefined;
}
