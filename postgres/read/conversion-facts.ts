import { type AskedKey, chooseKey } from "../../core/conversion/analyze/choose-key";
import type {
  ColumnStatistics,
  ConversionFacts,
  StatementTexts,
  TableActivity,
} from "../../core/conversion/analyze/facts";
import { proposeHistoryEnd, proposePeriod } from "../../core/conversion/analyze/propose";
import type { BackupSpec } from "../../core/declare/retention/backup";
import type { TableName } from "../../core/names/table-name";
import type { Instant } from "../../core/time/instant";
import type { Period } from "../../core/time/period";
import { getSqlState } from "../connect/sqlstate";
import type { Database } from "../database";
import { OLD_TRANSACTION_SECONDS } from "../execute/obstacles";
import { query } from "../queries";
import { readNamingFunctions } from "./adoption-sources";
import { readConversionSource } from "./conversion-source";
import { readKeyRows } from "./key-rows";
import { readLastBackup } from "./last-backup";
import { listMissingRights } from "./rights";

/** Row of queries/conversion/activity.sql. Numbers that may exceed four bytes are text; JSON leaves an empty list out as null. */
interface ActivityRow {
  readonly rows: string | null;
  readonly heap_bytes: string;
  readonly index_bytes: string;
  readonly toast_bytes: string;
  readonly inserts: string;
  readonly updates: string;
  readonly hot_updates: string;
  readonly deletes: string;
  readonly sequential_scans: string;
  readonly seconds: string | null;
  readonly statistics:
    readonly (Omit<ColumnStatistics, "correlation"> & { readonly correlation: number | null })[] | null;
  readonly max_wal_bytes: string;
  readonly sees_all: boolean;
  readonly old_transactions: TableActivity["server"]["oldTransactions"] | null;
  readonly prepared_transactions: TableActivity["server"]["preparedTransactions"] | null;
  readonly replicas: TableActivity["server"]["replicas"] | null;
  readonly slots: TableActivity["server"]["slots"] | null;
  readonly statements_schema: string | null;
}

/** What the operator said: key, length of an interval, end of the history. What is left out is proposed. */
export interface AnalysisRequest extends AskedKey {
  readonly every?: Period | undefined;
  readonly historyUntil?: Instant | undefined;
  /** Backup that the swap will require. */
  readonly requireBackupSince?: BackupSpec | undefined;
}

/** Reads everything that the analysis of one plain table needs. Changes nothing. Undefined: no relation of that name exists. */
export async function readConversionFacts(
  database: Database,
  name: TableName,
  asked: AnalysisRequest,
): Promise<ConversionFacts | undefined> {
  const source = await readConversionSource(database, name);
  const { table, now, replication, obstacles, serverVersion, registration } = await database.observe(
    name.schema,
    name.table,
  );
  if (!source || !table) return undefined;
  const rows = await database.read(query("conversion/activity"), [source.oid, OLD_TRANSACTION_SECONDS]);
  // The query names the columns of ActivityRow.
  const row = rows[0] as unknown as ActivityRow | undefined;
  if (!row) return undefined;
  const activity = toActivity(row);
  const statistics = (row.statistics ?? []).map((one) => ({ ...one, correlation: one.correlation ?? undefined }));
  const chosen = chooseKey(table, statistics, asked);
  const read =
    chosen && source.kind === "plain"
      ? await readKeyRows(database, table, chosen, activity.heapBytes)
      : { rows: undefined, scanSeconds: undefined };
  const bytes = activity.heapBytes + activity.toastBytes;
  const every = asked.every ?? proposePeriod(read.rows, { rows: activity.rows, bytes });
  const end = { now, last: read.rows?.maxTime, scanSeconds: read.scanSeconds };
  return {
    table,
    source,
    replication,
    obstacles,
    serverVersion: serverVersion ?? 0,
    now,
    missingRights: listMissingRights(table),
    managedBy: registration?.owner,
    activity,
    statistics,
    key: chosen && { ...chosen, ...read },
    absentColumn: table.columns.some((one) => one.name === asked.column) ? undefined : asked.column,
    every,
    historyUntil: asked.historyUntil ?? (chosen?.kind && proposeHistoryEnd(end, every, asked.zone)),
    texts: await readTexts(database, name.table, row),
    backup: asked.requireBackupSince && {
      required: asked.requireBackupSince,
      found: await readLastBackup(database, asked.requireBackupSince.query),
    },
  };
}

function toActivity(row: ActivityRow): TableActivity {
  return {
    rows: row.rows === null ? undefined : Number(row.rows),
    heapBytes: Number(row.heap_bytes),
    indexBytes: Number(row.index_bytes),
    toastBytes: Number(row.toast_bytes),
    inserts: Number(row.inserts),
    updates: Number(row.updates),
    hotUpdates: Number(row.hot_updates),
    deletes: Number(row.deletes),
    sequentialScans: Number(row.sequential_scans),
    seconds: row.seconds === null ? undefined : Number(row.seconds),
    server: {
      maxWalBytes: Number(row.max_wal_bytes),
      seesAll: row.sees_all,
      oldTransactions: (row.old_transactions ?? []).map((one) => ({ ...one, state: one.state ?? undefined })),
      preparedTransactions: row.prepared_transactions ?? [],
      replicas: (row.replicas ?? []).map((one) => ({ ...one, lagBytes: one.lagBytes ?? undefined })),
      slots: (row.slots ?? []).map((one) => ({ ...one, keptBytes: one.keptBytes ?? undefined })),
    },
  };
}

/** Reads statements and functions that name the table. */
async function readTexts(
  database: Database,
  name: string,
  { statements_schema: schema, sees_all: seesAll }: ActivityRow,
): Promise<StatementTexts> {
  const functions = await readNamingFunctions(database, name);
  if (schema === null) return { statistics: "absent", statements: [], functions };
  try {
    const rows = await database.read(query("conversion/statements", schema), [name]);
    return {
      statistics: seesAll ? "read" : "unread",
      statements: rows.map((row) => ({
        text: String(row["text"]),
        calls: Number(row["calls"]),
        meanMs: Number(row["mean"]),
      })),
      functions,
    };
  } catch (error) {
    // The library of the extension is not loaded.
    if (getSqlState(error) !== "55000") throw error;
    return { statistics: "absent", statements: [], functions };
  }
}
