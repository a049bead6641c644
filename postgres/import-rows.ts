import type { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { from as copyFrom } from "pg-copy-streams";
import { COPY_SETTINGS } from "../core/archive/copy-settings";
import { quoteList, quoteQualified } from "../core/names/identifier";
import { cancellable } from "./cancel";
import type { Connections } from "./connections";
import { streaming } from "./errors";
import type { Session } from "./session";
import { inTransaction } from "./transaction";

/** A table that is made and filled in one transaction. */
export interface ImportRequest {
  readonly schema: string;
  readonly name: string;
  readonly columns: readonly string[];
  /** What makes the table. */
  readonly create: readonly string[];
  /** What follows when all rows are in. */
  readonly finish: readonly string[];
}

export interface ImportOptions {
  readonly signal: AbortSignal;
  /** What is being done, for errors. */
  readonly subject: string;
  readonly timeoutMs: number;
}

/**
 * Makes a table and fills it from texts as {@link exportRows} gives them, in one transaction: nobody sees a part of it, and what is
 * killed leaves nothing. Its rows are frozen from the start. `text` fails when what it gave was not what it should have been.
 */
export function importRows(
  connections: Connections,
  request: ImportRequest,
  options: ImportOptions,
  texts: AsyncIterable<Readable>,
): Promise<number> {
  return connections.withStreamingSession((session) =>
    streaming(options, "nothing of it was kept", () =>
      cancellable(connections, session, options.signal, () => importOn(session, request, options, texts)),
    ),
  );
}

function importOn(
  session: Session,
  request: ImportRequest,
  options: ImportOptions,
  texts: AsyncIterable<Readable>,
): Promise<number> {
  const table = quoteQualified(request.schema, request.name);
  const settings = {
    ...COPY_SETTINGS,
    statement_timeout: `${options.timeoutMs}ms`,
    // Between two parts the session waits for the store.
    idle_in_transaction_session_timeout: "0",
  };
  return inTransaction(session, "begin", settings, async () => {
    for (const statement of request.create) await session.query(statement);
    for await (const text of texts)
      await copyIn(session, `COPY ${table} (${quoteList(request.columns)}) FROM STDIN (FORMAT csv, FREEZE)`, text);
    for (const statement of request.finish) await session.query(statement);
    const rows = await session.query(`select count(*)::text as rows from ${table}`);
    return Number(rows[0]?.["rows"]);
  });
}

/** A text that fails ends the COPY with an error, and the transaction with it. */
async function copyIn(session: Session, statement: string, text: Readable): Promise<void> {
  await pipeline(text, session.client.query(copyFrom(statement)));
}
