import type { Statement } from "../core/sql/statement";
import type { WorkContext } from "../postgres/work/work-context";

/** Beginning of a job, as its journal has it. */
export interface Begun<Detail> {
  /** Id of the record, to which the parts refer. */
  readonly id: string;
  /** Run that began it. */
  readonly run: string;
  readonly at: string;
  /** Facts that decide whether a later run can resume it. */
  readonly detail: Detail;
}

/** Part of a job. What it consists of is the job's own: rows between two positions or keys, an object in a store. */
export interface JobPart {
  /** Number in the job, from 1. */
  readonly part: number;
}

/** One record: a statement, so that a job can execute it in the transaction of the step that it records. */
interface JournalEntry {
  readonly statement: Statement;
  /** Gerund and object, for errors. */
  readonly subject: string;
}

/** Records by which an interrupted job is resumed. Which tables they are in is the job's own. */
export interface Journal<Detail, Part extends JobPart> {
  /** Reads the last beginning; undefined: none. */
  readBegun(): Promise<Begun<Detail> | undefined>;
  begin(detail: Detail): JournalEntry;
  addPart(begun: Begun<Detail>, part: Part): JournalEntry;
  /** Ends a job whose parts are useless: no run resumes it. */
  discard(because: string): JournalEntry;
}

/** Executes one record by itself; without a signal also in a run that is being cancelled, because the next run decides by it. */
export async function writeEntry(
  { database, log }: WorkContext,
  { statement, subject }: JournalEntry,
  { signal }: { readonly signal: AbortSignal } = new AbortController(),
): Promise<void> {
  await database.execute([statement], { signal, log, subject });
}
