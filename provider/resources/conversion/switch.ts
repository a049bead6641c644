import { settleOutgoing } from "../../../core/conversion/copy/swap-copy";
import { waitForOldSnapshots } from "../../../core/conversion/copy/old-snapshots";
import { listHolding } from "../../../core/conversion/copy/copy-source";
import { describeCopyWork } from "../../../core/conversion/copy/work-statements";
import { observeAfterOpen, observeOpenedIndexes } from "../../../core/conversion/switch/after-open";
import { openBothStatements, sayBoth, seeTarget } from "../../../core/conversion/switch/open-both";
import { type ConversionState, type DeclaredSwitch, toSwitchedCopy } from "../../../core/resources/conversion";
import { formatInstant } from "../../../core/time/instant";
import { MAX_CHANGES } from "../../../conversion/follow";
import { giveUp } from "../../../conversion/give-up";
import { makeCopyJob } from "../../../conversion/job-for";
import { proveSwap } from "../../../conversion/plan-swap";
import type { Copyable } from "../../../conversion/read/copy-reading";
import { type BothOpen, readSwitch, type SwitchReading } from "../../../conversion/read/read-switch";
import { runCopy } from "../../../conversion/run-copy";
import { readSettling } from "../../../conversion/settle-copy";
import { swapCopy } from "../../../conversion/swap";
import { closeBoth, keepBoth, readCloseBoth } from "../../../conversion/switch/keep-both";
import { planOpen } from "../../../conversion/switch/plan-open";
import { type CopyRecord, findCopyRecord, movePhase, readControl } from "../../../postgres/conversion/journal";
import type { ResourceContext } from "../../runtime/call-context";
import { Refusal } from "../../runtime/failures";
import type { Runtime } from "../../runtime/runtime";
import { refuse } from "../shared/inputs";
import { showStatements } from "../shared/show";
import { describeProgress, getWork, isCompared, listCopySteps } from "./copy-and-swap";
import { describeSize } from "./describe-size";
import type { Strategy } from "./strategy";

/** The rows of another table are copied into the declared one, and both are kept equal. */
export function switchStrategy(runtime: Runtime, declared: DeclaredSwitch): Strategy {
  let reading: Promise<SwitchReading> | undefined;
  const read = (): Promise<SwitchReading> => (reading ??= readNow(runtime, declared));
  return {
    kept: { former: `${declared.schema}.${declared.from}` },
    check: async () => {
      const found = await read();
      return { problems: found.kind === "refused" ? found.problems : [], changed: [] };
    },
    readState: async () => describeState(await read()),
    readRows: async () => {
      const found = await read();
      return found.kind === "copyable" ? found.facts.rows : undefined;
    },
    isDone: async () => isDone(declared, await read()),
    preview: async (ctx) => preview(ctx, runtime, declared, await read()),
    perform: (ctx) => perform(ctx, runtime, declared),
    remove: (ctx) => remove(ctx, runtime, declared),
    hasBegun: async () => (await readUnderWay(runtime, declared)) !== undefined,
  };
}

function readNow(runtime: Runtime, declared: DeclaredSwitch): Promise<SwitchReading> {
  return readSwitch(runtime.database, declared, (seen) => runtime.getNow(seen));
}

function describeState(reading: SwitchReading): ConversionState {
  switch (reading.kind) {
    case "none":
    case "converted":
      return reading.kind;
    case "both":
      return "converted";
    case "refused":
      return "plain";
    case "copyable":
      if (!reading.record) return "plain";
      return reading.record.phase === "verified" ? "verified" : "copying";
  }
}

/** Changes that are not followed would pile up without end. */
function isDone({ until }: DeclaredSwitch, reading: SwitchReading): boolean {
  if (reading.kind === "both") return reading.record.phase !== "swapped" && isKept(reading);
  if (reading.kind !== "copyable") return reading.kind !== "refused";
  return until === "verify" && reading.record?.phase === "verified" && reading.pending < MAX_CHANGES;
}

function isKept({ ends, until, detail, pending }: BothOpen): boolean {
  return ends === undefined && until === detail.until && pending < MAX_CHANGES;
}

