const formatMegabytes = (bytes: number): string => `${Math.ceil(bytes / 1_000_000)} MB`;

/** Thrown if the text of a chunk is longer than agreed. Half of the rows may fit. */
export class ChunkTooLarge extends Error {
  constructor(readonly maxTextBytes: number) {
    super(
      `the rows of a part are more than ${formatMegabytes(maxTextBytes)} of text: take fewer rows, or set spoolMegabytes higher`,
    );
    this.name = "ChunkTooLarge";
  }
}

/** Thrown if a single row is longer than can be archived, so fewer rows do not help. */
export class RowTooLarge extends Error {
  constructor(
    /** Number of the row in the chunk, from 1. */
    readonly row: number,
    readonly maxRowBytes: number,
    setting: string,
  ) {
    super(
      `row ${row} of a part is more than ${formatMegabytes(maxRowBytes)} of text, where ${setting}: ` +
        'detach the partition instead of archiving it (onExpire: "detach"), or move so large a value elsewhere',
    );
    this.name = "RowTooLarge";
  }
}

/** Thrown if the text ends inside a row, so it is no whole COPY. */
export class TextCutOff extends Error {
  constructor(rows: number) {
    super(
      `the rows from the server ended in the middle of row ${rows + 1}: the connection was lost, run the update again`,
    );
    this.name = "TextCutOff";
  }
}

/** Reason why a Parquet file could not be written or read, for callers that react differently. */
type ParquetErrorKind = "broken" | "disk" | "encoding" | "memory" | "missing" | "unavailable" | "other";

/** Thrown if writing or reading a Parquet file failed. DuckDB's message is left out where it could quote a row. */
export class ParquetError extends Error {
  constructor(
    readonly kind: ParquetErrorKind,
    message: string,
  ) {
    super(message);
    this.name = "ParquetError";
  }
}
