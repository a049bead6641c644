/** Position of a row in its table, as in PostgreSQL's `ctid`: block from 0, line in the block from 1. */
export interface Tid {
  readonly block: number;
  readonly line: number;
}

/** Half-open: includes `first`, excludes `end`. */
export interface TidRange {
  readonly first: Tid;
  readonly end: Tid;
}

/** More lines than a block of any size that PostgreSQL can be built with has. */
const MAX_LINES = 2048;

export const FIRST_TID: Tid = { block: 0, line: 0 };

/** Formats `(12,3)`, which the server reads as a tid. */
export function formatTid({ block, line }: Tid): string {
  return `(${block},${line})`;
}

/** Reads what the server prints. Throws RangeError if it is not a tid. */
export function parseTid(text: string): Tid {
  const match = /^\((\d+),(\d+)\)$/.exec(text);
  if (!match) throw new RangeError(`"${text}" is not the tid of a row`);
  return { block: Number(match[1]), line: Number(match[2]) };
}

export function compareTids(a: Tid, b: Tid): number {
  return a.block - b.block || a.line - b.line;
}

/** Returns the given number of blocks from a position, up to the end of the table. */
export function computeNextRange(first: Tid, blocks: number, end: Tid): TidRange {
  const wanted = { block: first.block + Math.max(1, blocks), line: 0 };
  return { first, end: compareTids(wanted, end) < 0 ? wanted : end };
}

/** Returns the first half of a range; undefined for a single line. */
export function takeFirstHalf({ first, end }: TidRange): TidRange | undefined {
  const blocks = end.block - first.block + (end.line > 0 ? 1 : 0);
  if (blocks > 1) return { first, end: { block: first.block + Math.ceil(blocks / 2), line: 0 } };
  const lastLine = end.block > first.block ? MAX_LINES : end.line;
  const lines = lastLine - first.line;
  if (lines <= 1) return undefined;
  return { first, end: { block: first.block, line: first.line + Math.ceil(lines / 2) } };
}

/** Returns the number of blocks that hold about the wanted bytes of text, by the measurement of the last part. Range 1 and up. */
export function estimateBlocks(bytes: number, measured: { readonly bytes: number; readonly blocks: number }): number {
  if (measured.bytes <= 0 || measured.blocks <= 0) return 1;
  return Math.max(1, Math.floor((bytes * measured.blocks) / measured.bytes));
}
