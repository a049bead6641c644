import { type ArchiveTable, describeArchiveTable } from "../../declare/archive/table-destination";
import { type BranchRef, branchKey } from "../../levels/levels";
import type { ArchivedFacts, DetachedTable, LedgerEntry } from "../../observed/ledger";
import { quoteQualified } from "../../names/identifier";
import type { ObservedLeaf } from "../../observed/table";
import type { WindowSpec } from "../../declare/table/spec";
import { type Instant, compareInstants, formatInstant, parseInstant } from "../../time/instant";
import type { OpenInterval } from "../../time/interval";
import { addSpan } from "../../time/span";
import { type Clocks, decidingHorizon, decidingNow } from "../../window/clocks";
import type { Extent } from "./extent";

/** One step by which a partition leaves its table, or the database. */
export type Retirement = Finalize | Detach | Export | Drop;

/** The end of a detach that was interrupted. */
export interface Finalize {
  readonly verb: "finalize";
  readonly table: Leaving;
  readonly reason: string;
  readonly promise: Promised;
  /** It has left the table already, and the ledger alone lacks that: no statement is run. */
  readonly left: boolean;
}

export interface Detach {
  readonly verb: "detach";
  readonly table: Leaving;
  readonly reason: string;
  readonly promise: Promised;
}

/** The archive of a detached table is made and proved. */
export interface Export {
  readonly verb: "archive";
  readonly table: Leaving;
  readonly reason: string;
  /** The table that the rows go into; undefined: they go into an object store. */
  readonly into: ArchiveTable | undefined;
}

export interface Drop {
  readonly verb: "drop";
  readonly table: Leaving;
  readonly reason: string;
  readonly dropAfter: Instant | undefined;
  readonly needs: DropNeeds;
}

/** The partition, attached or detached, that a step is about. */
export interface Leaving {
  readonly schema: string;
  readonly name: string;
  readonly oid: string;
  readonly bounds: OpenInterval;
  /** The branch that it is a direct part of; undefined for a part of the table itself, and for one that has left. */
  readonly parent?: BranchRef | undefined;
  /** The same as the ledger knows it, also of one that has left. */
  readonly branch?: string;
  readonly rows: number | undefined;
  readonly bytes: number;
  readonly foreign: boolean;
  /** Left out: an interval of the grid, or nothing counts it. */
  readonly extent?: Extent;
}

/** What a detach promises in the ledger. */
type Promised =
  | { readonly kind: "stays" }
  /** A drop, not before that moment. */
  | { readonly kind: "drop"; readonly after: Instant }
  /** An archive, and the drop after that. `after`: the moment that an earlier rule has promised for the drop. */
  | { readonly kind: "archive"; readonly into: ArchiveTable | undefined; readonly after?: Instant }
  /** A drop at once, if the partition is empty. */
  | { readonly kind: "empty" };

/** What is looked at again, under its lock, before a table is dropped. */
export type DropNeeds =
  | { readonly kind: "nothing" }
  /** That its archive is the one that was looked for. */
  | { readonly kind: "archive"; readonly archived: ArchivedFacts }
  /** Its archive, which the same update makes first. */
  | { readonly kind: "archive to come" }
  /** That no row is in it. */
  | { readonly kind: "no rows" };

/** Bounds of which nothing is known. */
const OPEN: OpenInterval = { from: undefined, to: undefined };

export function leavingLeaf(leaf: ObservedLeaf): Leaving {
  const { schema, name, oid, bounds = OPEN, parent, rows, bytes, foreign = false } = leaf;
  return { schema, name, oid, bounds, parent, branch: branchKey(parent?.path ?? []), rows, bytes, foreign };
}

export function leavingTable(table: DetachedTable): Leaving {
  const { schema, name, oid, bounds, branch, rows, bytes, foreign = false } = table;
  return { schema, name, oid, bounds, branch, rows, bytes, foreign };
}

/** The detach of an expired partition, with the promise of what follows. */
export function detachOf(leaf: ObservedLeaf, spec: WindowSpec, clocks: Clocks): Detach {
  const ended = leaf.bounds?.to ? formatInstant(leaf.bounds.to) : "never";
  return {
    verb: "detach",
    table: leavingLeaf(leaf),
    reason: `ended ${ended}, not after the horizon ${formatHorizon(spec, clocks)}`,
    promise: promiseOf(spec, decidingNow(clocks)),
  };
}

/** The export of a table that has been detached. */
export function archiveOf(table: DetachedTable, { archive }: Pick<WindowSpec, "archive">): Export {
  return exportOf(leavingTable(table), describeDetached(table, "not archived yet"), archive?.table);
}

/** Where the rows go is said where it is a table. */
function exportOf(table: Leaving, reason: string, into: ArchiveTable | undefined): Export {
  const where = into ? `; its rows go into ${describeArchiveTable(into)}` : "";
  return { verb: "archive", table, reason: `${reason}${where}`, into };
}

/** The archive that follows a detach in the same update, where it promises one. */
export function archiveAfter({ table, reason, promise }: Detach): Export | undefined {
  return promise.kind === "archive" ? exportOf(table, reason, promise.into) : undefined;
}

