import { getMessage } from "../../../postgres/connect/sqlstate";
import { ParquetError } from "./codec-errors";

/**
 * Explains a failure of DuckDB without its message, which may quote the line or the value that it could not read: only the kind
 * of the error is repeated.
 */
export function writeFailure(error: unknown, file: string): unknown {
  if (!isDuckDb(error)) return explainDiskFailure(error, `writing "${file}"`) ?? error;
  const text = getMessage(error);
  if (/not utf-8|unicode|utf8/i.test(text))
    return new ParquetError(
      "encoding",
      `writing "${file}": a row has bytes that are not UTF-8, which a database of encoding SQL_ASCII lets through. ` +
        'Parquet has text in UTF-8 only: detach the partition instead of archiving it (onExpire: "detach"), or convert its values',
    );
  return explainCommon(error, text, `writing "${file}"`) ?? createOtherError(text, `writing "${file}"`);
}

/** Does the same for a file that is read: a failure without a known cause is blamed on the file. */
export function readFailure(error: unknown, file: string): unknown {
  if (!isDuckDb(error)) return explainDiskFailure(error, `reading "${file}"`) ?? error;
  const text = getMessage(error);
  if (/No files found|No such file/i.test(text)) return new ParquetError("missing", `"${file}" does not exist`);
  return (
    explainCommon(error, text, `reading "${file}"`) ??
    new ParquetError(
      "broken",
      `"${file}" is not the ${file.endsWith(".zst") ? "CSV" : "Parquet"} file that was written: ${parseKind(text)}. It was cut or altered, or belongs to another table; fetch it again`,
    )
  );
}

function explainCommon(error: unknown, text: string, doing: string): ParquetError | undefined {
  if (/^Out of Memory Error/.test(text))
    return new ParquetError(
      "memory",
      `${doing}: no memory was left for DuckDB, either of its own limit (memoryMegabytes) or of the system's. ` +
        "Give the process that archives 300 MB, and run it again",
    );
  if (/No space left|disk (is )?full|Disk quota/i.test(text)) return createNoSpaceError(doing);
  if (/^IO Error: (Cannot open|Could not (write|create))/.test(text))
    return new ParquetError("disk", `${doing}: ${parseKind(text)}, the file cannot be opened or written`);
  return undefined;
}

/** Explains a full disk, for the files that this process writes itself. */
function explainDiskFailure(error: unknown, doing: string): ParquetError | undefined {
  const code = error instanceof Error && "code" in error ? error.code : undefined;
  return code === "ENOSPC" || code === "EDQUOT" ? createNoSpaceError(doing) : undefined;
}

function createNoSpaceError(doing: string): ParquetError {
  return new ParquetError("disk", `${doing}: no space left on the disk. Free some, or set spoolMegabytes lower`);
}

function createOtherError(text: string, doing: string): ParquetError {
  return new ParquetError("other", `${doing}: DuckDB could not take the rows as text of a COPY (${parseKind(text)})`);
}

/** Returns "Invalid Input Error" and the like, with which each of DuckDB's messages begins. */
function parseKind(text: string): string {
  return /^[A-Z][A-Za-z ]* Error(?=:)/.exec(text)?.[0] ?? "error";
}

/** Returns true for errors of DuckDB; those of this product or the system explain themselves. */
function isDuckDb(error: unknown): boolean {
  return error instanceof Error && /^[A-Z][A-Za-z ]* Error: /.test(error.message) && error.name === "Error";
}
