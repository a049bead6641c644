import { acceptSnapshots, waitForOldSnapshots } from "../../../core/conversion/copy/old-snapshots";
import { settleReturned } from "../../../core/conversion/copy/return-copy";
import { sayWayBack } from "../../../core/conversion/copy/say-way-back";
import { describeFollowing } from "../../../core/conversion/copy/work-statements";
import { validateReferring } from "../../../core/conversion/attach/repoint";
import type { ConversionState, DeclaredCopy } from "../../../core/resources/conversion";
import { readCloseStatements } from "../../../conversion/back/close-way-back";
import { compareForReturn } from "../../../conversion/back/go-back";
import { describeDeclared, followOrClose, keepWayBack, makeBackJob } from "../../../conversion/back/keep-way-back";
import { planReturn } from "../../../conversion/back/plan-return";
import type { Returnable } from "../../../conversion/read/read-returnable";
import type { WayBack } from "../../../conversion/read/read-way-back";
import { settleReturn } from "../../../conversion/settle-returned";
import { reread } from "../../../conversion/backfill";
import { MAX_CHANGES } from "../../../conversion/follow";
import { limitUpdate, makeCopyJob } from "../../../conversion/job-for";
import type { CopyReading } from "../../../conversion/read/copy-reading";
import { swapCopy } from "../../../conversion/swap";
import type { WorkContext } from "../../../postgres/work/work-context";
import type { ResourceContext } from "../../runtime/call-context";
import { Refusal } from "../../runtime/failures";
import type { Runtime } from "../../runtime/runtime";
import { showStatements } from "../shared/show";
import { keepUntilNext } from "./open-back";

/** True if an update has nothing to do for a way back: none is open, or it is kept as declared, and little is pending. */
export function isKept(wayBack: WayBack | undefined): boolean {
  return (
    wayBack === undefined ||
    (wayBack.ends === undefined && wayBack.until === wayBack.detail.until && wayBack.pending < MAX_CHANGES)
  );
}

/** Prints what an update does for a way back that is not taken. */
export async function previewKept(
  ctx: ResourceContext,
  { database }: Runtime,
  declared: DeclaredCopy,
  wayBack: WayBack,
): Promise<void> {
  const { record, ends, until, pending } = wayBack;
  const name = `${declared.schema}.${declared.table}`;
  if (ends !== undefined) {
    const statements = await readCloseStatements(database, declared, record);
    showStatements(ctx, `the way back of ${name} is closed: ${ends}`, statements);
    return;
  }
  const moved =
    declared.rollbackUntil && until !== wayBack.detail.until ? [sayWayBack(declared, declared.rollbackUntil)] : [];
  if (isKept(wayBack)) return;
  const heading = `the way back of ${name} is open until ${until}: ${pending.toLocaleString("en")} changes are followed`;
  showStatements(ctx, heading, moved);
  if (moved.length === 0) ctx.log.info(heading);
}

/**
 * Keeps a way back open, or closes it. Retirement waits for the rest of an update in which it closes, for whatever reason: the
 * preview has seen it open, and shown no partition that leaves.
 */
export async function keepOrClose(
  work: WorkContext,
  { database }: Runtime,
  declared: DeclaredCopy,
  wayBack: WayBack,
): Promise<void> {
  if (await keepWayBack(work, declared, wayBack, limitUpdate(work, declared))) return;
  keepUntilNext(database, declared);
}

/** Prints the statements of a way back. The mark and the answers in them are those of this moment. */
export function previewReturn(
  ctx: ResourceContext,
  runtime: Runtime,
  declared: DeclaredCopy,
  returnable: Returnable,
): void {
  const { source, wayBack } = returnable;
  const { schema, table } = declared;
  const { align, swap } = planReturn(returnable, { management: runtime.config.managementSchema, run: runtime.run });
  const statements = [
    ...align,
    ...waitForOldSnapshots({ schema, pending: source.names.pending }),
    ...swap.filter(({ values }) => values === undefined),
    ...validateReferring(source),
    ...settleReturned(source),
    ...acceptSnapshots({ schema, table }, wayBack.record.detail.pending),
  ];
  const heading =
    `way back of ${schema}.${table}: every row of ${source.names.target} is compared with it while writers continue, then it is the plain table ${table} again in one transaction; ` +
    `the partitioned one stays as ${source.names.former}, is kept current, and swapped again once until is removed`;
  showStatements(ctx, heading, statements, describeFollowing(source));
}

/** Compares, and swaps back: the plain table has its name again, and the partitioned one is its verified copy. */
export async function goBack(
  work: WorkContext,
  declared: DeclaredCopy,
  readAgain: () => Promise<CopyReading>,
  first: Returnable,
): Promise<ConversionState> {
  const { schema, table } = declared;
  const name = `${schema}.${table}`;
  const record = describeDeclared(first.wayBack);
  const job = makeBackJob(work, declared, first, limitUpdate(work, declared));
  let stopped: string | undefined;
  const open = await followOrClose(job, record, async () => {
    stopped = await compareForReturn(job, record);
    if (stopped !== undefined) return;
    const plan = async () => {
      const reading = await readAgain();
      if (reading.kind !== "returning") throw new Refusal(describeAltered(declared));
      return planReturn(reading, work);
    };
    if (!(await swapCopy(job, record, plan))) throw new Refusal(describeAltered(declared));
  });
  if (!open)
    throw new Refusal(
      `way back of "${name}": it had to be closed just now, and the table stays partitioned. Remove until: "verify"`,
    );
  if (stopped !== undefined)
    throw new Refusal(
      `way back of "${name}" is not finished: ${stopped}. What is done stays done. Run the update again`,
    );
  work.log.info(
    `table ${name} is plain again, with every row written since; ${schema}.${record.detail.target} is its partitioned copy, and follows it`,
  );
  const after = await readAgain();
  if (after.kind !== "copyable") throw new Refusal(describeAltered(declared));
  const copy = makeCopyJob(work, declared, after);
  return (await settleReturn(copy, await reread(copy))) ? "verified" : "copying";
}

function describeAltered({ schema, table }: DeclaredCopy): string {
  return `conversion of "${schema}.${table}": the table was altered meanwhile; run the update again`;
}
