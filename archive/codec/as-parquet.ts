import { rm } from "node:fs/promises";
import { dirname } from "node:path";
import type { ParquetColumn } from "../../core/archive/format/columns";
import { openCodecOf } from "./open-codec";

/**
 * Makes a Parquet file of a CSV one, beside it and in its place: what asks many files at once reads Parquet with little memory.
 * Returns its path.
 */
export async function asParquet(file: string, columns: readonly ParquetColumn[], signal: AbortSignal): Promise<string> {
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
