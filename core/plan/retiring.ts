import { type ArchiveTable, describeArchiveTable } from "../archive/table-destination";
import { type BranchRef, branchKey } from "../levels/levels";
import type { ArchivedFacts, DetachedTable, LedgerEntry } from "../ledger";
import { quoteQualified } from "../names/identifier";
import type { ObservedLeaf } from "../observed";
import type { WindowSpec } from "../spec/spec";
import { type Instant, compareInstants, formatInstant, parseInstant } from "../time/instant";
import type { OpenInterval } from "../time/interval";
import { addSpan } from "../time/span";
import { type Clocks, decidingHorizon, decidingNow } from "./clocks";

/** A partition that is due for retirement, or one that will be later. */
export interface Retirement {
  readonly verb: "finalize" | "detach" | "archive" | "drop";
  readonly schema: string;
  readonly partition: string;
  readonly oid: string;
  readonly bounds: OpenInterval;
  /** The branch that it is a direct part of; undefined for a part of the table itself, and for one that has left. */
  readonly parent?: BranchRef | undefined;
  /** The same as the ledger knows it, also of one that has left. */
  readonly branch?: string;
  readonly rows: number | undefined;
  readonly bytes: number;
  readonly reason: string;
  /** Dropped only if no row is in it, which is looked at under its lock. */
  readonly onlyEmpty?: boolean;
  /** Intervals of the grid at its place; left out: one. */
  readonly intervals?: number;
  /** Why it is no interval of the grid. @example "has no beginning" */
  readonly odd?: string;
  /** Rows of other tables refer to it, or other objects need it, so it stays: worth a warning in every update. */
  readonly referred?: true;
  /** On a detach that promises a drop. */
  readonly dropAfter: Instant | undefined;
  /** It is archived before it is dropped. */
  readonly toArchive?: true;
  /** On a detach that an archive follows, and on that: the table that the rows go into. */
  readonly archiveTable?: ArchiveTable;
  /** On a drop: the archive that it stands on. */
  readonly archived?: ArchivedFacts;
  /** A hold keeps it. */
  readonly held?: true;
  /** On a finalize: it has left the table already, and the ledger alone lacks that. No statement is run. */
  readonly left?: true;
  /** A foreign table: what is dropped of it is its definition, and its rows stay where they are. */
  readonly foreign?: true;
}

/** Bounds of which nothing is known. */
export const OPEN: OpenInterval = { from: undefined, to: undefined };

/** The detach of an expired partition, with the promise of a drop where one follows. */
export function detachOf(leaf: ObservedLeaf, spec: WindowSpec, clocks: Clocks): Retirement {
  const bounds = leaf.bounds ?? OPEN;
  return {
    verb: "detach",
    schema: leaf.schema,
    partition: leaf.name,
    oid: leaf.oid,
    bounds,
    parent: leaf.parent,
    branch: branchKey(leaf.parent?.path ?? []),
    rows: leaf.rows,
    bytes: leaf.bytes,
    reason: `ended ${bounds.to ? formatInstant(bounds.to) : "never"}, not after the horizon ${formatHorizon(spec, clocks)}`,
    dropAfter: spec.onExpire === "drop" ? endOfGrace(spec, decidingNow(clocks)) : undefined,
    ...(spec.onExpire === "archive" ? { toArchive: true as const, ...wayOut(spec) } : {}),
    ...(leaf.foreign ? { foreign: true as const } : {}),
  };
}

/** The export of a table that has been detached. */
export function archiveOf(table: DetachedTable, spec: Pick<WindowSpec, "archive">): Retirement {
  return archiving({ ...dropOf(table, "not archived yet"), dropAfter: undefined, toArchive: true, ...wayOut(spec) });
}

/** The step after a detach; where it goes is said where it is a table. */
export function archiving(retirement: Retirement): Retirement {
  const { archiveTable, reason } = retirement;
  const where = archiveTable ? `; its rows go into ${describeArchiveTable(archiveTable)}` : "";
  return { ...retirement, verb: "archive", reason: `${reason}${where}` };
}

function wayOut({ archive }: Pick<WindowSpec, "archive">): Pick<Retirement, "archiveTable"> {
  return archive?.table ? { archiveTable: archive.table } : {};
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
): Retirement {
  const promised = begun?.detail.dropAfter === undefined ? undefined : parseInstant(begun.detail.dropAfter, "UTC");
  const promise = begun ? promiseOf(spec, decidingNow(clocks)) : { dropAfter: undefined };
  return {
    verb: "finalize",
    schema: leaf.schema,
    partition: leaf.name,
    oid: leaf.oid,
    bounds: leaf.bounds ?? OPEN,
    parent: leaf.parent,
    branch: branchKey(leaf.parent?.path ?? []),
    rows: leaf.rows,
    bytes: leaf.bytes,
    reason: `${begun ? "its detach was interrupted" : "somebody else began its detach"}: readers no longer see it, writers of its range are refused; FINALIZE ends that`,
    ...promise,
    ...(promised ? { dropAfter: promised } : {}),
  };
}

/** Of one that has left, by a run that was killed before it wrote that down: when is not known, so every time counts from now. */
export function leftOf(table: DetachedTable, spec: WindowSpec, clocks: Clocks): Retirement {
  return {
    ...dropOf(table, ""),
    verb: "finalize",
    reason:
      "it has left the table, and the update that took it out was killed before it wrote that down; its grace begins now",
    ...promiseOf(spec, decidingNow(clocks)),
    left: true,
  };
}

function promiseOf(spec: WindowSpec, now: Instant): Pick<Retirement, "dropAfter" | "toArchive"> {
  return {
    dropAfter: spec.onExpire === "drop" ? endOfGrace(spec, now) : undefined,
    ...(spec.onExpire === "archive" ? { toArchive: true as const } : {}),
  };
}

/** The drop of a table that was detached before. */
export function dropOf(table: DetachedTable, why: string): Retirement {
  return {
    verb: "drop",
    schema: table.schema,
    partition: table.name,
    oid: table.oid,
    bounds: table.bounds,
    branch: table.branch,
    rows: table.rows,
    bytes: table.bytes,
    reason: `detached ${formatInstant(table.detachedAt)}, ${why}${table.foreign ? `; ${DEFINITION_ALONE}` : ""}`,
    dropAfter: table.archived?.dropAfter ?? table.dropAfter,
    ...(table.archived ? { archived: table.archived } : {}),
    ...(table.foreign ? { foreign: true as const } : {}),
  };
}

/** What is said wherever a foreign table goes. */
const DEFINITION_ALONE = "a foreign table: its definition goes, and its rows stay where they are";

/** Foreign tables are not exported: their rows are no part of this database, whose archive it would be. */
export function whyNotArchived(leaf: Pick<Retirement, "schema" | "partition">, table: string | undefined): string {
  const name = quoteQualified(leaf.schema, leaf.partition);
  const wayOn =
    table === undefined ? "" : `. ALTER TABLE ${table} DETACH PARTITION ${name} CONCURRENTLY takes it out of the table`;
  return `is a foreign table, whose rows are elsewhere: it is not archived, and stays as it is${wayOn}`;
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
