import { reconcileTexts } from "../../core/conversion/between/reconcile-text";
import { faultpoint } from "../connect/faultpoint";
import type { Row, Session } from "../connect/session";
import { readCount, type Recorded } from "./copy-blocks";
import { inPairTransaction, type PairWork } from "./pair-transaction";

/** What one reconciliation did. */
export interface Reconciled {
  /** Changes that were taken: fewer than asked for means that no more were to be seen. */
  readonly changes: number;
  /** True if one of them is a TRUNCATE of the source: then nothing else was done, and the copy has to begin again. */
  readonly emptied: boolean;
}

/** Thrown if rows that were just reconciled, or a range of both sides, are not equal. */
export class RowsDiffer extends Error {
  constructor(subject: string, facts: string) {
    super(`${subject}: ${facts}`);
    this.name = "RowsDiffer";
  }
}

/** What is done about a TRUNCATE: told to the caller, or the rows that the source does not have any more are deleted from the target. */
type WhenEmptied = "tell" | "delete";

/** No number of changes is larger. */
export const ALL_CHANGES = "9223372036854775807";

/**
 * Takes up to `limit` changes, deletes the rows with their keys from the target, inserts those that the source has, proves that
 * both sides are equal there, and forgets the changes; all by one snapshot. A change that this snapshot does not see stays pending
 * even if its number is smaller: it may be committed later than one with a larger number.
 *
 * @param whenEmptied `delete` where the target refuses TRUNCATE, or one of several partitions may have been emptied
 */
export function reconcile(
  work: PairWork,
  limit: number | typeof ALL_CHANGES,
  record: (changes: number) => Recorded,
  whenEmptied: WhenEmptied = "tell",
): Promise<Reconciled> {
  const texts = reconcileTexts(work.pair);
  return inPairTransaction(work, { begin: "begin isolation level repeatable read" }, async (session) => {
    const [found] = await session.query(texts.take, [String(limit)]);
    const changes = readCount(found, "changes");
    if (changes === 0) return { changes, emptied: false };
    if (found?.["emptied"] === true) {
      if (whenEmptied === "tell") return { changes, emptied: true };
      await removeGone(session, texts);
    }
    const places = [String(found?.["first"]), String(found?.["last"])];
    await faultpoint("before the changes are applied");
    const { text, values } = record(changes);
    const [, , proof] = await Promise.all([
      session.query(texts.remove, places),
      session.query(texts.insert, places),
      session.query(texts.prove, places),
      session.query(texts.consume, places),
      session.query(text, values),
    ]);
    const differs = explainDifference(proof[0]);
    if (differs !== undefined)
      throw new RowsDiffer(work.subject, `rows that were just copied again are not those of the table (${differs})`);
    await faultpoint("before the changes are committed");
    return { changes, emptied: false };
  });
}

async function removeGone(session: Session, texts: ReturnType<typeof reconcileTexts>): Promise<void> {
  await joinWhole(session, () => [session.query(texts.removeGone), session.query(texts.forgetEmptied)]);
}

/** Runs statements that join both sides as a whole, whatever plans are right for single keys. */
export async function joinWhole(session: Session, run: () => readonly Promise<unknown>[]): Promise<void> {
  await Promise.all([
    ...JOINS.map((node) => session.query(`set local enable_${node} = on`)),
    ...run(),
    ...JOINS.map((node) => session.query(`set local enable_${node} = off`)),
  ]);
}

const JOINS = ["hashjoin", "mergejoin", "seqscan"];

/** Returns the counts of two sides that are not equal; undefined: they are. */
export function explainDifference(row: Row = {}): string | undefined {
  const value = (name: string): string => String(row[name] ?? "0");
  if (value("source_rows") !== value("target_rows"))
    return `${value("source_rows")} rows in the table, ${value("target_rows")} in the copy`;
  if (value("source_hash") !== value("target_hash"))
    return `${value("source_rows")} rows on both sides, not all of them equal`;
  return undefined;
}
