import { formatTablePlace, type ArchiveTable } from "../../core/declare/archive/table-destination";
import { listColumnProblems, makeTableStatements } from "../../core/archive/table-sql";
import type { KeySpec } from "../../core/declare/table/spec";
import type { OpenInterval } from "../../core/time/interval";
import { isPartOf, readArchiveTable } from "../../postgres/archive/archive-register";
import { listMissingTypes, readColumnTypes } from "../../postgres/rows/column-types";
import { readColumns } from "../../postgres/rows/read-columns";
import type { Database } from "../../postgres/database";
import type { Log } from "../../postgres/connect/log";
import { TableStore } from "./table-store";

/** Archive table with open connections. */
interface TableDestination {
  readonly table: ArchiveTable;
  readonly place: string;
  /** Database of the table, and database of the rows: possibly the same. */
  readonly target: Database;
  readonly source: Database;
  readonly log: Log;
}

/** Connects, and determines the location of the table. */
export async function openTable(
  table: ArchiveTable,
  databases: Pick<TableDestination, "target" | "source" | "log">,
): Promise<TableDestination> {
  const identity = await databases.target.readIdentity();
  return { ...databases, table, place: formatTablePlace(table, identity.database) };
}

/** Returns the store for one partition. */
export function openPartitionStore(
  destination: TableDestination,
  partition: { readonly oid: string; readonly key: KeySpec; readonly bounds: OpenInterval },
): TableStore {
  const { table, place, target, source, log } = destination;
  const prepare = (oid: string): Promise<void> => makeReady(destination, oid, partition.key.column);
  return new TableStore({ ...partition, table, place, target, source, log, prepare });
}

/** Returns the reasons why rows of the table with this oid cannot go into the archive table, which may be absent. */
export async function findDestinationProblems(destination: TableDestination, oid: string): Promise<string[]> {
  const { table, target, source } = destination;
  const facts = await readArchiveTable(target, table);
  if (facts.oid === undefined) {
    const missing = await listMissingTypes(target, await readColumnTypes(source, oid));
    return missing.map(({ definition }) => `its database lacks a type that columns are of: ${definition};`);
  }
  if (facts.kind !== "r" && facts.kind !== "p") return ["it is no table"];
  if ((await isSameDatabase(destination)) && (await isPartOf(source, facts.oid, oid)))
    return ["it is the table that is archived, or a part of it"];
  const columns = await readColumns(source, oid);
  const there = await readColumns(target, facts.oid);
  return [
    ...(facts.mayUse ? [] : [`the role lacks SELECT, INSERT or DELETE on it`]),
    ...(facts.meddling.length > 0
      ? [`what its triggers or rules (${facts.meddling.join(", ")}) do to archived rows cannot be proved: remove them`]
      : []),
    ...listColumnProblems(table, "the table", columns, there),
  ];
}

/** Creates schema, table and register if absent. Fails before anything is stored if the rows cannot go in. */
async function makeReady(destination: TableDestination, oid: string, key: string): Promise<void> {
  const { table, target, source, log } = destination;
  const problems = await findDestinationProblems(destination, oid);
  if (problems.length > 0) throw new Error(`archive table ${formatTableName(destination)}: ${problems.join("; ")}`);
  const facts = await readArchiveTable(target, table);
  const elsewhere = !(await isSameDatabase(destination));
  const columns = (await readColumns(source, oid)).map(({ collation, ...column }) => ({
    ...column,
    // Another database may lack it, and the text of a value is the same without.
    ...(collation === undefined || elsewhere ? {} : { collation }),
  }));
  const there = { schema: facts.schemaThere, table: facts.oid !== undefined };
  await target.execute(makeTableStatements(table, columns, key, there), {
    signal: new AbortController().signal,
    log,
    subject: `creating archive table ${formatTableName(destination)}`,
  });
}

function formatTableName({ table }: TableDestination): string {
  return `"${table.schema}"."${table.name}"`;
}

async function isSameDatabase({ target, source }: TableDestination): Promise<boolean> {
  if (target === source) return true;
  const [one, other] = await Promise.all([target.readIdentity(), source.readIdentity()]);
  return one.systemIdentifier === other.systemIdentifier && one.databaseOid === other.databaseOid;
}
