import { acceptSnapshots } from "../../../core/conversion/copy/old-snapshots";
import { describeCopyWork } from "../../../core/conversion/copy/work-statements";
import { observeAfterSplit, observeIndexesAfterSplit } from "../../../core/conversion/split/after-split";
import { type SplitSource } from "../../../core/conversion/split/split-source";
import type { ObservedTable } from "../../../core/observed/observed-table";
import type { Problem } from "../../../core/problems/problem";
import {
  type ConversionState,
  type DeclaredAttach,
  type DeclaredCopy,
  toSplit,
} from "../../../core/resources/conversion";
import { acceptAll } from "../../../conversion/snapshots/accept-snapshots";
import { performFormer } from "../../../conversion/former/drop-former";
import type { FormerReading } from "../../../conversion/former/read-former";
import { giveUp } from "../../../conversion/give-up";
import type { Copyable, CopyReading } from "../../../conversion/read/copy-reading";
import { readCopy } from "../../../conversion/read/read-copy";
import { readSettling } from "../../../conversion/settle-copy";
import { MAX_CHANGES } from "../../../conversion/follow";
import { findCopyRecord } from "../../../postgres/conversion/journal";
import type { ResourceContext } from "../../runtime/call-context";
import type { Runtime } from "../../runtime/runtime";
import { refuse } from "../shared/inputs";
import { showStatements } from "../shared/show";
import { describeSize } from "./describe-size";
import { requireBackup, warnWithoutBackup } from "./require-backup";
import { isFormerDone, previewFormer, readDeclaredFormer, tellFormer } from "./former";
import { copyAndSwap, describeProgress, getWork, isCompared, listCopySteps } from "./copy-and-swap";

/** The split of the history of a converted table, as one operation sees it. */
export interface Split {
  /** Undefined: none is declared. */
  readonly declared: DeclaredCopy | undefined;
  readonly reading: CopyReading;
  /** One that has begun left the program. */
  readonly abandoned: boolean;
  /** What remains of the history after it. */
  readonly former: FormerReading | undefined;
}

/** Reads a declared split; of one that left the program, no more than the table shows anyway. */
export async function readDeclaredSplit(
  runtime: Runtime,
  declared: DeclaredAttach,
  table: Pick<ObservedTable, "partitions">,
): Promise<Split> {
  const split = toSplit(declared);
  const history = table.partitions.find(({ name }) => name === declared.historyName);
  if (!split)
    return {
      declared: undefined,
      reading: { kind: "none" },
      abandoned: history?.splitting === true,
      former: undefined,
    };
  const reading = await readCopy(runtime.database, split, (seen) => runtime.getNow(seen));
  return { abandoned: false, declared: split, reading, former: await readFormerHistory(runtime, split, reading) };
}

/** The history is a table of its own once the split is done, or has begun to be. */
async function readFormerHistory(
  runtime: Runtime,
  split: DeclaredCopy,
  reading: CopyReading,
): Promise<FormerReading | undefined> {
  if (reading.kind !== "none" && reading.kind !== "converted") return undefined;
  return readDeclaredFormer(runtime, split, await findCopyRecord(runtime.database, split));
}

/** How far it is, in the words for a conversion. Undefined: none is declared. */
export function describeSplit({ declared, reading }: Split): ConversionState | undefined {
  if (!declared) return undefined;
  if (reading.kind !== "copyable") return reading.kind === "refused" ? "plain" : "converted";
  if (!reading.record) return "plain";
  return reading.record.phase === "verified" ? "verified" : "copying";
}

/** Tells what has become of the history. */
export function tellSplit(ctx: ResourceContext, { declared, former }: Split): void {
  if (declared && former) tellFormer(ctx, declared, former);
}

export function listSplitProblems({ reading }: Split): readonly Problem[] {
  return reading.kind === "refused" ? reading.problems : [];
}

/** A verified copy whose changes are not followed would fall behind without end. */
export function isSplit({ declared, reading, abandoned, former }: Split): boolean {
  if (abandoned || (former && !isFormerDone(former))) return false;
  if (reading.kind === "converted") return reading.record?.phase !== "swapped";
  if (reading.kind !== "copyable") return reading.kind === "none";
  return declared?.until === "verify" && reading.record?.phase === "verified" && reading.pending < MAX_CHANGES;
}

