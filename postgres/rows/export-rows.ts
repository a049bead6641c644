import type { Readable } from "node:stream";
import { to as copyTo } from "pg-copy-streams";
import { quoteList, quoteLiteral, quoteQualified } from "../../core/names/identifier";
import type { Database } from "../database";
import { type CopyOptions, PATIENT, WHOLE_TABLE } from "../execute/copy-transaction";
import type { Session } from "../connect/session";
import { isConnectionLoss, getSqlState } from "../connect/sqlstate";
import type { RelationFacts } from "./relations";

/** Rows of one table between two row positions. */
interface ExportRequest {
  readonly relation: Pick<RelationFacts, "schema" | "name" | "oid" | "filenode">;
  readonly columns: readonly string[];
  /** `(block,line)`, included. */
  readonly first: string;
  /** `(block,line)`, excluded. */
  readonly end: string;
  /** Consequence of a failure, for errors. */
  readonly left: string;
}

/** Thrown if the rows of a table have moved since their positions were recorded: VACUUM FULL, CLUSTER and the like do that. */
export class RowsMoved extends Error {
  constructor(subject: string) {
    super(`${subject}: the table was rewritten meanwhile, so the positions of its rows differ`);
    this.name = "RowsMoved";
  }
}

/**
 * Passes on the rows as the server prints them (CSV, every value in quotes), in a transaction of its own that ends with them: no
 * snapshot is older than one part. Rows that a policy would hide are an error, never left out.
 */
export function exportRows<T>(
  database: Database,
  request: ExportRequest,
  options: CopyOptions,
  use: (text: Readable) => Promise<T>,
): Promise<T> {
  const frame = { begin: "begin read only", left: request.left, settings: { ...WHOLE_TABLE, ...PATIENT } } as const;
  return database.copy(options, frame, async (session) => {
    const result = await copy(session, buildCopyText(request), use);
    await requireUnmoved(session, request, options);
    return result;
  });
}

/** Fails if the table was rewritten before the read: the read's lock is still held, so it then has another file now. */
async function requireUnmoved(session: Session, { relation }: ExportRequest, { subject }: CopyOptions): Promise<void> {
  const [file] = await session.query("select pg_catalog.pg_relation_filenode($1::oid)::text as filenode", [
    relation.oid,
  ]);
  if (file?.["filenode"] !== relation.filenode) throw new RowsMoved(subject);
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
    const reason = await readServerReason(ended);
    if (!stream.readableEnded && reason === undefined) session.destroy();
    throw reason ?? error;
  }
}

/** Returns the server's error if it ended the COPY: that is the reason, not the reader's error. */
async function readServerReason(ended: Promise<void>): Promise<unknown> {
  const reason = await Promise.race([
    ended.then(
      () => undefined,
      (error: unknown) => error,
    ),
    new Promise<undefined>((resolve) => setImmediate(() => resolve(undefined))),
  ]);
  return getSqlState(reason) !== undefined || isConnectionLoss(reason) ? reason : undefined;
}

function buildCopyText({ relation, columns, first, end }: ExportRequest): string {
  const from = quoteQualified(relation.schema, relation.name);
  const between = `ctid >= ${quoteLiteral(first)}::tid AND ctid < ${quoteLiteral(end)}::tid`;
  return `COPY (SELECT ${quoteList(columns)} FROM ONLY ${from} WHERE ${between}) TO STDOUT (FORMAT csv, FORCE_QUOTE *)`;
}
