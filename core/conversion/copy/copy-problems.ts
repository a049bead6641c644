import { MAX_COPY_PARTITIONS } from "../../defaults";
import { quote, quoteQualified } from "../../names/identifier";
import type { Observation, ObservedIndex, ObservedTable } from "../../observed/observed-table";
import type { Problem } from "../../problems/problem";
import type { ConversionSource } from "../source";
import { isExactType } from "../between/exact-types";
import type { CopyPartition } from "./copy-source";

/** What decides whether the rows of a table can be copied while it is written to. */
interface CopyFacts {
  readonly table: ObservedTable;
  readonly bound: ConversionSource;
  readonly replication: Observation["replication"];
  readonly superuser: boolean;
  /** Of the partitioned table; undefined: it would have none. */
  readonly primaryKey: readonly string[] | undefined;
  /** True: it cannot be written to meanwhile, so no row has to be found again. */
  readonly locked?: boolean;
  readonly partitions: readonly CopyPartition[];
  /** Relations that all sessions of the server together can hold locked. */
  readonly lockCapacity: number;
}

/** Returns everything that keeps a history from being split as it keeps a table from being copied. */
export function findSplitCopyProblems(facts: CopyFacts): Problem[] {
  return findObstacles(facts).map(({ message, fix }) =>
    toProblem("convertFrom.split", message, `${fix}, or remove convertFrom.split`),
  );
}

/** Returns everything that keeps a table from being copied, in addition to what keeps it from any conversion. */
export function findCopyProblems(facts: CopyFacts): Problem[] {
  return findObstacles(facts).map(({ message, fix, orAttach = "" }) =>
    toProblem("convertFrom.strategy", message, `${fix}${orAttach}`),
  );
}

/** Returns what keeps so many partitions from being swapped at once: rows may need more than were known. */
export function findPartitionProblems(facts: PartitionFacts): Problem[] {
  return findManyPartitions(facts).map(({ message, fix }) => toProblem("convertFrom.strategy", message, fix));
}

type PartitionFacts = Pick<CopyFacts, "partitions">;

/** What keeps rows from being copied. */
export interface CopyObstacle {
  readonly message: string;
  readonly fix: string;
  /** What the other strategy has to do with it. Left out: nothing. */
  readonly orAttach?: string;
}

/** Returns what keeps the rows of a partitioned table from being copied into a plain one. */
export function findReopenObstacles(facts: CopyFacts): CopyObstacle[] {
  return [
    ...findKeyProblems(facts),
    ...findHiddenRows(facts),
    ...findPublishedProblems(facts),
    ...findManyLocks(facts),
  ];
}

function findObstacles(facts: CopyFacts): CopyObstacle[] {
  return [
    ...(facts.locked ? [] : findKeyProblems(facts)),
    ...findHiddenRows(facts),
    ...findPublishedProblems(facts),
    ...findManyPartitions(facts),
    ...findManyLocks(facts),
  ];
}

/** Every row has to be found again by its key, on both sides. */
function findKeyProblems({ table, bound, primaryKey }: CopyFacts): CopyObstacle[] {
  const name = `"${table.schema}.${table.name}"`;
  if (!primaryKey)
    return [
      refuse(
        `${name} has no primary key: a row that changes while it is copied could not be found again.`,
        "Add one, or declare primaryKey with the columns of a unique index",
        '; the strategies "attach" and "offline" need none',
      ),
    ];
  const unusable = primaryKey.filter((column) => !isUsable(table, bound, column));
  if (unusable.length > 0)
    return [
      refuse(
        `${unusable.map(quote).join(", ")} cannot identify a row of ${name}: values of ${unusable.length > 1 ? "these types" : "its type"} or collation can be equal without being the same.`,
        "Use a key of numbers, text with the default collation, uuid or times",
        '; or the strategy "attach" or "offline"',
      ),
    ];
  if (table.indexes.some((index) => identifies(table, index, primaryKey))) return [];
  return [
    refuse(
      `no unique index of ${name} has only columns of (${primaryKey.join(", ")}) that are NOT NULL: two rows could have one key in the partitioned table.`,
      `CREATE UNIQUE INDEX CONCURRENTLY ON ${quoteQualified(table.schema, table.name)} (${primaryKey.map(quote).join(", ")}), with its columns NOT NULL`,
    ),
  ];
}