/** Prints what an update does, and lets the other resources of this preview plan on the table as it will be. */
export async function previewSplit(
  ctx: ResourceContext,
  runtime: Runtime,
  { declared, reading, abandoned, former }: Split,
): Promise<void> {
  if (declared && former) previewFormer(ctx, runtime, declared, former);
  if (abandoned)
    ctx.log.info("the split that has begun is given up: the copies are dropped, and no row of the history");
  if (!declared?.historyOf) return;
  const parent = { schema: declared.schema, table: declared.historyOf.table };
  const name = `${parent.schema}.${declared.table}`;
  if (reading.kind === "converted" && reading.record?.phase === "swapped") {
    const settle = await readSettling(runtime.database, declared, reading);
    const left = acceptSnapshots(parent, reading.record.detail.pending);
    showStatements(ctx, `split of ${name}: what it has left`, [...settle, ...left]);
  }
  if (reading.kind !== "copyable" || !reading.source.whole) return;
  const { source, record } = reading;
  const split: SplitSource = { ...source, whole: reading.source.whole };
  const swaps = declared.until === "swap";
  const statements = listCopySteps(declared, reading, runtime.config.managementSchema);
  showStatements(ctx, formatHeading(declared, reading, swaps), statements, [
    ...(isCompared(record) ? [] : describeCopyWork(source)),
    ...reading.notes,
  ]);
  if (!swaps) return;
  await warnWithoutBackup(ctx, runtime, declared);
  runtime.addBeside(ctx, parent, statements);
  const indexes = await runtime.database.observePartitionIndexes(parent.schema, parent.table);
  runtime.database.expect(parent, {
    observe: (before) => observeAfterSplit(split, before),
    indexes: observeIndexesAfterSplit(split, indexes),
  });
}

function formatHeading(declared: DeclaredCopy, { facts, record, source }: Copyable, swaps: boolean): string {
  const what = `split of ${declared.schema}.${declared.table} (${describeSize(facts)}, into ${source.partitions.length} partitions)`;
  const from = record
    ? `goes on from ${describeProgress(record)}`
    : "copied and compared while readers and writers continue";
  return swaps
    ? `${what}: ${from}, then they take its place in one transaction; ${declared.table} stays as a table of its own, and refuses writes`
    : `${what}: ${from}; they take its place by a later update without until: "verify"`;
}

/** Does what a declared split still has to do; gives up one that left the program. The caller holds the lock of the table. */
export async function performSplit(ctx: ResourceContext, runtime: Runtime, declared: DeclaredAttach): Promise<void> {
  const split = toSplit(declared);
  if (!split) return giveUpSplit(ctx, runtime, declared);
  const { database } = runtime;
  const { schema, table } = declared;
  const options = { signal: ctx.signal, log: ctx.log, subject: `splitting the history of table "${schema}.${table}"` };
  const readAgain = async (): Promise<CopyReading> => {
    database.invalidate(schema, table);
    const reading = await readCopy(database, split, (seen) => runtime.getNow(seen));
    if (reading.kind === "refused") refuse(`split of "${schema}.${split.table}"`, reading.problems);
    return reading;
  };
  const found = await readAgain();
  // Before anything else is done: the update that splits it, or ends that, keeps it until the next one.
  const former = await readFormerHistory(runtime, split, found);
  if (found.kind === "copyable")
    await copyAndSwap(getWork(ctx, runtime), split, found, {
      readAgain,
      beforeSwap: () => requireBackup(runtime, split),
    });
  const after = await readAgain();
  if (former) await performFormer(getWork(ctx, runtime), split, former);
  if (after.kind !== "converted" || after.record?.phase !== "swapped") return;
  await database.execute(await readSettling(database, split, after), options);
  await acceptAll(database, { schema, table }, after.record, "ended", options);
}

/** The copies and their triggers go; the history stays the partition that it is. */
export async function giveUpSplit(
  ctx: ResourceContext,
  { database }: Runtime,
  { schema, table, historyName }: DeclaredAttach,
): Promise<void> {
  const named = { schema, table: historyName };
  const record = await findCopyRecord(database, named);
  if (!record || record.phase === "ended" || record.phase === "swapped") return;
  const options = { signal: ctx.signal, log: ctx.log, subject: `giving up the split of "${schema}.${historyName}"` };
  await giveUp(database, named, record, options);
  ctx.log.info(
    `split of ${schema}.${historyName} is given up: it stays a partition of ${schema}.${table}, with all of its rows`,
  );
}
