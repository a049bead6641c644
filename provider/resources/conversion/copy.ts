import { observeAfterCopy, observeCopiedIndexes } from "../../../core/conversion/copy/after-copy";
import { acceptSnapshots } from "../../../core/conversion/copy/old-snapshots";
import { listHolding } from "../../../core/conversion/copy/copy-source";
import { findOpened } from "../../../core/conversion/copy/say-way-back";
import { describeCopyWork } from "../../../core/conversion/copy/work-statements";
import type { ConversionState, DeclaredCopy } from "../../../core/resources/conversion";
import type { Statement } from "../../../core/sql/statement";
import { acceptAll } from "../../../conversion/snapshots/accept-snapshots";
import { closeWayBack } from "../../../conversion/back/close-way-back";
import { readReturned } from "../../../conversion/settle-returned";
import { performFormer } from "../../../conversion/former/drop-former";
import type { FormerReading } from "../../../conversion/former/read-former";
import { giveUp } from "../../../conversion/give-up";
import type { Copyable, CopyReading } from "../../../conversion/read/copy-reading";
import { readCopy } from "../../../conversion/read/read-copy";
import { readSettling } from "../../../conversion/settle-copy";
import { MAX_CHANGES } from "../../../conversion/follow";
import { findOid } from "../../../postgres/conversion/copy-status";
import { quoteQualified } from "../../../core/names/identifier";
import { type CopyRecord, findCopyRecord, hasWayBack } from "../../../postgres/conversion/journal";
import { isOpening } from "../../../postgres/conversion/journal-opening";
import type { ResourceContext } from "../../runtime/call-context";
import type { Runtime } from "../../runtime/runtime";
import { Refusal } from "../../runtime/failures";
import { refuse } from "../shared/inputs";
import { showStatements } from "../shared/show";
import { requireBackup, warnWithoutBackup } from "./require-backup";
import { goBack, isKept, keepOrClose, previewKept, previewReturn } from "./copy-back";
import { forgetFormer, isFormerDone, previewFormer, readDeclaredFormer, tellFormer } from "./former";
import { copyAndSwap, describeProgress, getWork, isCompared, listCopySteps } from "./copy-and-swap";
import { performOpening, previewOpening, tellNotOpened } from "./open-back";
import { describeSize } from "./describe-size";
import { formatOfflineHeading, listOfflineSteps, performOffline } from "./offline";
import type { Strategy } from "./strategy";

/** The rows are copied, compared, and the copy takes the place of the table. */
export function copyStrategy(runtime: Runtime, declared: DeclaredCopy): Strategy {
  let reading: Promise<CopyReading> | undefined;
  let former: Promise<FormerReading> | undefined;
  const read = (): Promise<CopyReading> =>
    (reading ??= readCopy(runtime.database, declared, (seen) => runtime.getNow(seen)));
  const readFormer = async (): Promise<FormerReading> => (former ??= readFormerOf(runtime, declared, await read()));
  return {
    kept: { former: `${declared.schema}.${declared.formerName}` },
    check: async (ctx) => {
      const found = await read();
      tellFormer(ctx, declared, await readFormer());
      if (found.kind === "converted") tellNotOpened(ctx, declared, found);
      return { problems: found.kind === "refused" ? found.problems : [], changed: [] };
    },
    readState: async () => describeState(await read()),
    readRows: async () => {
      const found = await read();
      return found.kind === "copyable" ? found.facts.rows : undefined;
    },
    isDone: async () => isDone(declared, await read()) && isFormerDone(await readFormer()),
    preview: async (ctx) => {
      previewFormer(ctx, runtime, declared, await readFormer());
      return preview(ctx, runtime, declared, await read());
    },
    perform: (ctx) => perform(ctx, runtime, declared),
    remove: (ctx) => remove(ctx, runtime, declared),
    hasBegun: async () => (await readUnderWay(runtime, declared)) !== undefined,
  };
}

