import { type ArchiveTable, describeArchiveTable } from "../../declare/archive/table-destination";
import { type BranchRef, encodeBranchPath } from "../../levels/levels";
import type { ArchivedFacts, DetachedTable, LedgerEntry } from "../../observed/ledger";
import { quoteQualified } from "../../names/identifier";
import type { ObservedPartition } from "../../observed/observed-table";
import type { WindowSpec } from "../../declare/table/spec";
import { type Instant, compareInstants, formatInstant, parseInstant } from "../../time/instant";
import type { OpenInterval } from "../../time/interval";
import { addSpan, formatSpan } from "../../time/span";
import { type Clocks, getDecidingHorizon, getDecidingNow } from "../../window/clocks";
import type { Extent } from "./extent";

/** One step by which a partition leaves its table, or the database. */
export type Retirement = Finalize | Detach | Export | Drop;

/** The end of an interrupted detach. */
export interface Finalize {
  readonly verb: "finalize";
  readonly table: Leaving;
  readonly reason: string;
  readonly promise: Promised;
  /** It has left the table already and only the ledger lacks that: no statement runs. */
  readonly left: boolean;
}

export interface Detach {
  readonly verb: "detach";
  readonly table: Leaving;
  readonly reason: string;
  readonly promise: Promised;
}

/** Writes and verifies the archive of a detached table. */
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

/** The attached or detached partition of a step. */
export interface Leaving {
  readonly schema: string;
  readonly name: string;
  readonly oid: string;
  readonly bounds: OpenInterval;
  /** The branch that it is a direct part of; undefined for a part of the table itself, and for a detached one. */
  readonly parent?: BranchRef | undefined;
  /** The same as recorded in the ledger, also for a detached one. */
  readonly branch?: string;
  readonly rows: number | undefined;
  readonly bytes: number;
  readonly foreign: boolean;
  /** `schema.table` of each table that a detached one refers to. Left out: as its parent does. */
  readonly references?: readonly string[];
  /** `schema.name` of its own partitions, at any depth. Left out: none. */
  readonly parts?: readonly string[];
  /** Left out: one interval of the grid, or it is not counted. */
  readonly extent?: Extent;
}

/** Promise of a detach in the ledger. */
type Promised =
  | { readonly kind: "stays" }
  /** A drop, not before that time. */
  | { readonly kind: "drop"; readonly after: Instant }
  /** An archive, and the drop after that. `after`: the time that an earlier rule promised for the drop. */
  | { readonly kind: "archive"; readonly into: ArchiveTable | undefined; readonly after?: Instant }
  /** A drop at once, if the partition is empty. */
  | { readonly kind: "empty" };

/** Condition checked again, under its lock, before a table is dropped. */
export type DropNeeds =
  | { readonly kind: "nothing" }
  /** Its archive is still the one that was found. */
  | { readonly kind: "archive"; readonly archived: ArchivedFacts }
  /** Its archive, which the same update writes first. */
  | { readonly kind: "archive to come" }
  /** It has no rows. */
  | { readonly kind: "no rows" };

/** Unknown bounds. */
const OPEN: OpenInterval = { from: undefined, to: undefined };

export function toLeavingPartition(partition: ObservedPartition): Leaving {
  const { schema, name, oid, bounds = OPEN, parent, rows, bytes, foreign = false, parts } = partition;
  const branch = encodeBranchPath(parent?.path ?? []);
  return { schema, name, oid, bounds, parent, branch, rows, bytes, foreign, ...(parts ? { parts } : {}) };
}

export function toLeavingTable(table: DetachedTable): Leaving {
  const { schema, name, oid, bounds, branch, rows, bytes, foreign = false, parts, references } = table;
  const below = parts ? { parts } : {};
  return { schema, name, oid, bounds, branch, rows, bytes, foreign, ...below, ...(references ? { references } : {}) };
}

/** Plans the detach of an expired partition, with the promise of what follows. */
export function planDetach(partition: ObservedPartition, spec: WindowSpec, clocks: Clocks): Detach {
  const ended = partition.bounds?.to ? formatInstant(partition.bounds.to) : "never";
  return {
    verb: "detach",
    table: toLeavingPartition(partition),
    reason: `ended ${ended}, and retention (${describeRetention(spec)}) begins at ${formatHorizon(spec, clocks)}`,
    promise: decidePromise(spec, getDecidingNow(clocks)),
  };
}

function describeRetention({ retention }: WindowSpec): string {
  return retention === "forever" ? retention : formatSpan(retention);
}

/** Plans the export of a table that has been detached. */
export function planArchive(table: DetachedTable, { archive }: Pick<WindowSpec, "archive">): Export {
  return planExport(toLeavingTable(table), describeDetached(table, "not archived yet"), archive?.table);
}

/** Names the target if it is a table. */
function planExport(table: Leaving, reason: string, into: ArchiveTable | undefined): Export {
  const where = into ? `; its rows go into ${describeArchiveTable(into)}` : "";
  return { verb: "archive", table, reason: `${reason}${where}`, into };
}