/** The drop that follows a detach or an archive in the same update. */
export function dropFollowing(first: Detach | Export): Drop {
  const { table, reason } = first;
  const archives = first.verb === "archive" || first.promise.kind === "archive";
  const after = first.verb === "detach" && first.promise.kind === "drop" ? first.promise.after : undefined;
  const empty = first.verb === "detach" && first.promise.kind === "empty";
  const kind = archives ? "archive to come" : empty ? "no rows" : "nothing";
  return { verb: "drop", table, reason, dropAfter: after, needs: { kind } };
}

/**
 * The end of a detach that was interrupted. One that we began keeps the day that it was promised.
 *
 * @param begun the ledger's entry of its begin; undefined: another session began it
 */
export function finalizeOf(
  leaf: ObservedLeaf,
  begun: LedgerEntry | undefined,
  spec: WindowSpec,
  clocks: Clocks,
): Finalize {
  return {
    verb: "finalize",
    table: leavingLeaf(leaf),
    reason: `${begun ? "its detach was interrupted" : "somebody else began its detach"}: readers no longer see it, writers of its range are refused; FINALIZE ends that`,
    promise: begun ? renewedPromise(begun, spec, decidingNow(clocks)) : { kind: "stays" },
    left: false,
  };
}

/** Of one that has left, by a run that was killed before it wrote that down: when is not known, so every time counts from now. */
export function leftOf(table: DetachedTable, spec: WindowSpec, clocks: Clocks): Finalize {
  return {
    verb: "finalize",
    table: leavingTable(table),
    reason:
      "it has left the table, and the update that took it out was killed before it wrote that down; its grace begins now",
    promise: promiseOf(spec, decidingNow(clocks)),
    left: true,
  };
}

function promiseOf(spec: WindowSpec, now: Instant): Promised {
  switch (spec.onExpire) {
    case "detach":
      return { kind: "stays" };
    case "drop":
      return { kind: "drop", after: endOfGrace(spec, now) };
    case "archive":
      return { kind: "archive", into: spec.archive?.table };
  }
}

/** By the rule of now, with the day that was written when the detach began. */
function renewedPromise({ detail }: LedgerEntry, spec: WindowSpec, now: Instant): Promised {
  const promise = promiseOf(spec, now);
  if (detail.dropAfter === undefined) return promise;
  const after = parseInstant(detail.dropAfter, "UTC");
  return promise.kind === "archive" ? { ...promise, after } : { kind: "drop", after };
}

/** The drop of a table that was detached before. */
export function dropOf(table: DetachedTable, why: string): Drop {
  const { archived } = table;
  return {
    verb: "drop",
    table: leavingTable(table),
    reason: describeDetached(table, why),
    dropAfter: archived?.dropAfter ?? table.dropAfter,
    needs: archived ? { kind: "archive", archived } : { kind: "nothing" },
  };
}

/** Why a detached table goes, or stays. */
function describeDetached({ detachedAt, foreign }: DetachedTable, why: string): string {
  return `detached ${formatInstant(detachedAt)}, ${why}${foreign ? `; ${DEFINITION_ALONE}` : ""}`;
}

/** What is said wherever a foreign table goes. */
const DEFINITION_ALONE = "a foreign table: its definition goes, and its rows stay where they are";

/** Foreign tables are not exported: their rows are no part of this database, whose archive it would be. */
export function whyNotArchived({ schema, name }: Pick<Leaving, "schema" | "name">, above: string | undefined): string {
  const detach =
    above === undefined
      ? ""
      : `. ALTER TABLE ${above} DETACH PARTITION ${quoteQualified(schema, name)} CONCURRENTLY takes it out of the table`;
  return `is a foreign table, whose rows are elsewhere: it is not archived, and stays as it is${detach}`;
}

/** When the partition of a step may be dropped, as far as that is known. */
export function dropDay(step: Retirement): Instant | undefined {
  if (step.verb === "drop") return step.dropAfter;
  return "promise" in step && "after" in step.promise ? step.promise.after : undefined;
}

/** True of a drop that only an archive allows, which exists or comes in the same update. */
export function needsArchive({ needs }: Drop): boolean {
  return needs.kind === "archive" || needs.kind === "archive to come";
}

/** A drop whose archive is complete. */
export interface ArchivedDrop extends Drop {
  readonly needs: Extract<DropNeeds, { readonly kind: "archive" }>;
}

export function isArchivedDrop(step: Retirement): step is ArchivedDrop {
  return step.verb === "drop" && step.needs.kind === "archive";
}

/** When what is detached, or archived, at a moment may be dropped. */
export function endOfGrace(spec: Pick<WindowSpec, "grace">, from: Instant): Instant {
  return (spec.grace ? addSpan(from, spec.grace, "UTC") : from).round({ smallestUnit: "second", roundingMode: "ceil" });
}

function formatHorizon(spec: WindowSpec, clocks: Clocks): string {
  const horizon = decidingHorizon(spec, clocks);
  return horizon ? formatInstant(horizon) : "(none)";
}

/** Sorts by the end, oldest first. */
export function compareEnds(a: OpenInterval | undefined, b: OpenInterval | undefined): number {
  if (!a?.to || !b?.to) return 0;
  return compareInstants(a.to, b.to);
}
