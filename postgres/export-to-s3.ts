import type { Connections } from "./connections";
import { type CopyOptions, inCopyTransaction, WHOLE_TABLE } from "./copy-transaction";
import { type ExportRequest, NOT_ARCHIVED, requireUnmoved, rowsBetween } from "./export-rows";

/** Rows of one table between two places, as one object that the server writes. */
export interface S3ExportRequest extends ExportRequest {
  readonly bucket: string;
  readonly key: string;
  readonly region?: string | undefined;
  readonly kmsKey?: string | undefined;
}

export interface S3Exported {
  readonly rows: number;
  readonly files: number;
}

/** As exportRows prints them, after a line with the names of the columns. */
const OPTIONS = "format csv, force_quote *, header true";

/**
 * Lets the server write rows into a bucket by the extension aws_s3, printed under the settings of every export. It overwrites what
 * is there. Credentials are the server's own.
 */
export function exportToS3(
  connections: Connections,
  request: S3ExportRequest,
  options: CopyOptions,
): Promise<S3Exported> {
  const frame = { begin: "begin", left: NOT_ARCHIVED, settings: WHOLE_TABLE } as const;
  return inCopyTransaction(connections, options, frame, async (session) => {
    const [written] = await session.query(...exportCall(request));
    await requireUnmoved(session, request, options);
    return { rows: Number(written?.["rows"]), files: Number(written?.["files"]) };
  });
}

/** The statement and its values. What is not given is left to the function's own defaults. */
export function exportCall(request: S3ExportRequest): [text: string, values: string[]] {
  const values = [rowsBetween(request), request.bucket, request.key, OPTIONS];
  const named = [
    ["region", request.region],
    ["kms_key", request.kmsKey],
  ].flatMap(([name, value]) => (value === undefined ? [] : `, ${name} := $${values.push(value)}::text`));
  return [
    "select rows_uploaded::text as rows, files_uploaded::text as files " +
      `from aws_s3.query_export_to_s3($1::text, $2::text, $3::text, options := $4::text${named.join("")})`,
    values,
  ];
}