/** Plans the archive that follows a detach in the same update, if the detach promises one. */
export function planFollowingArchive({ table, reason, promise }: Detach): Export | undefined {
  return promise.kind === "archive" ? planExport(table, reason, promise.into) : undefined;
}

/** Plans the drop that follows a detach or an archive in the same update. */
export function planFollowingDrop(first: Detach | Export): Drop {
  const { table, reason } = first;
  const isArchivedFirst = first.verb === "archive" || first.promise.kind === "archive";
  const after = first.verb === "detach" && first.promise.kind === "drop" ? first.promise.after : undefined;
  const empty = first.verb === "detach" && first.promise.kind === "empty";
  const kind = isArchivedFirst ? "archive to come" : empty ? "no rows" : "nothing";
  return { verb: "drop", table, reason, dropAfter: after, needs: { kind } };
}

/**
 * Plans the end of an interrupted detach. One that this stack began retains its promised day.
 *
 * @param begun the ledger's entry of its begin; undefined: another session began it
 */
export function planFinalize(
  partition: ObservedPartition,
  begun: LedgerEntry | undefined,
  spec: WindowSpec,
  clocks: Clocks,
): Finalize {
  return {
    verb: "finalize",
    table: toLeavingPartition(partition),
    reason: `${begun ? "its detach was interrupted" : "another session began its detach"}: readers no longer see it, writers of its range are refused; FINALIZE ends that`,
    promise: begun ? renewPromise(begun, spec, getDecidingNow(clocks)) : { kind: "stays" },
    left: false,
  };
}

/** Records a detach by a run that was killed before recording it: its time is not known, so every period counts from now. */
export function planUnrecordedFinalize(table: DetachedTable, spec: WindowSpec, clocks: Clocks): Finalize {
  return {
    verb: "finalize",
    table: toLeavingTable(table),
    reason: "it is detached, and the update that did it was killed before it recorded that; its grace begins now",
    promise: decidePromise(spec, getDecidingNow(clocks)),
    left: true,
  };
}

function decidePromise(spec: WindowSpec, now: Instant): Promised {
  switch (spec.onExpire) {
    case "detach":
      return { kind: "stays" };
    case "drop":
      return { kind: "drop", after: computeGraceEnd(spec, now) };
    case "archive":
      return { kind: "archive", into: spec.archive?.table };
  }
}

/** Renews the promise by the current rule, with the day recorded when the detach began. */
function renewPromise({ detail }: LedgerEntry, spec: WindowSpec, now: Instant): Promised {
  const promise = decidePromise(spec, now);
  if (detail.dropAfter === undefined) return promise;
  const after = parseInstant(detail.dropAfter, "UTC");
  return promise.kind === "archive" ? { ...promise, after } : { kind: "drop", after };
}

/** Plans the drop of a table that was detached before. */
export function planDrop(table: DetachedTable, why: string): Drop {
  const { archived } = table;
  return {
    verb: "drop",
    table: toLeavingTable(table),
    reason: describeDetached(table, why),
    dropAfter: archived?.dropAfter ?? table.dropAfter,
    needs: archived ? { kind: "archive", archived } : { kind: "nothing" },
  };
}

/** Describes why a detached table is dropped, or stays. */
function describeDetached({ detachedAt, foreign }: DetachedTable, why: string): string {
  return `detached ${formatInstant(detachedAt)}, ${why}${foreign ? `; ${DEFINITION_ALONE}` : ""}`;
}

/** Text for each foreign table that leaves. */
const DEFINITION_ALONE = "a foreign table: its definition is dropped, its rows are not";

/** Explains why foreign tables are not exported: their rows are no part of this database. */
export function explainNotArchived(
  { schema, name }: Pick<Leaving, "schema" | "name">,
  above: string | undefined,
): string {
  const detach =
    above === undefined
      ? ""
      : `. ALTER TABLE ${above} DETACH PARTITION ${quoteQualified(schema, name)} CONCURRENTLY detaches it`;
  return `is a foreign table, whose rows are elsewhere: it is not archived, and left as it is${detach}`;
}

/** Returns the time at which the partition of a step may be dropped, if known. */
export function getPromisedDropDay(step: Retirement): Instant | undefined {
  if (step.verb === "drop") return step.dropAfter;
  return "promise" in step && "after" in step.promise ? step.promise.after : undefined;
}

/** True for a drop that only an archive allows, which exists or is written in the same update. */
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

/**
 * Returns the time from which a partition detached or archived at a given time may be dropped. The end of a grace is a whole second,
 * which reads better; without one it is that very time, because the same update drops what it has archived.
 */
export function computeGraceEnd({ grace }: Pick<WindowSpec, "grace">, from: Instant): Instant {
  return grace ? addSpan(from, grace, "UTC").round({ smallestUnit: "second", roundingMode: "ceil" }) : from;
}

function formatHorizon(spec: WindowSpec, clocks: Clocks): string {
  const horizon = getDecidingHorizon(spec, clocks);
  return horizon ? formatInstant(horizon) : "(none)";
}

/** Compares by the end, oldest first. */
export function compareEnds(a: OpenInterval | undefined, b: OpenInterval | undefined): number {
  if (!a?.to || !b?.to) return 0;
  return compareInstants(a.to, b.to);
}
