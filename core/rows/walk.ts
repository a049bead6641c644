import { estimateBlocks, compareTids, FIRST_TID, computeNextRange, type Tid, type TidRange } from "./tid";

/** Place in a table that is read part by part, and the size of its next part. */
export interface Walk {
  /** Position of the next row. */
  readonly first: Tid;
  /** Blocks that the next part takes. */
  readonly blocks: number;
  /** First position behind the table. */
  readonly end: Tid;
}

/** The first part is small: only then is it known how much text a block yields. */
const FIRST_BLOCKS = 1024;

/** Share of the largest part that is planned: rows differ in length. */
const FILL = 0.7;

/** Starts a walk behind the parts that earlier runs have taken, of which `ends` are the ends. */
export function startWalk(
  table: { readonly blocks: number; readonly bytes: number },
  ends: readonly Tid[],
  maxTextBytes: number,
): Walk {
  return {
    first: ends.reduce((last, tid) => (compareTids(last, tid) < 0 ? tid : last), FIRST_TID),
    blocks: Math.min(FIRST_BLOCKS, estimateBlocks(maxTextBytes / 4, table)),
    end: { block: table.blocks, line: 0 },
  };
}

/** Returns the range of the next part; undefined at the end of the table. */
export function nextPart({ first, blocks, end }: Walk): TidRange | undefined {
  return compareTids(first, end) < 0 ? computeNextRange(first, blocks, end) : undefined;
}

/** Continues behind a range: the text that it yielded decides about the size of the next part. */
export function walkOn(walk: Walk, range: TidRange, textBytes: number, maxTextBytes: number): Walk {
  const read = range.end.block - range.first.block;
  const measured = textBytes > 0 && read > 0;
  const blocks = measured ? estimateBlocks(maxTextBytes * FILL, { bytes: textBytes, blocks: read }) : walk.blocks * 2;
  return { ...walk, first: range.end, blocks };
}
