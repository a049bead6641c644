import { rm } from "node:fs/promises";
import { join } from "node:path";
import type { ParquetColumn } from "../../core/archive/format/parquet-columns";
import { chooseParquetColumns } from "../../core/archive/format/parquet-columns";
import { quote, quoteLiteral } from "../../core/names/identifier";
import { overlaps, type OpenInterval } from "../../core/time/interval";
import { exportRows } from "../../postgres/rows/export-rows";
import { readColumns } from "../../postgres/rows/read-columns";
import { readRelations, type RelationFacts } from "../../postgres/rows/relations";
import type { Database } from "../../postgres/database";
import type { Log } from "../../postgres/connect/log";
import { convertToParquet } from "../codec/as-parquet";
import { fetchPart } from "../read/fetch-part";
import { type ArchiveSource, openArchive, explainArchiveFaults } from "../read/open-archive";
import { openCodec } from "../codec/parquet/codec";
import { loadDuckDb } from "../codec/parquet/duckdb";
import type { ObjectStore } from "../store/store";
import { makeWorkFolder } from "../../jobs/work-folder";

/** Query over a whole table: its rows and the archived ones. */
interface QueryJob {
  readonly database: Database;
  readonly table: { readonly schema: string; readonly table: string };
  /** Archives of ranges that are not in the table any more. */
  readonly archives: readonly { readonly store: ObjectStore; readonly manifest: string }[];
  /** Range of interest; partitions and archives outside of it are skipped. */
  readonly range: OpenInterval;
  /** SQL for DuckDB; the table is a view of its own name. */
  readonly sql: string;
  readonly signal: AbortSignal;
  readonly log: Log;
}

interface QueryResult {
  readonly columns: readonly string[];
  readonly rows: readonly (readonly unknown[])[];
  /** Rows read, from the table and from archives. */
  readonly hot: number;
  readonly archived: number;
}

/** Far more than a partition has: the rows are on the disk as a whole during the query. */
const ANY_TEXT = Number.MAX_SAFE_INTEGER;

/**
 * Answers one query over table and archives together, by DuckDB in this process: the parts are fetched and compared with their
 * hashes, the partitions read one by one, each in a transaction of its own. Changes nothing. Costs disk space for the rows of the
 * range, as Parquet.
 */
export async function queryTogether(job: QueryJob): Promise<QueryResult> {
  const directory = await makeWorkFolder("query");
  try {
    const hot = await exportHot(job, directory);
    const cold = await fetchCold(job, directory);
    const answer = await ask(job, [...hot.files, ...cold.files], directory);
    return { ...answer, hot: hot.rows, archived: cold.rows };
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

/** File whose columns have the table's own names. */
interface Source {
  readonly file: string;
  readonly columns: readonly ParquetColumn[];
}

async function exportHot(
  { database, log, range, signal, table }: QueryJob,
  directory: string,
): Promise<{ readonly files: Source[]; readonly rows: number }> {
  const observation = await database.observe(table.schema, table.table);
  const partitions = (observation.table?.partitions ?? []).filter(
    (partition) => partition.bounds === undefined || overlaps(partition.bounds, range),
  );
  const files: Source[] = [];
  let rows = 0;
  for (const partition of partitions) {
    const columns = chooseParquetColumns(await readColumns(database, partition.oid));
    const codec = await openCodec(columns, { directory, maxTextBytes: ANY_TEXT });
    try {
      for (const relation of await readRelations(database, partition.oid)) {
        log.status(`reading ${relation.name}`);
        const file = join(directory, `hot-${relation.oid}.parquet`);
        const subject = `reading "${relation.schema}"."${relation.name}"`;
        const chunk = await exportRows(database, toExportRequest(relation, columns), { signal, subject }, (text) =>
          codec.encode(text, file, { signal }),
        );
        rows += chunk.rows;
        files.push({ file, columns });
      }
    } finally {
      await codec.close();
    }
  }
  return { files, rows };
}

function toExportRequest(relation: RelationFacts, columns: readonly ParquetColumn[]) {
  const end = `(${String(relation.blocks)},0)`;
  return { relation, columns: columns.map(({ name }) => name), first: "(0,0)", end, left: "nothing was changed" };
}

async function fetchCold(
  { archives, database, log, signal }: QueryJob,
  directory: string,
): Promise<{ readonly files: Source[]; readonly rows: number }> {
  const files: Source[] = [];
  let rows = 0;
  for (const [index, { manifest: place, store }] of archives.entries()) {
    const source = { store, place, ledger: database, signal, log };
    const start = join(directory, `cold-${String(index)}`);
    const found = await explainArchiveFaults(source, "query", () => fetchArchive(source, start));
    files.push(...found.files);
    rows += found.rows;
  }
  return { files, rows };
}

/** Fetches all parts of an archive and compares each before DuckDB reads it; `start` begins the names of the files. */
async function fetchArchive(
  source: ArchiveSource & { readonly signal: AbortSignal },
  start: string,
): Promise<{ readonly files: Source[]; readonly rows: number }> {
  const { log, place, signal, store } = source;
  const { manifest, folder } = await openArchive(source);
  const columns = manifest.columns.map(({ file }) => file);
  const files: Source[] = [];
  for (const part of manifest.parts) {
    log.status(`fetching ${place}: ${part.name}`);
    const file = `${start}-${part.name}`;
    await fetchPart(store, `${folder}${part.name}`, part, file, signal);
    files.push({ file: manifest.encoding === "csv" ? await convertToParquet(file, columns, signal) : file, columns });
  }
  return { files, rows: manifest.rows };
}

async function ask(
  { sql, table }: QueryJob,
  sources: readonly Source[],
  directory: string,
): Promise<Pick<QueryResult, "columns" | "rows">> {
  const { DuckDBInstance } = await loadDuckDb("a query over archives");
  const instance = await DuckDBInstance.create(":memory:", {
    // Rows that do not fit into memory: by default they would go into the folder in which the command was started.
    temp_directory: join(directory, "spill"),
    autoinstall_known_extensions: "false",
    autoload_known_extensions: "false",
  });
  const connection = await instance.connect();
  try {
    await connection.run("SET TimeZone = 'UTC'");
    if (sources.length > 0) await connection.run(`CREATE VIEW ${quote(table.table)} AS ${buildView(sources)}`);
    const reader = await connection.runAndReadAll(sql);
    return { columns: reader.columnNames(), rows: reader.getRowsJson() };
  } finally {
    connection.closeSync();
    instance.closeSync();
  }
}

/** Matches columns by name: a column that a file lacks is NULL in its rows, as for a column added later. */
function buildView(sources: readonly Source[]): string {
  return sources
    .map(({ file, columns }) => {
      const named = columns.map(({ column, name }) => `${quote(column)} AS ${quote(name)}`).join(", ");
      return `SELECT ${named} FROM read_parquet(${quoteLiteral(file)}, hive_partitioning = false)`;
    })
    .join(" UNION ALL BY NAME ");
}
