import { type NewbornState, decideNewbornState } from "../carry/newborn";
import { buildNewbornStatements } from "../carry/newborn-statements";
import type { WantedNames } from "../carry/wanted";
import { type Quoted, quote, quoteQualified } from "../../names/identifier";
import { formatIndexName } from "../../names/template";
import type { Instant } from "../../time/instant";
import type { ParentIndex, ParentShape } from "../carry/parent";
import type { Statement } from "../../sql/statement";

/** A table that will become a partition or a branch, not visible to other sessions yet. */
interface NewTable {
  readonly name: string;
  /** Upper bound in time, which decides its storage. */
  readonly to: Instant | undefined;
  /** Its further partitioning; undefined: it holds rows itself. */
  readonly cut: Cut | undefined;
  /** Existing rows are loaded: triggers of its siblings are created after them. */
  readonly rowsFirst?: true;
}

export interface Cut {
  readonly strategy: "range" | "list" | "hash";
  readonly column: string;
}

/**
 * Creates a table with everything that the parent requires of a partition: columns, keys, indexes under names chosen here, and
 * properties that PostgreSQL does not pass on. It is closed from the start.
 */
export function buildNewTableStatements(parent: ParentShape, table: NewTable, transaction: string): Statement[] {
  const buildOwnStatement = (sql: string, undo: string): Statement => ({
    sql,
    transaction,
    timeouts: "light",
    locks: [],
    hold: "instant",
    hazards: [],
    undo,
  });
  const source = `${parent.root.schema}.${parent.root.table}`;
  const wanted = decideNewborn(parent, table);
  const relation = { schema: parent.partitionSchema, name: table.name, role: "partition" as const, fresh: true };
  const { defaultGrantees: grantees, defaultGrants: grants = [] } = parent.carried;
  return [
    {
      ...buildOwnStatement(
        createTableText(parent, table, wanted),
        `DROP TABLE ${quoteQualified(parent.partitionSchema, table.name)}`,
      ),
      locks: [{ relation: source, role: "parent", mode: "ACCESS SHARE" }],
    },
    ...parent.indexes
      .filter((index) => index.constraint === undefined)
      .map((index) => buildOwnStatement(createPartitionIndexText(parent, table.name, index), "dropped with its table")),
    ...buildNewbornStatements(relation, transaction, wanted, { grantees, grants }),
  ];
}

/** Returns the properties of a table that will be a partition. */
export function decideNewborn(parent: ParentShape, table: NewTable): NewbornState {
  const wanted = decideNewbornState(
    parent.carried,
    collectPartitionNames(parent, table.name),
    table,
    parent.now,
    parent.key.zone,
  );
  return table.rowsFirst ? { ...wanted, triggers: [] } : wanted;
}

/** Returns the names that the properties of a partition refer to. */
export function collectPartitionNames(parent: ParentShape, partition: string): WantedNames {
  return {
    schema: parent.root.schema,
    table: parent.root.table,
    partition,
    partitionIndexTemplate: (index) => parent.indexes.find((candidate) => candidate.name === index)?.partitionIndexName,
  };
}

/** Returns CREATE INDEX for one partition, with an explicit name: LIKE would let PostgreSQL choose it. */
export function createPartitionIndexText(
  parent: ParentShape,
  partition: string,
  index: ParentIndex,
  concurrently = false,
  schema = parent.partitionSchema,
): string {
  const name = formatPartitionIndexName(parent, partition, index);
  const head = `CREATE ${index.unique ? "UNIQUE " : ""}INDEX ${concurrently ? "CONCURRENTLY " : ""}${quote(name)}`;
  return `${head} ON ${quoteQualified(schema, partition)} ${index.definition}`;
}

export function formatPartitionIndexName(
  parent: ParentShape,
  partition: string,
  index: Pick<ParentIndex, "partitionIndexName">,
): string {
  return formatIndexName(index.partitionIndexName, { partition, table: parent.root.table });
}

/** Options of LIKE: never IDENTITY (PostgreSQL 17 refuses to attach it), never INDEXES (names), never foreign keys. */
const LIKE_OPTIONS = ["DEFAULTS", "CONSTRAINTS", "STORAGE", "COMPRESSION", "GENERATED", "COMMENTS", "STATISTICS"];

function createTableText(parent: ParentShape, table: NewTable, wanted: NewbornState): string {
  const source = quoteQualified(parent.root.schema, parent.root.table);
  const options = wanted.extended ? LIKE_OPTIONS.filter((option) => option !== "STATISTICS") : LIKE_OPTIONS;
  const like = `LIKE ${source} ${options.map((option) => `INCLUDING ${option}`).join(" ")}`;
  const constraints = parent.indexes.flatMap((index) =>
    index.constraint === undefined
      ? []
      : [`CONSTRAINT ${quote(formatPartitionIndexName(parent, table.name, index))} ${index.constraint}`],
  );
  const parts = [like, ...constraints];
  const cut = table.cut ? ` ${formatCut(table.cut)}` : "";
  const unlogged = wanted.unlogged ? "UNLOGGED " : "";
  const method = wanted.accessMethod === undefined ? "" : ` USING ${quote(wanted.accessMethod)}`;
  return `CREATE ${unlogged}TABLE ${quoteQualified(parent.partitionSchema, table.name)} (\n  ${parts.join(",\n  ")}\n)${cut}${method}`;
}

/** Returns `PARTITION BY LIST ("site_id")` */
export function formatCut(cut: Cut): string {
  return `PARTITION BY ${cut.strategy.toUpperCase()} (${quote(cut.column)})`;
}

/** Returns the bound of one part of a HASH level. */
export function formatHashBound({ modulus }: { readonly modulus: number }, remainder: string): string {
  return `FOR VALUES WITH (MODULUS ${modulus}, REMAINDER ${remainder})`;
}

/** Returns ATTACH of one table to another, with bounds in SQL. */
export function attachText(parent: Quoted, table: Quoted, bounds: string): string {
  return `ALTER TABLE ${parent} ATTACH PARTITION ${table} ${bounds}`;
}
