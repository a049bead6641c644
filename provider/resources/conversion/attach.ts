import { listToValidate } from "../../../core/conversion/attach/repoint";
import { undoPrepareStatements } from "../../../core/conversion/attach/prepare";
import { describePlain } from "../../../core/conversion/attach/plain-shape";
import { observeAfterSwap, observeHistoryIndexes } from "../../../core/conversion/attach/after-swap";
import { formatHistoryEnd } from "../../../core/conversion/attach/attach-source";
import { type ConversionState, conversionType, type DeclaredAttach } from "../../../core/resources/conversion";
import { readWire } from "../../../core/declare/table/wire";
import type { Statement } from "../../../core/sql/statement";
import { formatInstant } from "../../../core/time/instant";
import { hasRowsOutside } from "../../../postgres/read/history-facts";
import { recordLedgerStatement } from "../../../postgres/registry/ledger";
import type { ResourceContext } from "../../runtime/call-context";
import { Refusal } from "../../runtime/failures";
import type { Runtime } from "../../runtime/runtime";
import type { PropertyMap } from "../../runtime/values";
import { refuse } from "../shared/inputs";
import { showStatements } from "../shared/show";
import { forgetFormer } from "./former";
import { describeSplit, giveUpSplit, isSplit, listSplitProblems, performSplit, previewSplit, tellSplit } from "./split";
import { requireBackup, warnWithoutBackup } from "./require-backup";
import { describeSize } from "./describe-size";
import type { Strategy } from "./strategy";
import { type ConversionReading, type Convertible, readConversion } from "./read-conversion";
import { previewWayBack, takeBack } from "./way-back";

/** The whole table becomes one partition. */
export function attachStrategy(runtime: Runtime, declared: DeclaredAttach): Strategy {
  let reading: Promise<ConversionReading> | undefined;
  const read = (): Promise<ConversionReading> => (reading ??= readConversion(runtime, declared));
  return {
    kept: { history: formatHistory(declared) },
    check: async (ctx, olds) => {
      const found = await read();
      if (found.kind === "converted") tellSplit(ctx, found.split);
      return {
        problems:
          found.kind === "refused" ? found.problems : found.kind === "converted" ? listSplitProblems(found.split) : [],
        changed: findRenamed(olds, declared, found),
      };
    },
    readState: async () => describeState(await read()),
    readRows: async () => {
      const found = await read();
      if (found.kind === "converted" && found.split.reading.kind === "copyable") return found.split.reading.facts.rows;
      return found.kind === "convertible" ? found.facts.rows : undefined;
    },
    readSplit: async () => {
      const found = await read();
      return found.kind === "converted" ? describeSplit(found.split) : undefined;
    },
    isDone: async () => isDone(declared, await read()),
    preview: async (ctx) => {
      const found = await read();
      if (found.kind === "reversible" || (found.kind === "convertible" && declared.until === "swap"))
        await warnWithoutBackup(ctx, runtime, declared);
      if (found.kind === "convertible") previewConversion(ctx, runtime, declared, found);
      if (found.kind === "reversible") previewWayBack(ctx, declared, found);
      if (found.kind === "restored" || found.kind === "converted") previewSettling(ctx, declared, found);
      if (found.kind === "converted") await previewSplit(ctx, runtime, found.split);
      return predictState(declared, found);
    },
    perform: (ctx) => convert(ctx, runtime, declared),
    remove: (ctx) => undoPreparation(ctx, runtime, declared),
    hasBegun: async () => {
      const { table } = await runtime.observeAgain(declared, declared.key);
      return table?.kind === "plain" && undoPrepareStatements(table, declared.historyName).length > 0;
    },
  };
}

function formatHistory({ schema, historyName }: DeclaredAttach): string {
  return `${schema}.${historyName}`;
}

function describeState(reading: ConversionReading): ConversionState {
  switch (reading.kind) {
    case "convertible":
      return reading.plan.prepare.length === 0 ? "prepared" : "plain";
    case "refused":
      return reading.state;
    case "restored":
      return "plain";
    case "reversible":
      return "converted";
    case "none":
    case "converted":
      return reading.kind;
  }
}

/** True if the declared phase is reached. */
function isDone({ until }: DeclaredAttach, reading: ConversionReading): boolean {
  if (reading.kind === "restored") return reading.settle.length === 0;
  if (reading.kind === "converted") return reading.settle.length === 0 && isSplit(reading.split);
  if (reading.kind === "convertible") return until === "prepare" && reading.plan.prepare.length === 0;
  return reading.kind === "none";
}

function predictState({ until }: DeclaredAttach, reading: ConversionReading): ConversionState {
  if (reading.kind === "reversible") return "plain";
  if (reading.kind !== "convertible") return describeState(reading);
  return until === "prepare" ? "prepared" : "converted";
}

/** Prints what a run that was interrupted after its swap has left. */
function previewSettling(
  ctx: ResourceContext,
  { schema, table }: DeclaredAttach,
  { settle }: { readonly settle: readonly Statement[] },
): void {
  showStatements(ctx, `conversion of ${schema}.${table}: foreign keys that point to it are validated`, settle);
}

/** Prints the statements, and lets the other resources of this preview plan on the table as it will be. */
function previewConversion(
  ctx: ResourceContext,
  runtime: Runtime,
  declared: DeclaredAttach,
  { source, facts, plan, notes }: Convertible,
): void {
  const swaps = declared.until !== "prepare";
  const statements = [...plan.prepare, ...(swaps ? [...plan.swap, ...plan.settle] : [])];
  showStatements(ctx, formatHeading(declared, facts, swaps), statements, notes);
  if (!swaps) return;
  runtime.addBeside(ctx, declared, statements);
  runtime.database.expect(declared, {
    observe: (before) => observeAfterSwap(source, facts, before),
    indexes: observeHistoryIndexes(source),
  });
}

