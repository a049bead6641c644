import { alignCopyStatements, describeNewCopy, finishCopyStatements } from "../../../core/conversion/copy/align-copy";
import { validateReferring } from "../../../core/conversion/attach/repoint";
import { acceptSnapshots, waitForOldSnapshots } from "../../../core/conversion/copy/old-snapshots";
import { captureStatements, prepareCopyStatements } from "../../../core/conversion/copy/prepare-copy";
import { findOpened, type OpenedWayBack } from "../../../core/conversion/copy/say-way-back";
import { settleOutgoing, swapCopyStatements } from "../../../core/conversion/copy/swap-copy";
import { seeWhole } from "../../../core/conversion/split/split-source";
import { swapSplitStatements } from "../../../core/conversion/split/swap-split";
import type { Statement } from "../../../core/sql/statement";
import type { ConversionState, DeclaredCopy } from "../../../core/resources/conversion";
import { makeCopyJob } from "../../../conversion/job-for";
import { planSwap, proveSwap } from "../../../conversion/plan-swap";
import type { Copyable, CopyReading } from "../../../conversion/read/copy-reading";
import { runCopy } from "../../../conversion/run-copy";
import { swapCopy, type SwapPlan } from "../../../conversion/swap";
import { type CopyRecord, readControl } from "../../../postgres/conversion/journal";
import type { WorkContext } from "../../../postgres/work/work-context";
import type { ResourceContext } from "../../runtime/call-context";
import { Refusal } from "../../runtime/failures";
import type { Runtime } from "../../runtime/runtime";

interface SwapSteps {
  readonly readAgain: () => Promise<CopyReading>;
  /** Throws if nothing may be swapped now. */
  readonly beforeSwap: () => Promise<void>;
}

/** Copies and compares until only the swap remains, and swaps if that is declared. */
export async function copyAndSwap(
  work: WorkContext,
  declared: DeclaredCopy,
  found: Copyable,
  { readAgain, beforeSwap }: SwapSteps,
): Promise<ConversionState> {
  const { log, database } = work;
  let job = makeCopyJob(work, declared, found);
  const name = `${declared.schema}.${declared.table}`;
  const what = declared.historyOf ? "split" : "conversion";
  for (;;) {
    const end = await runCopy(job);
    job = end.job;
    if (end.kind === "unfinished") {
      const state = `${describeProgress(end.record)}; ${end.why}`;
      if (declared.until === "verify" || declared.historyOf) {
        log.info(`${what} of ${name}: ${state}; the next update goes on, or pgpartition convert run`);
        return "copying";
      }
      throw new Refusal(
        `conversion of "${name}" is not finished: ${state}. What is done stays done. Run the update again, or pgpartition convert run ${name}; or declare until: "verify" until it is`,
      );
    }
    const { stopBeforeSwap, paused } = await readControl(database, end.record);
    if (declared.until === "verify") return "verified";
    if (stopBeforeSwap || paused) {
      const told = `${what} of "${name}" is verified, and was ${paused ? "paused" : "told to stop before its swap"}. Run pgpartition convert resume ${name}, then the update again`;
      // The table is partitioned, and the rest of the update does not depend on it.
      if (!declared.historyOf) throw new Refusal(told);
      log.info(told);
      return "verified";
    }
    // Before it waits for old transactions, which may take hours, and again with each try.
    await beforeSwap();
    const plan = async (): Promise<SwapPlan> => {
      const reading = await readAgain();
      if (reading.kind !== "copyable" || !reading.record || !reading.copy)
        throw new Refusal(`${what} of "${name}": the table was altered meanwhile; run the update again`);
      await beforeSwap();
      const { record, copy } = reading;
      return planSwap(declared, { ...reading, record, copy }, job.work);
    };
    if (await swapCopy(job, end.record, plan)) break;
  }
  log.info(
    declared.historyOf
      ? `history ${name} is split: its rows are in partitions of ${declared.schema}.${declared.historyOf.table}, copied and compared; it stays as a table of its own, refuses writes, and is yours to drop`
      : `table ${name} is partitioned: its rows were copied and compared, and the former table is ${declared.schema}.${declared.formerName}`,
  );
  return "converted";
}

export function getWork(ctx: ResourceContext, runtime: Runtime): WorkContext {
  const { database, config, run } = runtime;
  const owner = runtime.getOwner(ctx);
  return { database, management: config.managementSchema, run, owner, signal: ctx.signal, log: ctx.log };
}

export function describeProgress(record: CopyRecord): string {
  const { nextBlock, endBlock = 0, rowsCopied } = record;
  if (isCompared(record)) return "a copy that was compared";
  const share = endBlock === 0 ? 0 : Math.floor((100 * nextBlock) / endBlock);
  return `${rowsCopied.toLocaleString("en")} rows copied (${share} %)`;
}

export function isCompared(record: CopyRecord | undefined): boolean {
  return record?.phase === "verified" || record?.phase === "returned";
}

/** Returns what is left to do, in its order, without the journal. */
export function listCopySteps(declared: DeclaredCopy, found: Copyable, management: string): readonly Statement[] {
  const { source, record, copy, now } = found;
  const phase = record?.phase;
  const shape = copy ?? describeNewCopy(source);
  return [
    ...(record ? [] : prepareCopyStatements(source)),
    ...(phase === undefined || phase === "prepared" ? captureStatements(source) : []),
    ...(isCompared(record) || phase === "verifying"
      ? alignCopyStatements(source, shape)
      : finishCopyStatements(source, shape)),
    ...(declared.until === "swap" ? listSwapSteps(found, management, findOpened(declared, now)) : []),
  ];
}

function listSwapSteps(found: Copyable, management: string, opens: OpenedWayBack | undefined): Statement[] {
  const { source } = found;
  const { whole } = source;
  const { schema } = source.table;
  const { pending } = source.names;
  const proof = proveSwap(found, management);
  const after = whole ? seeWhole({ ...source, whole }) : source;
  return [
    ...waitForOldSnapshots({ schema, pending }),
    ...(whole ? swapSplitStatements({ ...source, whole }, proof) : swapCopyStatements(source, proof, [], opens)),
    ...validateReferring(after),
    ...settleOutgoing(after),
    ...acceptSnapshots({ schema, table: after.table.name }, pending),
  ];
}
