import type { Readable } from "node:stream";
import { Cancelled } from "../../../postgres/connect/errors";
import { ParquetError } from "../spool/errors";

/** Yields the bytes of a CSV file after its header; fails if it begins with another one. */
export async function* csvText(
  stream: Readable,
  header: Buffer,
  file: string,
  signal: AbortSignal | undefined,
): AsyncGenerator<Buffer, void, undefined> {
  let seen = 0;
  for await (const piece of stream as AsyncIterable<Buffer>) {
    if (signal?.aborted) throw new Cancelled(`reading "${file}"`, signal.reason);
    const own = Math.min(header.length - seen, piece.length);
    if (own > 0 && !piece.subarray(0, own).equals(header.subarray(seen, seen + own))) throw otherHeader(file);
    seen += Math.max(own, 0);
    if (piece.length > own) yield piece.subarray(Math.max(own, 0));
  }
  if (seen < header.length) throw otherHeader(file);
}

function otherHeader(file: string): ParquetError {
  return new ParquetError(
    "broken",
    `"${file}" is not the CSV file that was written: its first line does not name the columns. It was cut or altered, or belongs to another table; fetch it again`,
  );
}
