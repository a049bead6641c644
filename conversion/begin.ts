import { toPair } from "../core/conversion/copy/copy-source";
import { captureStatements, namePreparation, prepareCopyStatements } from "../core/conversion/copy/prepare-copy";
import { encodeCopy } from "../core/resources/conversion";
import type { Statement } from "../core/sql/statement";
import { beginCopyStatement, captureStatement, type CopyRecord, readCopyRecord } from "../postgres/conversion/journal";
import { type CopyJob, describeCopy } from "./copy-job";
import { addDuePartitions } from "./cover-rows";

/** Creates the copy and writes down that the conversion has begun, in one transaction. */
function beginStatements(
  { source, work, declared }: Pick<CopyJob, "source" | "work" | "declared">,
  earlier: CopyRecord | undefined,
  restarted?: string,
): Statement[] {
  const { target, pending, former } = source.names;
  // A command that begins it again works for the stack that declared it.
  const owner = work.owner ?? earlier?.detail.owner;
  const detail = {
    target,
    pending,
    former,
    ...(declared.historyOf ? { historyOf: declared.historyOf.table } : {}),
    ...(declared.switchTo ? { switchTo: declared.switchTo.table } : {}),
    declared: encodeCopy(declared),
    ...(owner === undefined ? {} : { owner }),
    ...(restarted === undefined ? {} : { restarted }),
  };
  const record = beginCopyStatement(work.management, toPair(source), detail, work.run);
  return [...prepareCopyStatements(source), { ...record, transaction: namePreparation(source) }];
}

/** Installs the capture, and writes down what the two relations are at that moment, in one transaction. */
function startCaptureStatements({ source, work }: Pick<CopyJob, "source" | "work">): Statement[] {
  const statements = captureStatements(source);
  const record = captureStatement(work.management, toPair(source));
  return [...statements, { ...record, transaction: statements[0]?.transaction }];
}

/** Brings a conversion to the point where rows can be copied; what an earlier run has done is found in the journal. */
export async function beginCopy(job: CopyJob, restarted?: string): Promise<CopyRecord> {
  const { work, source } = job;
  const table = { schema: source.table.schema, table: source.table.name };
  const options = { signal: work.signal, log: work.log, subject: describeCopy(job) };
  let record = await readCopyRecord(work.database, table);
  if (!record || record.phase === "ended") {
    await work.database.execute(beginStatements(job, record, restarted), options);
    record = await readCopyRecord(work.database, table);
  } else {
    await addDuePartitions(job);
  }
  if (record?.phase === "prepared") {
    await work.database.execute(startCaptureStatements(job), options);
    record = await readCopyRecord(work.database, table);
  }
  if (!record) throw new Error(`${options.subject}: the journal has no entry of it`);
  return record;
}
