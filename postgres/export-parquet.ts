import { createWriteStream } from "node:fs";
import { pipeline } from "node:stream/promises";
import { to as copyTo } from "pg-copy-streams";
import { PRIVATE_FILE_MODE } from "../core/defaults";
import type { Connections } from "./connections";
import { type CopyOptions, inCopyTransaction, WHOLE_TABLE } from "./copy-transaction";
import { type ExportRequest, NOT_ARCHIVED, requireUnmoved, rowsBetween } from "./export-rows";
import type { Session } from "./session";
import { sqlState } from "./sqlstate";

/** Rows of one table between two places, as a Parquet file that the server makes. */
export interface ParquetExportRequest extends ExportRequest {
  /** What is asked for, as SQL: columns of the file, made of those of the table. */
  readonly selectList: string;
  /** File on this machine that is written. */
  readonly target: string;
}

/** As our own files have it: a row group is what a reader has in memory. */
export const SERVER_PARQUET_FORMAT =
  "FORMAT parquet, COMPRESSION zstd, ROW_GROUP_SIZE 122880, ROW_GROUP_SIZE_BYTES 50331648";

/** Lets the server make a Parquet file of rows by the extension pg_parquet, in a transaction of its own. Its rights are those of a COPY. */
export function exportParquet(
  connections: Connections,
  request: ParquetExportRequest,
  options: CopyOptions,
): Promise<void> {
  const frame = { begin: "begin read only", left: NOT_ARCHIVED, settings: WHOLE_TABLE } as const;
  return inCopyTransaction(connections, options, frame, async (session) => {
    await copyToFile(session, request);
    await requireUnmoved(session, request, options);
  });
}

async function copyToFile(session: Session, request: ParquetExportRequest): Promise<void> {
  const stream = session.client.query(copyTo(parquetCopy(request)));
  try {
    await pipeline(stream, createWriteStream(request.target, { mode: PRIVATE_FILE_MODE }));
  } catch (error) {
    if (!stream.readableEnded && sqlState(error) === undefined) session.destroy();
    throw isUnknownFormat(error)
      ? new Error(
          "this server does not know COPY … (FORMAT parquet): pg_parquet has to be in shared_preload_libraries, and the server started with it",
          { cause: error },
        )
      : error;
  }
}

export function parquetCopy(request: ParquetExportRequest): string {
  return `COPY (${rowsBetween(request, request.selectList)}) TO STDOUT WITH (${SERVER_PARQUET_FORMAT})`;
}

/** The library is not loaded, so that PostgreSQL itself reads the options. */
function isUnknownFormat(error: unknown): boolean {
  return sqlState(error) === "22023" && error instanceof Error && error.message.includes('"parquet"');
}
