import { observeAfterCopy, observeCopiedIndexes } from "../../../core/conversion/copy/after-copy";
import { acceptSnapshots, waitForOldSnapshots } from "../../../core/conversion/copy/old-snapshots";
import { alignCopyStatements, describeNewCopy, finishCopyStatements } from "../../../core/conversion/copy/align-copy";
import { captureStatements, prepareCopyStatements } from "../../../core/conversion/copy/prepare-copy";
import { settleOutgoing, swapCopyStatements } from "../../../core/conversion/copy/swap-copy";
import { describeCopyWork } from "../../../core/conversion/copy/work-statements";
import { validateReferring } from "../../../core/conversion/attach/repoint";
import type { ConversionState, DeclaredCopy } from "../../../core/resources/conversion";
import { formatBytes } from "../../../core/size";
import type { Statement } from "../../../core/sql/statement";
import { giveUp } from "../../../conversion/give-up";
import { makeCopyJob } from "../../../conversion/job-for";
import { type Copyable, type CopyReading, readCopy } from "../../../conversion/read-copy";
import { runCopy } from "../../../conversion/run-copy";
import { readSettling } from "../../../conversion/settle-copy";
import { swapCopy, type SwapPlan } from "../../../conversion/swap";
import { MAX_CHANGES } from "../../../conversion/follow";
import { LockBudgetExceeded, StatementError } from "../../../postgres/connect/session-errors";
import type { ExecuteOptions } from "../../../postgres/execute/execute-options";
import { findOid } from "../../../postgres/conversion/copy-status";
import { quoteQualified } from "../../../core/names/identifier";
import { type CopyRecord, findCopyRecord, movePhase, readControl } from "../../../postgres/conversion/journal";
import type { WorkContext } from "../../../postgres/work/work-context";
import type { ResourceContext } from "../../runtime/call-context";
import { Refusal } from "../../runtime/failures";
import type { Runtime } from "../../runtime/runtime";
import { refuse } from "../shared/inputs";
import { showStatements } from "../shared/show";
import type { Strategy } from "./strategy";

/** The rows are copied, compared, and the copy takes the place of the table. */
export function copyStrategy(runtime: Runtime, declared: DeclaredCopy): Strategy {
  let reading: Promise<CopyReading> | undefined;
  const read = (): Promise<CopyReading> =>
    (reading ??= readCopy(runtime.database, declared, (seen) => runtime.getNow(seen)));
  return {
    kept: { former: `${declared.schema}.${declared.formerName}` },
    check: async () => {
      const found = await read();
      return { problems: found.kind === "refused" ? found.problems : [], changed: [] };
    },
    readState: async () => describeState(await read()),
    isDone: async () => isDone(declared, await read()),
    preview: async (ctx) => preview(ctx, runtime, declared, await read()),
    perform: (ctx) => perform(ctx, runtime, declared),
    remove: (ctx) => remove(ctx, runtime, declared),
    hasBegun: async () => (await readUnderWay(runtime, declared)) !== undefined,
  };
}

function describeState(reading: CopyReading): ConversionState {
  switch (reading.kind) {
    case "none":
    case "converted":
      return reading.kind;
    case "refused":
      return reading.state;
    case "copyable":
      if (!reading.record) return "plain";
      return reading.record.phase === "verified" ? "verified" : "copying";
  }
}

/** A verified copy whose changes are not followed would fall behind without end. */
function isDone(declared: DeclaredCopy, reading: CopyReading): boolean {
  if (reading.kind === "converted") return reading.record?.phase !== "swapped";
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
    const { record } = reading;
    const settle = [
      ...(await readSettling(runtime.database, declared, reading)),
      ...(record?.phase === "swapped" ? acceptSnapshots(declared, record.detail.pending) : []),
    ];
    showStatements(ctx, `conversion of ${name}: what its swap has left`, settle);
  }
  if (reading.kind !== "copyable") return describeState(reading);
  const swaps = declared.until === "swap";
  const statements = listStatements(runtime, declared, reading);
  const moving = reading.record?.phase === "verified" ? [] : describeCopyWork(reading.source);
  showStatements(ctx, formatHeading(declared, reading, swaps), statements, [...moving, ...reading.notes]);
  if (!swaps) return "verified";
  const { source } = reading;
  runtime.addBeside(ctx, declared, statements);
  runtime.database.expect(declared, {
    observe: (before) => observeAfterCopy(source, before),
    indexes: observeCopiedIndexes(source),
  });
  return "converted";
}

/** Returns what is left to do, in its order, without the journal. The mark of a capture that does not exist yet is not known. */
function listStatements(
  runtime: Runtime,
  declared: DeclaredCopy,
  { source, record, facts, copy }: Copyable,
): readonly Statement[] {
  const phase = record?.phase;
  const { pending } = source.names;
  const proof: SwapPlan["proof"] = {
    fingerprint: facts.fingerprint,
    mark: record?.marks.mark ?? "",
    management: runtime.config.managementSchema,
    conversion: record?.id ?? "0",
  };
  return [
    ...(record ? [] : prepareCopyStatements(source)),
    ...(phase === undefined || phase === "prepared" ? captureStatements(source) : []),
    ...(phase === "verified" || phase === "verifying"
      ? alignCopyStatements(source, copy ?? describeNewCopy(source))
      : finishCopyStatements(source, copy ?? describeNewCopy(source))),
    ...(declared.until === "swap"
      ? [
          ...waitForOldSnapshots({ schema: declared.schema, pending }),
          ...swapCopyStatements(source, proof),
          ...validateReferring(source),
          ...settleOutgoing(source),
          ...acceptSnapshots(declared, pending),
        ]
      : []),
  ];
}

