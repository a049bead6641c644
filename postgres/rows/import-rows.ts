import type { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { from as copyFrom } from "pg-copy-streams";
import { quoteList, quoteQualified } from "../../core/names/identifier";
import type { Statement } from "../../core/sql/statement";
import type { Database } from "../database";
import { type CopyOptions, PATIENT } from "../execute/copy-transaction";
import type { Session } from "../connect/session";

/** Table that is filled in one transaction, which creates it or empties it first. */
interface ImportRequest {
  readonly schema: string;
  readonly name: string;
  /** Columns of the texts, in their order. */
  readonly columns: readonly string[];
  /** Columns that are written; the server computes the others. Left out: all. */
  readonly written?: { readonly columns: readonly string[]; readonly definitions: readonly string[] };
  /** Statements that create the table, or empty it. */
  readonly create: readonly Step[];
  /** Number of rows required at the end; another number fails, and nothing is kept. */
  readonly rows: number;
  /** Statements to run after all rows are loaded. */
  readonly finish: readonly Step[];
}

type Step = Pick<Statement, "sql" | "values">;

/**
 * Fills a table from texts as {@link exportRows} yields them, in one transaction: no session sees a part of it, and a killed run
 * leaves nothing. Its rows are frozen from the start. `text` fails if its content was not as expected.
 */
export function importRows(
  database: Database,
  request: ImportRequest,
  options: CopyOptions,
  texts: AsyncIterable<Readable>,
): Promise<number> {
  const table = quoteQualified(request.schema, request.name);
  const frame = { begin: "begin", left: "it was rolled back", settings: PATIENT } as const;
  return database.copy(options, frame, async (session) => {
    for (const step of request.create) await session.query(step.sql, step.values);
    if (request.written) await copyPartly(session, table, request, request.written, texts);
    else
      for await (const text of texts)
        await copyIn(session, `COPY ${table} (${quoteList(request.columns)}) FROM STDIN (FORMAT csv, FREEZE)`, text);
    const counted = await session.query(`select count(*)::text as rows from ${table}`);
    const rows = Number(counted[0]?.["rows"]);
    if (rows !== request.rows)
      throw new Error(
        `${options.subject}: ${table} holds ${rows} rows and its archive ${request.rows}; it was rolled back`,
      );
    for (const step of request.finish) await session.query(step.sql, step.values);
    return rows;
  });
}

/** Copies through a temporary table, because COPY takes all columns of a text or none. */
async function copyPartly(
  session: Session,
  table: string,
  { columns }: ImportRequest,
  written: NonNullable<ImportRequest["written"]>,
  texts: AsyncIterable<Readable>,
): Promise<void> {
  const staging = "pg_temp.pgpartition_restored";
  const list = quoteList(written.columns);
  await session.query(`CREATE TEMPORARY TABLE pgpartition_restored (${written.definitions.join(", ")}) ON COMMIT DROP`);
  for await (const text of texts) {
    await copyIn(session, `COPY ${staging} (${quoteList(columns)}) FROM STDIN (FORMAT csv)`, text);
    await session.query(`INSERT INTO ${table} (${list}) SELECT ${list} FROM ${staging}`);
    await session.query(`TRUNCATE ${staging}`);
  }
}

/** Loads one text; one that fails ends the COPY with an error, and the transaction with it. */
async function copyIn(session: Session, statement: string, text: Readable): Promise<void> {
  await pipeline(text, session.client.query(copyFrom(statement)));
}
