import { createWriteStream } from "node:fs";
import { pipeline } from "node:stream/promises";
import { to as copyTo } from "pg-copy-streams";
import { COPY_SETTINGS } from "../core/archive/copy-settings";
import { cancellable } from "./cancel";
import type { Connections } from "./connections";
import { streaming } from "./errors";
import { type ExportOptions, type ExportRequest, rowsBetween } from "./export-rows";
import type { Session } from "./session";
import { sqlState } from "./sqlstate";
import { inTransaction } from "./transaction";

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
  options: ExportOptions,
): Promise<void> {
  const settings = { ...COPY_SETTINGS, row_security: "off", statement_timeout: `${options.timeoutMs}ms` };
  return connections.withStreamingSession((session) =>
    streaming(options, "this part was not archived", () =>
      cancellable(connections, session, options.signal, () =>
        inTransaction(session, "begin read only", settings, () => copyToFile(session, request)),
      ),
    ),
  );
}

async function copyToFile(session: Session, request: ParquetExportRequest): Promise<void> {
  const stream = session.client.query(copyTo(parquetCopy(request)));
  try {
    await pipeline(stream, createWriteStream(request.target));
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