async function preview(
  ctx: ResourceContext,
  runtime: Runtime,
  declared: DeclaredSwitch,
  reading: SwitchReading,
): Promise<ConversionState> {
  if (reading.kind === "both") await previewBoth(ctx, runtime, declared, reading);
  if (reading.kind !== "copyable") return describeState(reading);
  const { source } = reading;
  const opens = declared.until === "swap";
  const { managementSchema } = runtime.config;
  const copied = toSwitchedCopy({ ...declared, until: "verify" });
  const statements = [
    ...listCopySteps(copied, reading, managementSchema),
    ...(opens
      ? [
          ...waitForOldSnapshots({ schema: declared.schema, pending: source.names.pending }),
          ...openBothStatements(source, proveSwap(reading, managementSchema), declared.rollbackUntil),
          ...settleOutgoing(seeTarget(source)),
        ]
      : []),
  ];
  const moving = isCompared(reading.record) ? [] : describeCopyWork(source);
  showStatements(ctx, formatHeading(declared, reading), statements, [...moving, ...reading.notes]);
  if (!opens) return "verified";
  runtime.addBeside(ctx, declared, statements);
  runtime.database.expect(declared, {
    observe: (before) => observeAfterOpen(source, before, declared.rollbackUntil),
    indexes: observeOpenedIndexes(source),
  });
  return "converted";
}

async function previewBoth(
  ctx: ResourceContext,
  { database }: Runtime,
  declared: DeclaredSwitch,
  open: BothOpen,
): Promise<void> {
  const names = `${declared.schema}.${declared.from} and ${declared.table}`;
  const { record, detail, table, ends, until, pending } = open;
  if (record.phase === "swapped" && table) {
    const left = await readSettling(database, {}, { table, record });
    showStatements(ctx, `${names} are kept equal: what its beginning has left`, left);
  }
  if (ends !== undefined)
    showStatements(ctx, `${names} are not kept equal any more: ${ends}`, await readCloseBoth(database, detail));
  else if (!isKept(open)) {
    const heading = `${names} are kept equal until ${until}: ${pending.toLocaleString("en")} changes are followed`;
    const moved = until === detail.until ? [] : [sayBoth(detail.pair.target, declared.rollbackUntil)];
    if (moved.length > 0) showStatements(ctx, heading, moved);
    else ctx.log.info(heading);
  }
}

function formatHeading(declared: DeclaredSwitch, { facts, record, source }: Copyable): string {
  const { schema, from, table, until, rollbackUntil } = declared;
  const what = `conversion of ${schema}.${from} into ${table} (${describeSize(facts)}, into ${listHolding(source.partitions).length} partitions)`;
  const work = record ? `goes on from ${describeProgress(record)}` : "copied and compared while writers continue";
  return until === "swap"
    ? `${what}: ${work}, then both are kept equal, whichever is written to, until ${formatInstant(rollbackUntil)}; ${from} stays as it is`
    : `${what}: ${work}, and both are kept equal by a later update without until: "verify"`;
}

async function perform(ctx: ResourceContext, runtime: Runtime, declared: DeclaredSwitch): Promise<ConversionState> {
  const { schema, table } = declared;
  const { database } = runtime;
  const options = { signal: ctx.signal, log: ctx.log, subject: `converting table "${schema}.${declared.from}"` };
  return database.withTableLock(schema, table, options, async () => {
    const readAgain = async (): Promise<SwitchReading> => {
      for (const name of [table, declared.from]) database.invalidate(schema, name);
      const reading = await readNow(runtime, declared);
      if (reading.kind === "refused") refuse(`conversion of "${schema}.${declared.from}"`, reading.problems);
      return reading;
    };
    const found = await readAgain();
    if (found.kind === "copyable") {
      const state = await copyAndOpen(ctx, runtime, declared, { found, readAgain });
      if (state !== "converted") return state;
    }
    const after = await readAgain();
    if (after.kind === "both" && after.record.phase === "swapped" && after.table) {
      await database.execute(await readSettling(database, {}, { table: after.table, record: after.record }), options);
      await database.execute([movePhase(database.managementSchema, after.record, "returnable")], options);
    }
    const last = await readAgain();
    if (last.kind === "both") await keepOrEnd(ctx, runtime, declared, last);
    return describeState(last);
  });
}

