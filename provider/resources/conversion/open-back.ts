import { describeNewCopy } from "../../../core/conversion/copy/align-copy";
import { describeWayBack } from "../../../core/conversion/copy/say-way-back";
import { describeCopyWork } from "../../../core/conversion/copy/work-statements";
import { finishOpenStatements, openStatements } from "../../../core/conversion/reopen/open-statements";
import { sumSizes } from "../../../core/conversion/reopen/open-source";
import { formatInstant } from "../../../core/time/instant";
import type { DeclaredCopy } from "../../../core/resources/conversion";
import { giveUp, giveUpStatements } from "../../../conversion/give-up";
import { limitUpdate } from "../../../conversion/job-for";
import { openWayBack } from "../../../conversion/opening/open-way-back";
import type { CopyReading } from "../../../conversion/read/copy-reading";
import { type Opening, wasClosed } from "../../../conversion/read/read-opening";
import type { WorkContext } from "../../../postgres/work/work-context";
import { listLeaves } from "../../../postgres/conversion/leaves";
import type { ResourceContext } from "../../runtime/call-context";
import type { Runtime } from "../../runtime/runtime";
import { showStatements } from "../shared/show";
import { describeSize } from "./describe-size";

type Converted = Extract<CopyReading, { kind: "converted" }>;

/** Tells in Check, so that every preview has it, why a declared way back is not opened. */
export function tellNotOpened(ctx: ResourceContext, declared: DeclaredCopy, { record }: Converted): void {
  if (!declared.openWayBack || !wasClosed(declared, record)) return;
  ctx.log.info(
    `the way back of ${declared.schema}.${declared.table} was closed: ${record?.detail.back?.closed ?? ""}. openWayBack opens another one once rollbackUntil is another time`,
  );
}

/** Prints what an update does to open a way back, or to give up one that is being opened. */
export async function previewOpening(
  ctx: ResourceContext,
  runtime: Runtime,
  declared: DeclaredCopy,
  opening: NonNullable<Converted["opening"]>,
): Promise<void> {
  const { schema, table } = declared;
  const name = `${schema}.${table}`;
  if (opening.kind === "abandons") {
    const leaves = await listLeaves(runtime.database, declared, opening.record.detail.pending);
    showStatements(
      ctx,
      `the way back of ${name} that is being opened is given up: ${opening.why}. ${schema}.${opening.record.detail.target} is dropped, which has nothing but copies`,
      giveUpStatements(declared, opening.record, leaves),
    );
    return;
  }
  const { source, record, plain } = opening;
  const statements = [
    ...(record ? [] : openStatements(source, runtime.config.managementSchema)),
    ...finishOpenStatements(source, plain ?? describeNewCopy(source)),
  ];
  const size = describeSize(sumSizes(source.table));
  const from = record
    ? `goes on from ${describeShare(opening)}`
    : "its rows are copied while readers and writers continue";
  showStatements(
    ctx,
    `a way back of ${name} (${size}) is opened: ${from}; the new plain table ${schema}.${source.names.target} needs disk for them once more, and is kept current until ${formatInstant(source.until)}`,
    statements,
    [...describeCopyWork(source), ...describeKey(opening), ...opening.notes],
  );
  runtime.addBeside(ctx, declared, statements);
  const wayBack = describeWayBack(source.until);
  runtime.database.expect(declared, {
    observe: (before) => (before.table ? { ...before, table: { ...before.table, wayBack } } : before),
  });
}

function describeShare({ record }: Opening): string {
  const { nextBlock = 0, endBlock = 0, rowsCopied = 0 } = record ?? {};
  const share = endBlock === 0 ? 0 : Math.floor((100 * nextBlock) / endBlock);
  return `${rowsCopied.toLocaleString("en")} rows copied (${share} %)`;
}

function describeKey({ source: { formerKey, primaryKey } }: Opening): string[] {
  const key = (columns: readonly string[]) => `(${columns.join(", ")})`;
  return [
    formerKey
      ? `its primary key is ${key(formerKey)}, as before the conversion, if no two rows have the same, and ${key(primaryKey)} otherwise`
      : `its primary key is ${key(primaryKey)}`,
  ];
}

/** Opens it as far as the time of this update goes, or gives it up. The caller holds the lock of the table. */
export async function performOpening(
  work: WorkContext,
  { database }: Pick<Runtime, "database">,
  declared: DeclaredCopy,
  opening: NonNullable<Converted["opening"]>,
  readAgain: () => Promise<CopyReading>,
): Promise<void> {
  const { schema, table } = declared;
  const name = `${schema}.${table}`;
  if (opening.kind === "abandons") {
    const { record, why } = opening;
    const options = { signal: work.signal, log: work.log, subject: `giving up the way back of table "${name}"` };
    await giveUp(database, declared, record, options);
    work.log.warn(
      `the way back of table "${name}" that was being opened is given up: ${why}. The table stays partitioned`,
    );
    keepUntilNext(database, declared);
    return;
  }
  const read = async (): Promise<Opening | undefined> => {
    const reading = await readAgain();
    return reading.kind === "converted" && reading.opening?.kind === "opens" ? reading.opening : undefined;
  };
  const open = { work, declared, limits: limitUpdate(work, declared), readAgain: read };
  const stopped = await openWayBack(open, opening);
  const plain = `${schema}.${opening.source.names.target}`;
  work.log.info(
    stopped === undefined
      ? `the way back of table ${name} is open until ${formatInstant(opening.source.until)}: ${plain} has its rows, and is kept current; until: "verify" takes it back`
      : `the way back of table ${name} is not open yet: ${stopped}; the next update goes on, or pgpartition convert run`,
  );
}

/** Retirement waits for the rest of an update in which a way back ends: the preview has seen one, and shown no partition that leaves. */
export function keepUntilNext(database: Runtime["database"], declared: DeclaredCopy): void {
  database.expect(declared, {
    observe: (before) =>
      before.table ? { ...before, table: { ...before.table, wayBack: "kept a way back until this update" } } : before,
  });
}
