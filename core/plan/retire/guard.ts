import type { DetachedTable } from "../../observed/ledger";
import type { Observation, ObservedPartition } from "../../observed/observed-table";
import type { WindowSpec } from "../../declare/table/spec";
import type { Instant } from "../../time/instant";
import type { BackupFact } from "./backup-guard";
import type { ByteLimit } from "./byte-limit";
import type { Clocks } from "../../window/clocks";
import type { Dependents } from "./dependents";
import type { ReferringRows } from "./referring";
import type { Detach, Retirement } from "./retiring";

/** A step that is due by the clock or an interruption, before any guard is asked. */
export type Candidate =
  /** A detach that stopped half-way: finished whatever keeps partitions, because a half-detached one cannot be used. */
  | { readonly kind: "interrupted"; readonly step: Retirement }
  /** An attached partition that has expired. */
  | { readonly kind: "attached"; readonly step: Detach; readonly partition: ObservedPartition }
  /** A table that this stack detached before. */
  | { readonly kind: "detached"; readonly step: Retirement; readonly table: DetachedTable }
  /** An empty partition of a value that has ended. */
  | { readonly kind: "empty"; readonly step: Detach }
  /** A step of the same update, due once the first one has succeeded. */
  | { readonly kind: "following"; readonly step: Retirement; readonly first: Candidate };

/** A candidate with the reason that keeps it, if a guard gave one. */
export interface Judged {
  readonly candidate: Candidate;
  readonly keep: Keep | undefined;
}

export interface Kept extends Judged {
  readonly keep: Keep;
}

/** Facts by which guards decide. */
export interface GuardFacts {
  readonly spec: WindowSpec;
  /** The window of the last update. */
  readonly registered: WindowSpec | undefined;
  readonly observation: Observation;
  readonly clocks: Clocks;
  /** The time that graces, holds and backups are measured by. */
  readonly now: Instant;
  readonly referring: ReferringRows;
  readonly dependents: Dependents;
  readonly backup: BackupFact | undefined;
  readonly byteLimit: ByteLimit | undefined;
  /** Reason why one of these could not be read. */
  readonly unread: string | undefined;
}

/**
 * Function that is called once per plan with the steps judged so far. It returns the function that judges each candidate that no
 * earlier guard keeps, oldest first.
 */
export type Guard = (facts: GuardFacts, judged: readonly Judged[]) => (candidate: Candidate) => Reason | undefined;

export interface Reason {
  readonly reason: string;
  /** Appended to the reason for which it would leave, instead of replacing it. */
  readonly behind?: true;
}

/** Reason that keeps a step from being done, with its guard. */
export interface Keep extends Reason {
  readonly by: KeptBy;
}

export type KeptBy =
  | "wayBack"
  | "split"
  | "hold"
  | "restored"
  | "foreign"
  | "adopted"
  | "odd"
  | "unrecorded"
  | "archive"
  | "grace"
  | "backup"
  | "referred"
  | "dependents"
  | "cut"
  | "intervals"
  | "bytes"
  | "unread"
  | "paused"
  | "clock"
  | "hours";

/** Makes a guard that looks at one candidate alone. */
export function judgeEach(judge: (candidate: Candidate, facts: GuardFacts) => Reason | undefined): Guard {
  return (facts) => (candidate) => judge(candidate, facts);
}
