import type { ArchiveState, PartRecord } from "../../postgres/archive/archive-records";
import { exportRows } from "../../postgres/rows/export-rows";
import { readColumns } from "../../postgres/rows/read-columns";
import { ArchiveContradicted } from "../store/mismatch";
import { type ArchiveJob, subjectOf } from "./archive-job";
import { sha256Of } from "../store/read";

/**
 * Compares the export with the rows as they are now, by a new hash of each part, after the fence was open in between. Reads the
 * table once more, and writes nothing.
 */
export async function recheckParts(job: ArchiveJob, state: ArchiveState): Promise<void> {
  const columns = (await readColumns(job.work.database, job.away.oid)).map((column) => column.name);
  for (const [index, part] of state.parts.entries()) {
    job.work.log.status(
      `${job.away.partition} was open to writers: comparing part ${index + 1} of ${state.parts.length}`,
    );
    await recheck(job, state, part, columns);
  }
}

async function recheck(
  job: ArchiveJob,
  state: ArchiveState,
  part: PartRecord,
  columns: readonly string[],
): Promise<void> {
  const relation = state.relations.find((candidate) => candidate.oid === part.relation);
  if (!relation) throw new ArchiveContradicted(`${subjectOf(job)}: a table that held rows of it is gone`);
  const { signal } = job.work;
  const options = { signal, subject: `comparing "${relation.schema}"."${relation.name}" with its archive` };
  const request = { relation, columns, first: part.first, end: part.end, left: "this part was not compared" };
  const sha256 = await exportRows(job.work.database, request, options, sha256Of);
  if (sha256 === part.textSha256) return;
  throw new ArchiveContradicted(
    `${subjectOf(job)}: the fence was open, and rows of ${part.key} are not those that were exported`,
  );
}
