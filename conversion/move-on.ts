import { type CopyPhase, type CopyRecord, movePhase } from "../postgres/conversion/journal";
import { type CopyJob, describeCopy } from "./copy-job";

/** Writes down that a conversion is in its next phase. */
export async function moveOn(
  { work, source }: CopyJob,
  record: Pick<CopyRecord, "id">,
  phase: CopyPhase,
): Promise<void> {
  const options = { signal: work.signal, log: work.log, subject: describeCopy({ source }) };
  await work.database.execute([movePhase(work.management, record, phase)], options);
}
