import { captureLeaf, nameCapture } from "../../core/conversion/between/capture";
import { turnSides } from "../../core/conversion/switch/both-ways";
import { closeBothStatements } from "../../core/conversion/switch/close-both";
import { sayBoth } from "../../core/conversion/switch/open-both";
import type { DeclaredCopy } from "../../core/resources/conversion";
import type { Statement } from "../../core/sql/statement";
import { parseInstant } from "../../core/time/instant";
import type { BothDetail } from "../../postgres/conversion/copy-detail";
import { recordBoth, recordFollowedBoth } from "../../postgres/conversion/both-ways/journal-both";
import type { CopyRecord } from "../../postgres/conversion/journal";
import { BareLeaves, PairChanged } from "../../postgres/conversion/pair-transaction";
import type { Database } from "../../postgres/database";
import type { WorkContext } from "../../postgres/work/work-context";
import { listLeaves } from "../../postgres/conversion/leaves";
import { addMissing, explainRefusedRow, isRowWithoutPartition } from "../cover-rows";
import { makeCopyJob } from "../job-for";
import { ALTERED, type BothOpen } from "../read/read-switch";
import { readCopy } from "../read/read-copy";
import { type BothFollow, followBoth } from "./follow-both";

/**
 * Keeps two tables equal: the end is as declared by now, and each gets what has changed on the other. Ends it if its time has come, or if
 * one table cannot hold a row of the other. False: it has ended. The caller holds the lock of the partitioned table.
 */
export async function keepBoth(
  work: WorkContext,
  declared: DeclaredCopy,
  open: BothOpen,
  isOver: () => boolean = () => false,
): Promise<boolean> {
  const { ends, isLost, record, detail } = open;
  if (ends === undefined && open.until !== detail.until) await extend(work, open);
  const unable = isLost ? undefined : await tryToFollow(makeFollow(work, declared, open), open, isOver);
  const why = ends ?? unable;
  if (why === undefined) return true;
  await closeBoth(work, { record, detail }, why);
  return false;
}

/** Follows what it can. Returns why it cannot go on. */
async function tryToFollow(
  follow: BothFollow,
  { detail }: BothOpen,
  isOver: () => boolean,
): Promise<string | undefined> {
  try {
    await followBoth(follow, isOver);
    return undefined;
  } catch (error) {
    if (error instanceof PairChanged) return ALTERED;
    const refused = explainRefusedRow(error);
    if (refused === undefined) throw error;
    const { source, target } = detail.pair;
    return `${source.name} and ${target.name} cannot hold the same rows: ${refused}`;
  }
}

function makeFollow(
  work: WorkContext,
  declared: DeclaredCopy,
  { record, detail, now }: Pick<BothOpen, "record" | "detail" | "now">,
): BothFollow {
  const { database, management, signal, log } = work;
  const subject = describeBothTables(detail);
  return {
    work: {
      database,
      both: detail,
      marks: { forth: record.marks, back: detail.backMarks },
      signal,
      subject,
    },
    record: recordFollowedBoth(management, record),
    mend: (error) => mend(work, declared, { detail, now }, error),
    tell: (conflicts) => {
      const shown = conflicts.slice(0, MAX_TOLD).map((key) => `(${key.join(", ")})`);
      const more = conflicts.length > MAX_TOLD ? `, and ${conflicts.length - MAX_TOLD} more` : "";
      log.warn(
        `${subject}: ${shown.join(", ")}${more} had been changed on both sides; the later change is on both now, and the earlier one is gone`,
      );
    },
  };
}

/** Rows that are named when both sides had changed them. */
const MAX_TOLD = 20;

function describeBothTables({ pair: { source, target } }: Pick<BothDetail, "pair">): string {
  return `keeping tables "${source.schema}.${source.name}" and "${target.name}" equal`;
}

/** A partition that came meanwhile is captured too, and one that a row of the plain table needs is created. */
async function mend(
  work: WorkContext,
  declared: DeclaredCopy,
  { detail, now }: Pick<BothOpen, "detail" | "now">,
  error: unknown,
): Promise<boolean> {
  const { database, signal, log } = work;
  if (error instanceof BareLeaves) {
    const back = turnSides(detail.pair);
    const statements = error.leaves.flatMap((leaf) => captureLeaf(back, leaf));
    await database.execute(statements, { signal, log, subject: describeBothTables(detail) });
    return true;
  }
  if (!isRowWithoutPartition(error)) return false;
  database.invalidate(declared.schema, declared.table);
  const reading = await readCopy(database, declared, () => now);
  if (reading.kind !== "copyable") return false;
  return (await addMissing(makeCopyJob(work, declared, reading), { kind: "pending" })) > 0;
}

async function extend({ database, management, signal, log }: WorkContext, open: BothOpen): Promise<void> {
  const { record, detail, until } = open;
  const statements = [
    sayBoth(detail.pair.target, parseInstant(until, "UTC")),
    recordBoth(management, record, record.phase, { until }),
  ];
  const transaction = `keep both tables equal until ${until}`;
  await database.execute(
    statements.map((statement) => ({ ...statement, transaction })),
    { signal, log, subject: describeBothTables(detail) },
  );
}

/** Ends it for good, and tells why. Both tables stay as they are by now. */
export async function closeBoth(
  { database, management, signal, log }: WorkContext,
  { record, detail }: { readonly record: CopyRecord; readonly detail: BothDetail },
  why: string,
): Promise<void> {
  const removal = await readCloseBoth(database, detail);
  const closed = recordBoth(management, record, "ended", { closed: why });
  const { source, target } = detail.pair;
  await database.execute(
    [...removal, closed].map((statement) => ({ ...statement, transaction: removal[0]?.transaction })),
    { signal, log, subject: `ending the capture of tables "${source.schema}.${source.name}" and "${target.name}"` },
  );
  log.warn(
    `${source.schema}.${source.name} and ${target.name} are not kept equal any more: ${why}. Both stay as they are by now; what is written to one from now on does not reach the other`,
  );
}

/** Returns the statements of it for the tables as they are now. */
export async function readCloseBoth(database: Database, { pair }: Pick<BothDetail, "pair">): Promise<Statement[]> {
  const { schema, name } = pair.target;
  const leaves = await listLeaves(database, { schema, table: name }, nameCapture(turnSides(pair)).name);
  return closeBothStatements(pair, leaves);
}
