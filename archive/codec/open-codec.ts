import type { ArchiveEncoding } from "../../core/declare/archive/formats";
import type { ParquetColumn } from "../../core/archive/format/parquet-columns";
import type { ChunkCodec, CodecSettings } from "./spool/chunk-codec";
import { openCsvCodec } from "./csv/codec";
import { openCodec } from "./parquet/codec";
import { openTextCodec } from "./text-codec";

/** Opens the codec for the parts of an archive, by the encoding in its manifest or its declaration. */
export function openCodecOf(
  encoding: ArchiveEncoding,
  columns: readonly ParquetColumn[],
  settings: CodecSettings,
): Promise<ChunkCodec> {
  switch (encoding) {
    case "rows":
      return openTextCodec(settings);
    case "csv":
      return openCsvCodec(columns, settings);
    case "parquet":
      return openCodec(columns, settings);
  }
}