/** Retirement waits for the rest of an update in which it ends: the preview has shown no partition that leaves. */
async function keepOrEnd(
  ctx: ResourceContext,
  runtime: Runtime,
  declared: DeclaredSwitch,
  open: BothOpen,
): Promise<void> {
  if (await keepBoth(getWork(ctx, runtime), toSwitchedCopy(declared), open)) return;
  runtime.database.expect(declared, {
    observe: (before) =>
      before.table
        ? { ...before, table: { ...before.table, wayBack: "kept both tables equal until this update" } }
        : before,
  });
}

/** Copies and compares, and lets both be kept equal if that is declared. */
async function copyAndOpen(
  ctx: ResourceContext,
  runtime: Runtime,
  declared: DeclaredSwitch,
  { found, readAgain }: { readonly found: Copyable; readonly readAgain: () => Promise<SwitchReading> },
): Promise<ConversionState> {
  const work = getWork(ctx, runtime);
  const { log, database } = work;
  const name = `${declared.schema}.${declared.from}`;
  let job = makeCopyJob(work, toSwitchedCopy(declared), found);
  for (;;) {
    const end = await runCopy(job);
    job = end.job;
    if (end.kind === "unfinished") {
      const state = `${describeProgress(end.record)}; ${end.why}`;
      if (declared.until === "swap")
        throw new Refusal(
          `conversion of "${name}" is not finished: ${state}. What is done stays done. Run the update again, or pgpartition convert run ${name}; or declare until: "verify" until it is`,
        );
      log.info(`conversion of ${name}: ${state}; the next update goes on, or pgpartition convert run`);
      return "copying";
    }
    if (declared.until === "verify") return "verified";
    const { stopBeforeSwap, paused } = await readControl(database, end.record);
    if (stopBeforeSwap || paused)
      throw new Refusal(
        `conversion of "${name}" is verified, and was ${paused ? "paused" : "told to stop there"}. Run pgpartition convert resume ${name}, then the update again`,
      );
    const plan = async () => {
      const reading = await readAgain();
      if (reading.kind !== "copyable" || !reading.record || !reading.copy)
        throw new Refusal(`conversion of "${name}": the table was altered meanwhile; run the update again`);
      const { record, copy } = reading;
      return planOpen({ ...reading, record, copy }, declared.rollbackUntil, work);
    };
    if (await swapCopy(job, end.record, plan)) break;
  }
  log.info(
    `table ${declared.schema}.${declared.table} has every row of ${name}, copied and compared; both are kept equal until ${formatInstant(declared.rollbackUntil)}, whichever is written to: point the application over`,
  );
  return "converted";
}

/** A copy under way goes with its capture; two tables that are kept equal stay, and are not any more. */
async function remove(ctx: ResourceContext, runtime: Runtime, declared: DeclaredSwitch): Promise<void> {
  const { schema, table, from } = declared;
  const { database } = runtime;
  const subject = `giving up the conversion of table "${schema}.${from}"`;
  const options = { signal: ctx.signal, log: ctx.log, subject };
  await database.withTableLock(schema, table, options, async () => {
    const record = await readUnderWay(runtime, declared);
    if (!record) return;
    if (!record.detail.both) return giveUp(database, { schema, table: from }, record, options);
    const work = getWork(ctx, runtime);
    const reading = await readNow(runtime, declared);
    const why = "convertFrom left the program";
    if (reading.kind === "both" && !reading.isLost) {
      await keepBoth(work, toSwitchedCopy(declared), { ...reading, ends: reading.ends ?? why });
    } else await closeBoth(work, { record, detail: record.detail.both }, why);
  });
}

async function readUnderWay({ database }: Runtime, { schema, from }: DeclaredSwitch): Promise<CopyRecord | undefined> {
  const record = await findCopyRecord(database, { schema, table: from });
  return record && record.phase !== "ended" ? record : undefined;
}
