import { COPY_SETTINGS } from "../core/archive/copy-settings";
import { cancellable } from "./cancel";
import type { Connections } from "./connections";
import { streaming } from "./errors";
import { type ExportOptions, type ExportRequest, RowsMoved, rowsBetween } from "./export-rows";
import { inTransaction } from "./transaction";

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
  options: ExportOptions,
): Promise<S3Exported> {
  const settings = { ...COPY_SETTINGS, row_security: "off", statement_timeout: `${options.timeoutMs}ms` };
  return connections.withStreamingSession((session) =>
    streaming(options, "this part was not archived", () =>
      cancellable(connections, session, options.signal, () =>
        inTransaction(session, "begin", settings, async () => {
          const [written] = await session.query(...exportCall(request));
          const [file] = await session.query("select pg_catalog.pg_relation_filenode($1::oid)::text as filenode", [
            request.relation.oid,
          ]);
          if (file?.["filenode"] !== request.relation.filenode) throw new RowsMoved(options.subject);
          return { rows: Number(written?.["rows"]), files: Number(written?.["files"]) };
        }),
      ),
    ),
  );
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
