import type { Readable } from "node:stream";
import { to as copyTo } from "pg-copy-streams";
import { COPY_SETTINGS } from "../core/archive/copy-settings";
import { quoteList, quoteLiteral, quoteQualified } from "../core/names/identifier";
import { cancellable } from "./cancel";
import type { Connections } from "./connections";
import { streaming } from "./errors";
import type { Session } from "./session";
import { isConnectionLoss, sqlState } from "./sqlstate";
import { inTransaction } from "./transaction";

/** Rows of one table between two places. */
export interface ExportRequest {
  readonly relation: {
    readonly schema: string;
    readonly name: string;
    readonly oid: string;
    readonly filenode: string;
  };
  readonly columns: readonly string[];
  /** `(block,line)`, included. */
  readonly first: string;
  /** `(block,line)`, excluded. */
  readonly end: string;
}

export interface ExportOptions {
  readonly signal: AbortSignal;
  /** What is being done, for errors. */
  readonly subject: string;
  readonly timeoutMs: number;
}

/** The rows of a table have moved since their places were written down: VACUUM FULL, CLUSTER and the like do that. */
export class RowsMoved extends Error {
  constructor(subject: string) {
    super(`${subject}: the table was rewritten meanwhile, so the places of its rows are others`);
    this.name = "RowsMoved";
  }
}

/**
 * Gives the rows as the server prints them (CSV, every value in quotes), in a transaction of its own that ends with them: no
 * snapshot is older than one part. Rows that a policy would hide are an error, never left out.
 */
export function exportRows<T>(
  connections: Connections,
  request: ExportRequest,
  options: ExportOptions,
  use: (text: Readable) => Promise<T>,
): Promise<T> {
  return connections.withStreamingSession((session) =>
    streaming(options, "this part was not archived", () =>
      cancellable(connections, session, options.signal, () => exportOn(session, request, options, use)),
    ),
  );
}

function exportOn<T>(
  session: Session,
  request: ExportRequest,
  options: ExportOptions,
  use: (text: Readable) => Promise<T>,
): Promise<T> {
  const settings = {
    ...COPY_SETTINGS,
    row_security: "off",
    statement_timeout: `${options.timeoutMs}ms`,
    // What reads the rows may take some seconds more for them than the server.
    idle_in_transaction_session_timeout: "0",
  };
  return inTransaction(session, "begin read only", settings, async () => {
    const result = await copy(session, copyText(request), use);
    // The lock of the COPY is held still: a table that was rewritten before it shows another file now.
    const rows = await session.query("select pg_catalog.pg_relation_filenode($1::oid)::text as filenode", [
      request.relation.oid,
    ]);
    if (rows[0]?.["filenode"] !== request.relation.filenode) throw new RowsMoved(options.subject);
    return result;
  });
}

async function copy<T>(session: Session, text: string, use: (text: Readable) => Promise<T>): Promise<T> {
  const stream = session.client.query(copyTo(text));
  const ended = new Promise<void>((resolve, reject) => {
    stream.once("end", resolve);
    stream.once("error", reject);
    stream.once("close", () => reject(new Error("the rows were not read to their end")));
  });
  ended.catch(() => undefined);
  try {
    const result = await use(stream);
    await ended;
    return result;
  } catch (error) {
    const reason = await serverReason(ended);
    if (!stream.readableEnded && reason === undefined) session.destroy();
    throw reason ?? error;
  }
}

/** Where the server ended the COPY, its word and not the reader's is the reason. */
async function serverReason(ended: Promise<void>): Promise<unknown> {
  const reason = await Promise.race([
    ended.then(
      () => undefined,
      (error: unknown) => error,
    ),
    new Promise<undefined>((resolve) => setImmediate(() => resolve(undefined))),
  ]);
  return sqlState(reason) !== undefined || isConnectionLoss(reason) ? reason : undefined;
}

function copyText(request: ExportRequest): string {
  return `COPY (${rowsBetween(request)}) TO STDOUT (FORMAT csv, FORCE_QUOTE *)`;
}

/** The rows that are meant, as a query. */
export function rowsBetween(
  { relation, columns, first, end }: ExportRequest,
  selectList: string = quoteList(columns),
): string {
  const from = quoteQualified(relation.schema, relation.name);
  const between = `ctid >= ${quoteLiteral(first)}::tid AND ctid < ${quoteLiteral(end)}::tid`;
  return `SELECT ${selectList} FROM ONLY ${from} WHERE ${between}`;
}
