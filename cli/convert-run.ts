import { Command } from "commander";
import type { CopyJob } from "../conversion/copy-job";
import { findBoth } from "../conversion/read/read-switch";
import { keepBoth } from "../conversion/switch/keep-both";
import { keepWayBack } from "../conversion/back/keep-way-back";
import { readDeclaredCopy } from "../conversion/declared-copy";
import { limitOperator, makeOperatorJob } from "../conversion/job-for";
import { waitUnlessStopped } from "../conversion/pace";
import { readCopy } from "../conversion/read/read-copy";
import { runCopy } from "../conversion/run-copy";
import { formatTableId } from "../core/names/resource-id";
import type { DeclaredCopy } from "../core/resources/conversion";
import { getLocked } from "../postgres/conversion/copy-status";
import { type CopyRecord, isWayBackOpen, readCopyRecord } from "../postgres/conversion/journal";
import { isOpening } from "../postgres/conversion/journal-opening";
import type { WorkContext } from "../postgres/work/work-context";
import { goOnOpening } from "./convert-open";
import { print } from "./open-session";
import { type OpenConversion, requireUnderWay, withConversion } from "./open-conversion";
import { listenToStop, type Stop } from "./stop-signals";

/** Pause between two looks for changes, once everything is verified. */
const FOLLOW_EVERY_MS = 1_000;

/** Time between two lines about the changes that are followed. */
const TELL_EVERY_MS = 60_000;

/** Goes on with a conversion that an update has begun, by the same steps, under the same lock. */
export function createConvertRunCommand(): Command {
  return new Command("run")
    .description(
      "Go on with a conversion that pulumi up has begun: copy, compare, and then follow the changes until it is stopped. After the swap, and for a way back that is opened later, keep the plain table current as long as its way back is open; of two tables that stay, keep both equal. Never swaps: the update that declares the rest of the table does.",
    )
    .argument("<table>", "schema.table")
    .option("--once", "end when everything is verified")
    .addHelpText(
      "after",
      `
Works under the lock of the table: stop it before pulumi up, which would wait for the lock. Ctrl-C or SIGTERM ends it after the statement
that it works on, and a second one cancels that statement; what is done stays done. It waits while it is paused, and knows no
timeBudgetMinutes. The exit code is 1 if --once was stopped before everything was verified.

Example: pgpartition convert run app.events --once && pulumi up`,
    )
    .action((name: string, options: { once?: true }, command: Command) =>
      withConversion(
        command,
        name,
        async (conversion) => {
          const stop = listenToStop(() => print("stopping after this statement; once more: at once"));
          try {
            await run(conversion, stop, options.once === true);
          } finally {
            stop.close();
          }
        },
        { orWayBack: true },
      ),
    );
}

async function run({ session, table, record: found }: OpenConversion, stop: Stop, once: boolean): Promise<void> {
  const { database, options } = session;
  const name = formatTableId(table);
  const lock = { signal: stop.soon, log: options.log };
  const locked = getLocked(table, found);
  await database.withTableLock(locked.schema, locked.table, lock, async () => {
    const record = await requireUnderWay(session, table, { orWayBack: true });
    const declared = readDeclaredCopy(record);
    const management = database.managementSchema;
    const work = { database, management, run: options.run, signal: stop.now, log: options.log };
    if (record.detail.both) return keepBothEqual(work, declared, stop, once);
    if (isOpening(record) && !(await goOnOpening(work, declared, stop))) {
      if (once) process.exitCode = 1;
      return;
    }
    if (isOpening(record) || isWayBackOpen(record))
      return keepCurrent(work, readDeclaredCopy((await readCopyRecord(database, table)) ?? record), stop, once);
    database.invalidate(table.schema, table.table);
    const reading = await readCopy(database, declared, ({ now }) => now);
    if (reading.kind === "refused")
      throw new Error(
        `conversion of "${name}": ${reading.problems.map(({ message, fix }) => `${message} ${fix}`).join("\n")}`,
      );
    if (reading.kind !== "copyable" || !reading.record)
      throw new Error(
        `the conversion of "${name}" belongs to another table of that name: pgpartition convert give-up ${name} --yes ends it`,
      );
    const job = makeOperatorJob(work, declared, reading, stop.soon);
    const end = await runCopy(job);
    if (end.kind === "verified") {
      console.log(
        `${name}: verified, ${describe(end.record)}. Only ${declared.switchTo ? "the capture of the other side" : "the swap"} remains: pulumi up with the table in the program, and without until: "verify", does it`,
      );
      if (!once) await keepFollowing(end.job, end.record);
    } else if (once) process.exitCode = 1;
    if (stop.soon.aborted) console.log(`${name}: stopped; what is done stays done, and changes go on being captured`);
  });
}

