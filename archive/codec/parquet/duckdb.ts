import type * as duckdbTypes from "@duckdb/node-api";
import { explainMissingPackage } from "../../../core/problems/missing-package";
import { getMessage } from "../../../postgres/connect/sqlstate";
import { ParquetError } from "../spool/codec-errors";

/** Loads DuckDB, a compiled package that is installed only by those who archive in Parquet or query archives. */
export async function loadDuckDb(user: string): Promise<typeof duckdbTypes> {
  try {
    return await import("@duckdb/node-api");
  } catch (error) {
    const missing = explainMissingPackage(error, "@duckdb/node-api", user);
    if (missing !== error) throw missing;
    throw new ParquetError(
      "unavailable",
      `DuckDB, which writes and reads Parquet files, cannot be loaded on ${process.platform}-${process.arch}: ` +
        `${getMessage(error)}. Install the package @duckdb/node-api with its optional dependencies`,
    );
  }
}
