import { createHash } from "node:crypto";
import type { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { from as copyFrom, to as copyTo } from "pg-copy-streams";
import { insertText, STAGE, type TableRef } from "../../core/archive/table-sql";
import { quoteList, quoteQualified } from "../../core/names/identifier";
import type { Database } from "../database";
import { type CopyOptions, PATIENT, WHOLE_TABLE } from "../execute/copy-transaction";
import { faultpoint } from "../connect/faultpoint";
import type { Session } from "../connect/session";

/** Rows to be stored in an archive table exactly once. */
interface StoreRowsRequest {
  readonly table: TableRef;
  readonly columns: readonly string[];
  /** Register of the archive table, quoted. */
  readonly register: string;
  /** Entry in the register. `sha256` in hex: of the text that the source sent. */
  readonly entry: { readonly key: string; readonly source: string; readonly bytes: number; readonly sha256: string };
}

/** Thrown if the table does not return what the source had sent. Nothing of it was kept. */
class RowsDiffer extends Error {
  constructor(subject: string, table: TableRef) {
    super(
      `${subject}: "${table.schema}"."${table.name}" does not return the rows as they were sent. None of them was stored and ` +
        "nothing dropped. Check for triggers, types of the same name that differ, and settings of the archive's database",
    );
    this.name = "RowsDiffer";
  }
}

/**
 * Writes rows into an archive table, in one transaction with their entry in the register: a killed run leaves both or neither.
 * The entry comes first, so that the transaction of a killed run is waited for. The output of RETURNING for the written rows is
 * compared, by SHA-256, with what the source sent. False: the entry existed already.
 */
export function storeRows(
  database: Database,
  request: StoreRowsRequest,
  options: CopyOptions,
  text: () => Readable,
): Promise<boolean> {
  const { table, columns, register, entry } = request;
  const frame = {
    begin: "begin",
    left: "this part is stored as a whole or not at all; the next update reads which",
    settings: { ...WHOLE_TABLE, ...PATIENT },
    // A killed run that is not rolled back yet is waited for.
    outwaitsLocks: true,
  } as const;
  return database.copy(options, frame, async (session) => {
    const target = quoteQualified(table.schema, table.name);
    const entered = await session.query(
      `insert into ${register} (archive_table, object_key, source, bytes, sha256, xid) values ($1, $2, $3, $4::bigint, $5, pg_catalog.pg_current_xact_id()::xid) on conflict do nothing returning object_key`,
      [table.name, entry.key, entry.source, String(entry.bytes), entry.sha256],
    );
    if (entered.length === 0) return false;
    const list = quoteList(columns);
    const stage = `create temporary table ${STAGE.replace("pg_temp.", "")} on commit drop as select ${list} from ${target} with no data`;
    await session.query(stage);
    await pipeline(text(), session.client.query(copyFrom(`COPY ${STAGE} (${list}) FROM STDIN (FORMAT csv)`)));
    const given = await insert(session, insertText(table, columns));
    if (given.sha256 !== entry.sha256) throw new RowsDiffer(options.subject, table);
    await session.query(`update ${register} set row_count = $3::bigint where archive_table = $1 and object_key = $2`, [
      table.name,
      entry.key,
      String(given.rows),
    ]);
    await faultpoint(`after rows of ${entry.key.slice(entry.key.lastIndexOf("/") + 1)}, uncommitted`);
    return true;
  });
}

async function insert(
  session: Session,
  statement: string,
): Promise<{ readonly sha256: string; readonly rows: number }> {
  const stream = session.client.query(copyTo(statement));
  const hash = createHash("sha256");
  try {
    for await (const piece of stream as AsyncIterable<Buffer>) hash.update(piece);
  } catch (error) {
    if (!stream.readableEnded && !stream.errored) session.destroy();
    throw error;
  }
  return { sha256: hash.digest("hex"), rows: stream.rowCount };
}