/** Reads the former table of one that is swapped. */
function readFormerOf(runtime: Runtime, declared: DeclaredCopy, reading: CopyReading): Promise<FormerReading> {
  return readDeclaredFormer(runtime, declared, reading.kind === "converted" ? reading.record : undefined);
}

function describeState(reading: CopyReading): ConversionState {
  switch (reading.kind) {
    case "none":
    case "converted":
      return reading.kind;
    case "refused":
      return reading.state;
    case "returning":
      return "converted";
    case "copyable":
      if (!reading.record) return "plain";
      return reading.record.phase === "verified" ? "verified" : "copying";
  }
}

/** A verified copy, or a former table, whose changes are not followed would fall behind without end. */
function isDone(declared: DeclaredCopy, reading: CopyReading): boolean {
  if (reading.kind === "converted")
    return reading.record?.phase !== "swapped" && isKept(reading.wayBack) && reading.opening === undefined;
  if (reading.kind !== "copyable") return reading.kind === "none";
  return declared.until === "verify" && reading.record?.phase === "verified" && reading.pending < MAX_CHANGES;
}

async function preview(
  ctx: ResourceContext,
  runtime: Runtime,
  declared: DeclaredCopy,
  reading: CopyReading,
): Promise<ConversionState> {
  const name = `${declared.schema}.${declared.table}`;
  if (reading.kind === "converted") {
    const { record, wayBack } = reading;
    const settle = [
      ...(await readSettling(runtime.database, declared, reading)),
      ...(record?.phase === "swapped" ? acceptSnapshots(declared, record.detail.pending) : []),
    ];
    showStatements(ctx, `conversion of ${name}: what its swap has left`, settle);
    if (wayBack) await previewKept(ctx, runtime, declared, wayBack);
    if (reading.opening) await previewOpening(ctx, runtime, declared, reading.opening);
  }
  if (reading.kind === "returning") {
    previewReturn(ctx, runtime, declared, reading);
    return "verified";
  }
  if (reading.kind !== "copyable") return describeState(reading);
  const swaps = declared.until === "swap";
  const offline = declared.strategy === "offline";
  const { managementSchema } = runtime.config;
  const statements = offline
    ? listOfflineSteps(reading, managementSchema)
    : [...(await listUnsettled(runtime, declared, reading)), ...listCopySteps(declared, reading, managementSchema)];
  const moving = offline || isCompared(reading.record) ? [] : describeCopyWork(reading.source);
  const heading = offline ? formatOfflineHeading(declared, reading) : formatHeading(declared, reading, swaps);
  showStatements(ctx, heading, statements, [...moving, ...reading.notes]);
  if (!swaps) return "verified";
  await warnWithoutBackup(ctx, runtime, declared);
  const { source, now } = reading;
  runtime.addBeside(ctx, declared, statements);
  runtime.database.expect(declared, {
    observe: (before) => observeAfterCopy(source, before, findOpened(declared, now)),
    indexes: observeCopiedIndexes(source),
  });
  return "converted";
}

/** Returns what a way back has left, before the copy may be swapped again. */
async function listUnsettled(
  { database }: Runtime,
  { schema, table }: DeclaredCopy,
  { record, source }: Copyable,
): Promise<readonly Statement[]> {
  if (record?.phase !== "returned") return [];
  const left = await readReturned(database, { schema, table, observed: source.table }, record);
  return [...left, ...acceptSnapshots({ schema, table }, record.detail.pending)];
}

function formatHeading(declared: DeclaredCopy, { facts, record, source }: Copyable, swaps: boolean): string {
  const what = `conversion of ${declared.schema}.${declared.table} by copy (${describeSize(facts)}, into ${listHolding(source.partitions).length} partitions)`;
  const from = record ? `goes on from ${describeProgress(record)}` : "copied and compared while writers continue";
  return swaps
    ? `${what}: ${from}, then swapped in one transaction; the former table stays as ${declared.schema}.${declared.formerName}, and refuses writes`
    : `${what}: ${from}, and swapped by a later update without until: "verify"`;
}

