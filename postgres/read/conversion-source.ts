import type { ConversionSource } from "../../core/conversion/source";
import type { TableName } from "../../core/names/table-name";
import { type PartitionRow, toCarried } from "../catalog/rows";
import type { Database } from "../database";
import { query } from "../queries";

type Listed = {
  readonly [K in keyof ConversionSource as ConversionSource[K] extends readonly unknown[] ? K : never]:
    ConversionSource[K] | null;
};

/** Rows of queries/conversion/source.sql and source-dependents.sql. JSON leaves an empty list out as null. */
type SourceRow = Omit<Listed, keyof DependentsRow | "rowTypeUsers" | "foreignPolicies"> & {
  readonly oid: string;
  readonly kind: ConversionSource["kind"];
  readonly of_type: string | null;
  readonly extension: string | null;
  readonly acl: readonly string[] | null;
};

type DependentsRow = Pick<Listed, "views" | "functions" | "others"> & {
  readonly row_type_users: Listed["rowTypeUsers"];
  readonly foreign_policies: Listed["foreignPolicies"];
};

/**
 * Reads what is bound to a table and a conversion has to carry, re-point or refuse, in three statements that lock nothing but for
 * reading definitions. Undefined: no relation of that name exists.
 */
export async function readConversionSource(
  database: Database,
  { schema, table }: TableName,
): Promise<ConversionSource | undefined> {
  // The queries name the columns of these rows.
  const [row] = (await database.read(query("conversion/source"), [schema, table])) as unknown as SourceRow[];
  const [bound] = (await database.read(query("conversion/source-dependents"), [
    schema,
    table,
  ])) as unknown as DependentsRow[];
  const [own] = row
    ? ((await database.read(query("partitions"), [row.oid, false, false])) as unknown as PartitionRow[])
    : [];
  // Dropped between the reads.
  if (!row || !bound || !own) return undefined;
  return {
    oid: row.oid,
    schema,
    name: table,
    kind: row.kind,
    parents: row.parents ?? [],
    children: row.children ?? [],
    ...(row.of_type === null ? {} : { ofType: row.of_type }),
    ...(row.extension === null ? {} : { extension: row.extension }),
    carried: toCarried(own.carried),
    acl: row.acl ?? undefined,
    privileges: row.privileges ?? [],
    columns: row.columns ?? [],
    constraints: row.constraints ?? [],
    indexes: row.indexes ?? [],
    triggers: row.triggers ?? [],
    rules: row.rules ?? [],
    referring: row.referring ?? [],
    sequences: row.sequences ?? [],
    views: bound.views ?? [],
    functions: bound.functions ?? [],
    rowTypeUsers: bound.row_type_users ?? [],
    foreignPolicies: bound.foreign_policies ?? [],
    statistics: row.statistics ?? [],
    subscriptions: row.subscriptions ?? [],
    others: bound.others ?? [],
  };
}