function formatHeading(declared: DeclaredCopy, { facts, record, source }: Copyable, swaps: boolean): string {
  const { rows, bytes } = facts;
  const size = `${rows === undefined ? "rows never counted" : `about ${rows.toLocaleString("en")} rows`}, ${formatBytes(bytes)}`;
  const what = `conversion of ${declared.schema}.${declared.table} by copy (${size}, into ${source.partitions.length} partitions)`;
  const from = record ? `goes on from ${describeProgress(record)}` : "copied and compared while writers continue";
  return swaps
    ? `${what}: ${from}, then swapped in one transaction; the former table stays as ${declared.schema}.${declared.formerName}, and refuses writes`
    : `${what}: ${from}, and swapped by a later update without until: "verify"`;
}

function describeProgress({ phase, nextBlock, endBlock = 0, rowsCopied }: CopyRecord): string {
  if (phase === "verified") return "a copy that was compared";
  const share = endBlock === 0 ? 0 : Math.floor((100 * nextBlock) / endBlock);
  return `${rowsCopied.toLocaleString("en")} rows copied (${share} %)`;
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
    if (found.kind === "copyable") {
      const state = await copyAndSwap(ctx, runtime, declared, found, readAgain);
      if (state !== "converted") return state;
    }
    const after = await readAgain();
    if (after.kind !== "converted") return describeState(after);
    await runtime.database.execute(await readSettling(runtime.database, declared, after), options);
    await acceptAll(runtime, declared, after, options);
    return "converted";
  });
}

/** Ends the conversion, unless a transaction from before the swap still runs: the next update does then. */
async function acceptAll(
  runtime: Runtime,
  declared: DeclaredCopy,
  { table, record }: Extract<CopyReading, { readonly kind: "converted" }>,
  options: ExecuteOptions,
): Promise<void> {
  if (record?.phase !== "swapped" || record.targetOid !== table.oid) return;
  const management = runtime.config.managementSchema;
  try {
    await runtime.database.execute(
      [...acceptSnapshots(declared, record.detail.pending), movePhase(management, record, "ended")],
      options,
    );
  } catch (error) {
    if (!(error instanceof LockBudgetExceeded) && !(error instanceof StatementError && error.sqlState === "57014"))
      throw error;
    options.log.info(
      `a transaction from before the swap is still running: the next update removes the trigger that refuses its writes (${error.message})`,
    );
  }
}

async function copyAndSwap(
  ctx: ResourceContext,
  runtime: Runtime,
  declared: DeclaredCopy,
  found: Copyable,
  readAgain: () => Promise<CopyReading>,
): Promise<ConversionState> {
  let job = makeCopyJob(getWork(ctx, runtime), declared, found);
  const name = `${declared.schema}.${declared.table}`;
  for (;;) {
    const end = await runCopy(job);
    job = end.job;
    if (end.kind === "unfinished") {
      const state = `${describeProgress(end.record)}; ${end.why}`;
      if (declared.until === "verify") {
        ctx.log.info(`conversion of ${name}: ${state}; the next update goes on, or pgpartition convert run`);
        return "copying";
      }
      throw new Refusal(
        `conversion of "${name}" is not finished: ${state}. What is done stays done. Run the update again, or pgpartition convert run ${name}; or declare until: "verify" until it is`,
      );
    }
    const { stopBeforeSwap, paused } = await readControl(runtime.database, end.record);
    if (declared.until === "verify") return "verified";
    if (stopBeforeSwap || paused)
      throw new Refusal(
        `conversion of "${name}" is verified, and was ${paused ? "paused" : "told to stop before its swap"}. Run pgpartition convert resume ${name}, then the update again`,
      );
    const plan = async (): Promise<SwapPlan> => {
      const reading = await readAgain();
      if (reading.kind !== "copyable" || !reading.record || !reading.copy)
        throw new Refusal(`conversion of "${name}": the table was altered meanwhile; run the update again`);
      return {
        source: reading.source,
        copy: reading.copy,
        proof: {
          fingerprint: reading.facts.fingerprint,
          mark: reading.record.marks.mark,
          management: runtime.config.managementSchema,
          conversion: reading.record.id,
        },
      };
    };
    if (await swapCopy(job, end.record, plan)) break;
  }
  ctx.log.info(
    `table ${name} is partitioned: its rows were copied and compared, and the former table is ${declared.schema}.${declared.formerName}`,
  );
  return "converted";
}

function getWork(ctx: ResourceContext, runtime: Runtime): WorkContext {
  const { database, config, run } = runtime;
  return { database, management: config.managementSchema, run, signal: ctx.signal, log: ctx.log };
}

/** A copy under way goes with its capture; after the swap there is nothing to take back. */
async function remove(ctx: ResourceContext, runtime: Runtime, declared: DeclaredCopy): Promise<void> {
  const { schema, table } = declared;
  const options = {
    signal: ctx.signal,
    log: ctx.log,
    subject: `giving up the conversion of table "${schema}.${table}"`,
  };
  await runtime.database.withTableLock(schema, table, options, async () => {
    const record = await readUnderWay(runtime, declared);
    if (record) await giveUp(runtime.database, declared, record, options);
  });
}

/** The journal and the table alone decide: a table that was altered so that it cannot be copied any more has begun all the same. */
async function readUnderWay({ database }: Runtime, { schema, table }: DeclaredCopy): Promise<CopyRecord | undefined> {
  const record = await findCopyRecord(database, { schema, table });
  if (!record || record.phase === "ended") return undefined;
  const oid = await findOid(database, quoteQualified(schema, table));
  return oid === record.sourceOid ? record : undefined;
}
