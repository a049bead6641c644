import { copyText, type WhenPresent } from "../../core/conversion/between/copy-text";
import type { PairRelation } from "../../core/conversion/between/pair";
import type { Row, Value } from "../connect/session";
import { inPairTransaction, type PairWork } from "./pair-transaction";

/** Blocks of a heap that are copied by one statement: from the first to before the end. */
interface Blocks {
  readonly heap: PairRelation;
  readonly first: number;
  readonly end: number;
}

/** A statement of the journal, in the transaction of the step that it records. */
export interface Recorded {
  readonly text: string;
  readonly values: readonly Value[];
}

/**
 * Copies the rows of some blocks which the target does not have, and records it; one that it has is left, or is an error of the
 * server's (23505), as the caller says. READ COMMITTED: the snapshot is that of the
 * statement, and younger than everything before it.
 */
export function copyBlocks(
  work: PairWork,
  { heap, first, end }: Blocks,
  record: (rows: number) => Recorded,
  whenPresent: WhenPresent,
): Promise<number> {
  return inPairTransaction(work, { begin: "begin", byPlace: true }, async (session) => {
    const range = [`(${first},0)`, `(${end},0)`];
    // One scan of a range of blocks, whatever the statistics of the table say: see BY_KEY.
    const [, found] = await Promise.all([
      session.query("set local enable_seqscan = on"),
      session.query(copyText(work.pair, heap, whenPresent), range),
    ]);
    const rows = readCount(found[0], "rows");
    const { text, values } = record(rows);
    await session.query(text, values);
    return rows;
  });
}

export function readCount(row: Row | undefined, name: string): number {
  return Number(row?.[name] ?? 0);
}
