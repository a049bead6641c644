import { rm } from "node:fs/promises";
import { dirname } from "node:path";
import type { ParquetColumn } from "../../core/archive/format/parquet-columns";
import { openCodecOf } from "./open-codec";

/**
 * Replaces a CSV file by a Parquet file in the same folder and returns its path: queries over many files need little memory with
 * Parquet.
 */
export async function convertToParquet(
  file: string,
  columns: readonly ParquetColumn[],
  signal: AbortSignal,
): Promise<string> {
  const settings = { directory: dirname(file), maxTextBytes: Infinity };
  const target = `${file}.parquet`;
  const csv = await openCodecOf("csv", columns, settings);
  try {
    const parquet = await openCodecOf("parquet", columns, settings);
    try {
      await parquet.encode(await csv.read(file, { signal }), target, { signal });
    } finally {
      await parquet.close();
    }
  } finally {
    await csv.close();
  }
  await rm(file, { force: true });
  return target;
}
