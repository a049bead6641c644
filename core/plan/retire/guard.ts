import type { DetachedTable } from "../../observed/ledger";
import type { Observation, ObservedLeaf } from "../../observed/table";
import type { WindowSpec } from "../../declare/table/spec";
import type { Instant } from "../../time/instant";
import type { BackupFact } from "./backup";
import type { ByteLimit } from "./byte-limit";
import type { Clocks } from "../../window/clocks";
import type { Dependents } from "./dependents";
import type { ReferringRows } from "./referring";
import type { Detach, Retirement } from "./retiring";

/** A step that the clock, or an interruption, makes due, before any guard was asked. */
export type Candidate =
  /** A detach that stopped half-way: finished whatever keeps partitions, because half detached one is of no use. */
  | { readonly kind: "interrupted"; readonly step: Retirement }
  /** An attached partition that has expired. */
  | { readonly kind: "attached"; readonly step: Detach; readonly leaf: ObservedLeaf }
  /** A table that we have detached before. */
  | { readonly kind: "detached"; readonly step: Retirement; readonly table: DetachedTable }
  /** An empty partition of a value that has ended. */
  | { readonly kind: "empty"; readonly step: Detach }
  /** A step of the same update, due once the first one has succeeded. */
  | { readonly kind: "following"; readonly step: Retirement; readonly first: Candidate };

/** A candidate with what keeps it, where a guard has said so. */
export interface Judged {
  readonly candidate: Candidate;
  readonly keep: Keep | undefined;
}

export interface Kept extends Judged {
  readonly keep: Keep;
}

/** What guards decide by. */
export interface GuardFacts {
  readonly spec: WindowSpec;
  /** The window of the last update. */
  readonly registered: WindowSpec | undefined;
  readonly observation: Observation;
  readonly clocks: Clocks;
  /** The moment that graces, holds and backups are measured by. */
  readonly now: Instant;
  readonly referring: ReferringRows;
  readonly dependents: Dependents;
  readonly backup: BackupFact | undefined;
  readonly byteLimit: ByteLimit | undefined;
  /** Why one of these could not be read. */
  readonly unread: string | undefined;
}

/**
 * Started once in a plan with what is judged so far, then asked about each candidate that no guard before it keeps, the oldest first.
 */
export type Guard = (facts: GuardFacts, judged: readonly Judged[]) => (candidate: Candidate) => Reason | undefined;

export interface Reason {
  readonly reason: string;
  /** Said behind the reason for which it would go, not in its place. */
  readonly behind?: true;
}

/** What keeps a step from being done. */
export interface Keep extends Reason {
  readonly by: KeptBy;
}

export type KeptBy =
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

/** A guard that looks at one candidate alone. */
export function each(judge: (candidate: Candidate, facts: GuardFacts) => Reason | undefined): Guard {
  return (facts) => (candidate) => judge(candidate, facts);
}