async function perform(ctx: ResourceContext, runtime: Runtime, declared: DeclaredCopy): Promise<ConversionState> {
  const { schema, table } = declared;
  const name = `${schema}.${table}`;
  const lock = { signal: ctx.signal, log: ctx.log };
  return runtime.database.withTableLock(schema, table, lock, async () => {
    const options = { ...lock, subject: `converting table "${name}"` };
    const readAgain = async (): Promise<CopyReading> => {
      runtime.database.invalidate(schema, table);
      const reading = await readCopy(runtime.database, declared, (seen) => runtime.getNow(seen));
      if (reading.kind === "refused") refuse(`conversion of "${name}"`, reading.problems);
      return reading;
    };
    const found = await readAgain();
    // Before anything else is done: what this update ends, a way back or a swap, keeps it until the next one.
    const former = await readFormerOf(runtime, declared, found);
    if (found.kind === "copyable" && declared.strategy === "offline") {
      const read = async (): Promise<Copyable> => {
        await requireBackup(runtime, declared);
        const reading = await readAgain();
        if (reading.kind !== "copyable")
          throw new Refusal(`conversion of "${name}": the table was altered meanwhile; run the update again`);
        return reading;
      };
      await performOffline({ work: getWork(ctx, runtime), declared, read });
    } else if (found.kind === "copyable") {
      const state = await copyAndSwap(getWork(ctx, runtime), declared, found, {
        readAgain,
        beforeSwap: () => requireBackup(runtime, declared),
      });
      if (state !== "converted") return state;
    }
    const after = await readAgain();
    if (after.kind === "converted") {
      await runtime.database.execute(await readSettling(runtime.database, declared, after), options);
      const { record, table: observed } = after;
      if (record?.phase === "swapped" && record.targetOid === observed.oid) {
        const then = hasWayBack(record) ? "returnable" : "ended";
        await acceptAll(runtime.database, { schema, table }, record, then, options);
      }
    }
    const work = getWork(ctx, runtime);
    if (found.kind === "converted" && found.opening)
      await performOpening(work, runtime, declared, found.opening, readAgain);
    const last = await readAgain();
    if (last.kind === "returning") return goBack(work, declared, readAgain, last);
    if (last.kind === "converted" && last.wayBack) await keepOrClose(work, runtime, declared, last.wayBack);
    if (last.kind === "converted") await performFormer(work, declared, former);
    return describeState(last);
  });
}

/** A copy under way goes with its capture; after the swap a way back that is open is closed. */
async function remove(ctx: ResourceContext, runtime: Runtime, declared: DeclaredCopy): Promise<void> {
  const { schema, table } = declared;
  const options = {
    signal: ctx.signal,
    log: ctx.log,
    subject: `giving up the conversion of table "${schema}.${table}"`,
  };
  await runtime.database.withTableLock(schema, table, options, async () => {
    const record = await readUnderWay(runtime, declared);
    if (record && hasWayBack(record))
      await closeWayBack(getWork(ctx, runtime), { schema, table }, record, "convertFrom left the program");
    else if (record) await giveUp(runtime.database, declared, record, options);
    await forgetFormer(ctx, runtime, declared);
  });
}

/** The journal and the table alone decide: a table that was altered so that it cannot be copied any more has begun all the same. */
async function readUnderWay({ database }: Runtime, { schema, table }: DeclaredCopy): Promise<CopyRecord | undefined> {
  const record = await findCopyRecord(database, { schema, table });
  if (!record || record.phase === "ended") return undefined;
  const oid = await findOid(database, quoteQualified(schema, table));
  // A destroy drops the table before its conversion: what captured its changes is left.
  if (hasWayBack(record)) return oid === undefined || oid === record.targetOid ? record : undefined;
  if (isOpening(record) && oid === undefined) return record;
  return oid === record.sourceOid ? record : undefined;
}
