import { createHash, type Hash } from "node:crypto";
import { addAbortSignal, type Readable } from "node:stream";
import { ChunkTooLarge, TextCutOff } from "../parquet/errors";
import type { EncodeOptions, ProvedText } from "../chunk-codec";
import { RowScan } from "./row-scan";

/** Reads the text of a COPY to its end without keeping it: what the server says the rows are. `also` is fed the same bytes. */
export async function hashText(
  text: Readable,
  maxTextBytes: number,
  { signal, onRead }: EncodeOptions,
  also?: Hash,
): Promise<ProvedText> {
  // What fails before it is read is told by the loop below.
  text.on("error", () => undefined);
  if (signal) addAbortSignal(signal, text);
  const hash = createHash("sha256");
  const scan = new RowScan();
  let textBytes = 0;
  for await (const piece of text as AsyncIterable<Buffer>) {
    textBytes += piece.length;
    if (textBytes > maxTextBytes) throw new ChunkTooLarge(maxTextBytes);
    scan.push(piece);
    hash.update(piece);
    also?.update(piece);
    onRead?.(textBytes);
  }
  if (scan.open > 0) throw new TextCutOff(scan.rows);
  return { rows: scan.rows, textBytes, textSha256: hash.digest("hex") };
}