/** Keeps the former table current until it is stopped, or the way back is over. */
function keepCurrent(work: WorkContext, declared: DeclaredCopy, stop: Stop, once: boolean): Promise<void> {
  const name = formatTableId(declared);
  const over = `${name}: its way back is closed; the table stays partitioned`;
  return keepOn({ name, over, stop, once }, async () => {
    work.database.invalidate(declared.schema, declared.table);
    const reading = await readCopy(work.database, { ...declared, until: "swap" }, ({ now }) => now);
    const wayBack = reading.kind === "converted" ? reading.wayBack : undefined;
    if (!wayBack || !(await keepWayBack(work, declared, wayBack, limitOperator(stop.soon)))) return undefined;
    return `the former table is current, and its way back open until ${wayBack.until}`;
  });
}

/** Keeps two tables equal until it is stopped, or until their time is over. */
function keepBothEqual(work: WorkContext, declared: DeclaredCopy, stop: Stop, once: boolean): Promise<void> {
  const name = `${formatTableId(declared)} and ${declared.switchTo?.table ?? ""}`;
  const over = `${name}: not kept equal any more; both stay as they are`;
  return keepOn({ name, over, stop, once }, async () => {
    const open = await findBoth(work.database, declared);
    if (!open || !(await keepBoth(work, declared, open, () => stop.soon.aborted))) return undefined;
    return `equal, but for what is written now; kept so until ${open.until}`;
  });
}

interface Keeping {
  readonly name: string;
  /** What is printed when it is over. */
  readonly over: string;
  readonly stop: Stop;
  readonly once: boolean;
}

/**
 * Repeats a step until it is stopped, or over; `once` ends after the first.
 *
 * @param step says how things are, which is printed from time to time. Undefined: it is over
 */
async function keepOn({ name, over, stop, once }: Keeping, step: () => Promise<string | undefined>): Promise<void> {
  let told = -TELL_EVERY_MS;
  for (;;) {
    const state = await step();
    if (state === undefined) return console.log(over);
    if (performance.now() - told >= TELL_EVERY_MS) {
      told = performance.now();
      console.log(`${name}: ${state}`);
    }
    if (once) return;
    await waitUnlessStopped(FOLLOW_EVERY_MS, stop.soon);
    if (stop.soon.aborted) return console.log(`${name}: stopped; changes go on being captured`);
  }
}

/** Follows the changes until it is stopped. What makes it begin again, as TRUNCATE does, is copied and compared again. */
async function keepFollowing(first: CopyJob, verified: CopyRecord): Promise<void> {
  let job = first;
  const { log } = job.work;
  log.info("changes are followed from now on; stop this before pulumi up");
  let told = performance.now();
  let last = verified.changesReconciled;
  for (;;) {
    await waitUnlessStopped(FOLLOW_EVERY_MS, job.stop);
    if (job.isTimeOver()) return;
    const end = await runCopy(job);
    if (end.kind === "unfinished") return;
    const { record } = end;
    job = end.job;
    if (performance.now() - told < TELL_EVERY_MS || record.changesReconciled === last) continue;
    told = performance.now();
    last = record.changesReconciled;
    log.status(describe(record));
  }
}

function describe({ rowsCopied, changesReconciled }: CopyRecord): string {
  return `${rowsCopied.toLocaleString("en")} rows copied and ${changesReconciled.toLocaleString("en")} changes followed since it began`;
}