function isUsable(table: ObservedTable, bound: ConversionSource, name: string): boolean {
  const type = table.columns.find((column) => column.name === name)?.type ?? "";
  const collation = bound.columns.find((column) => column.name === name)?.collation;
  return (isExactType(type) || type.startsWith("numeric")) && collation === undefined;
}

function identifies(table: ObservedTable, index: ObservedIndex, primaryKey: readonly string[]): boolean {
  const filled = (name: string) => table.columns.find((column) => column.name === name)?.nullable === false;
  return (
    index.unique &&
    index.valid &&
    index.constraint?.kind !== "exclusion" &&
    !index.definition.includes(" WHERE ") &&
    !(index.constraint?.definition ?? "").includes("DEFERRABLE") &&
    index.columns.length > 0 &&
    index.columns.every((name) => primaryKey.includes(name) && filled(name))
  );
}

/** Forced row security hides rows from the owner, who copies. */
function findHiddenRows({ table, bound, superuser }: CopyFacts): CopyObstacle[] {
  if (!bound.carried.rowSecurity.forced || superuser) return [];
  const name = quoteQualified(table.schema, table.name);
  return [
    refuse(
      `FORCE ROW LEVEL SECURITY of "${table.schema}.${table.name}" hides rows from the role that copies them.`,
      `ALTER TABLE ${name} NO FORCE ROW LEVEL SECURITY until the swap, or convert as a superuser`,
      '; the strategy "attach" reads no row',
    ),
  ];
}

/** A subscriber stops at a change of a table that it does not have: the copy, and the table of pending keys. */
function findPublishedProblems({ table, replication }: CopyFacts): CopyObstacle[] {
  return replication.publications
    .filter(({ allTables, schemas }) => allTables || schemas.includes(table.schema))
    .map(({ name, allTables }) =>
      refuse(
        `publication "${name}" publishes ${allTables ? "all tables" : `every table of schema "${table.schema}"`}: its subscribers would receive the copy, and stop at a table that they do not have.`,
        "Let it name its tables meanwhile (ALTER PUBLICATION … SET TABLE …)",
        ', or use the strategy "attach"',
      ),
    );
}

function findManyPartitions({ partitions }: PartitionFacts): CopyObstacle[] {
  if (partitions.length <= MAX_COPY_PARTITIONS) return [];
  return [
    refuse(
      `its rows need ${partitions.length.toLocaleString("en")} partitions${partitions.some(({ path }) => path.length > 0) ? " and branches" : ""} or more, and the swap locks each of them: at most ${MAX_COPY_PARTITIONS.toLocaleString("en")}.`,
      "Declare a longer interval for old times (grid), or levels with fewer values, or correct rows with times that are far off",
    ),
  ];
}

/**
 * The swap locks every partition, its indexes and its TOAST table with index, in one transaction; a server whose lock table is full
 * refuses locks to every session.
 */
function findManyLocks({ table, partitions, lockCapacity }: CopyFacts): CopyObstacle[] {
  const locks = partitions.length * (OF_EACH_PARTITION + table.indexes.length);
  if (locks <= lockCapacity) return [];
  return [
    refuse(
      `the swap locks some ${locks.toLocaleString("en")} relations at once, ${partitions.length.toLocaleString("en")} partitions with ${table.indexes.length.toLocaleString("en")} indexes each, and the server can hold ${lockCapacity.toLocaleString("en")} locks in all.`,
      "Raise max_locks_per_transaction and restart the server, or declare a longer interval for old times (grid)",
    ),
  ];
}

/** The partition, and its TOAST table with index. */
const OF_EACH_PARTITION = 3;

function refuse(message: string, fix: string, orAttach?: string): CopyObstacle {
  return { message, fix, ...(orAttach === undefined ? {} : { orAttach }) };
}

function toProblem(path: string, message: string, fix: string): Problem {
  return { path, code: "conflict", message, fix: `${fix}.` };
}