function formatHeading(declared: DeclaredAttach, facts: Convertible["facts"], swaps: boolean): string {
  const what = `conversion of ${declared.schema}.${declared.table} (${describeSize(facts)}; no row moves)`;
  return swaps
    ? `${what}: prepared while writers continue, then swapped in one transaction; its rows stay as the partition ${formatHistory(declared)}${declared.split ? ", which the next update splits" : ""}`
    : `${what}: prepared, and swapped by a later update without until: "prepare"`;
}

/**
 * Prepares and swaps, forth or back, each step as the catalogue then asks for it: an interrupted run goes on where it ended.
 */
async function convert(ctx: ResourceContext, runtime: Runtime, declared: DeclaredAttach): Promise<ConversionState> {
  const name = `${declared.schema}.${declared.table}`;
  const lock = { signal: ctx.signal, log: ctx.log };
  return runtime.database.withTableLock(declared.schema, declared.table, lock, async () => {
    const subject = `converting table "${name}"`;
    const execute = (statements: readonly Statement[]) => runtime.database.execute(statements, { ...lock, subject });
    runtime.database.invalidate(declared.schema, declared.table);
    const first = await requireConvertible(runtime, declared);
    if (first.kind === "restored" || first.kind === "converted") await execute(first.settle);
    if (first.kind === "converted") await performSplit(ctx, runtime, declared);
    if (first.kind === "reversible") return takeBack(ctx, runtime, declared, first, execute);
    if (first.kind !== "convertible") return describeState(first);
    await requireAllInside(runtime, declared, first);
    await execute(first.plan.prepare);
    if (declared.until === "prepare") return "prepared";
    const ready = first.plan.prepare.length > 0 ? await requireConvertible(runtime, declared) : first;
    if (ready.kind !== "convertible") return describeState(ready);
    await requireBackup(runtime, declared);
    // Its locks are held no longer for the disk; nothing follows before it is on it.
    await runtime.database.execute(recordSwap(runtime, ready), { ...lock, subject, flushedLater: true });
    await runtime.database.flush(declared, lock);
    runtime.database.invalidate(declared.schema, declared.table);
    ctx.log.info(`table ${name} is partitioned: all of its rows are in ${formatHistory(declared)}`);
    await execute(ready.plan.settle);
    return "converted";
  });
}

/** Adds to the swap, in its transaction, the record from which its way back knows the plain table. */
function recordSwap(runtime: Runtime, { source, plan }: Convertible): readonly Statement[] {
  const { table, historyName, historyUntil } = source;
  const record = recordLedgerStatement(runtime.config.managementSchema, {
    schema: table.schema,
    table: table.name,
    partition: historyName,
    bounds: { from: undefined, to: historyUntil },
    event: "attached",
    run: runtime.run,
    detail: { plain: describePlain(source), validate: listToValidate(source) },
  });
  return [...plan.swap, { ...record, transaction: plan.swap[0]?.transaction }];
}

async function undoPreparation(ctx: ResourceContext, runtime: Runtime, declared: DeclaredAttach): Promise<void> {
  const { schema, table: name, historyName } = declared;
  const options = {
    signal: ctx.signal,
    log: ctx.log,
    subject: `taking back the preparation of table "${schema}.${name}"`,
  };
  await runtime.database.withTableLock(schema, name, options, async () => {
    const { table } = await runtime.observeAgain(declared, declared.key);
    if (table?.kind === "partitioned") await giveUpSplit(ctx, runtime, declared);
    await forgetFormer(ctx, runtime, { schema, table: historyName });
    if (table?.kind !== "plain") return;
    await runtime.database.execute(undoPrepareStatements(table, historyName), options);
  });
}

/** Refuses another name of the history while the objects of the preparation have the former one. */
function findRenamed(olds: PropertyMap | undefined, declared: DeclaredAttach, reading: ConversionReading) {
  const historyName = readFormerName(olds);
  if (historyName === undefined || reading.kind !== "convertible") return [];
  const left = undoPrepareStatements(reading.source.table, historyName);
  if (historyName === declared.historyName || left.length === 0) return [];
  return [
    {
      property: "convertFrom",
      reason: `historyName changed from "${historyName}" to "${declared.historyName}" after the conversion was prepared, and its index and CHECK have the former name. Declare the former one, or remove convertFrom for one update, which takes the preparation back`,
    },
  ];
}

function readFormerName(olds: PropertyMap | undefined): string | undefined {
  const read = olds && readWire(conversionType.inputs, olds);
  return read && "value" in read ? read.value.convertFrom.historyName : undefined;
}

async function requireConvertible(runtime: Runtime, declared: DeclaredAttach): Promise<ConversionReading> {
  const reading = await readConversion(runtime, declared);
  if (reading.kind === "refused") refuse(`conversion of "${declared.schema}.${declared.table}"`, reading.problems);
  return reading;
}

/** Reads every row where Check has read a sample: the CHECK would refuse writers before its validation found a row outside. */
async function requireAllInside(
  runtime: Runtime,
  declared: DeclaredAttach,
  { source, sampled, plan }: Convertible,
): Promise<void> {
  if (!sampled || plan.prepare.length === 0) return;
  const { schema, table, key } = declared;
  if (!(await hasRowsOutside(runtime.database, declared, key.column, formatHistoryEnd(source)))) return;
  throw new Refusal(
    `"${schema}.${table}" has rows at or after ${formatInstant(declared.historyUntil)}, or without "${key.column}": they do not fit into the history. ` +
      "Nothing was changed. Set convertFrom.historyUntil after the last of them, or correct them",
  );
}
