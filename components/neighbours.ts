// Relations between the tables of a program. A PartitionedTable only sees tables that the program created before it: those
// cannot depend on it in turn, whatever dependsOn contains.
import type * as pulumi from "@pulumi/pulumi";
import type { TableName } from "../core/names/table-name";
import type { ForeignKeySpec } from "../core/declare/table/constraints";

interface Named {
  readonly schema: string;
  readonly table: string;
  readonly foreignKeys: readonly Pick<ForeignKeySpec, "references">[];
}

interface Made {
  readonly tableResource: pulumi.Resource;
  readonly windowResource: Promise<pulumi.Resource>;
  readonly asked: Promise<unknown>;
}

/** Tables by provider: the same name is another table in another database. */
const MADE = new WeakMap<object, Map<string, { readonly spec: Named; readonly made: Made }>>();
const DEFAULT_PROVIDER = {};
const ALL: TableName[] = [];

/** Returns the tables that the foreign keys of a table point to. */
export function findEarlierReferenced(provider: object | undefined, spec: Named): pulumi.Resource[] {
  return listMade(provider).flatMap(([, other]) => (refersTo(spec, other.spec) ? [other.made.tableResource] : []));
}

/** Returns the tables whose foreign keys point to a table. */
export function findEarlierReferring(provider: object | undefined, spec: Named): Made[] {
  return listMade(provider).flatMap(([, other]) => (refersTo(other.spec, spec) ? [other.made] : []));
}

/**
 * Returns true if the window of a table waits for those of the tables that refer to it. A window that creates the partitions
 * itself does not: a failing retirement of another table must not block creation.
 */
export function mustWaitForReferring(resources: "partition" | "window" | undefined): boolean {
  return resources !== "window";
}

/** Names of all tables of the program, through whichever provider, as far as it has come. */
export function listDeclaredTables(): readonly TableName[] {
  return ALL;
}

export function remember(provider: object | undefined, spec: Named, made: Made): void {
  ALL.push({ schema: spec.schema, table: spec.table });
  const known = MADE.get(provider ?? DEFAULT_PROVIDER) ?? new Map();
  MADE.set(provider ?? DEFAULT_PROVIDER, known.set(`${spec.schema}.${spec.table}`, { spec, made }));
}

function listMade(provider: object | undefined) {
  return [...(MADE.get(provider ?? DEFAULT_PROVIDER) ?? [])];
}

function refersTo(spec: Named, other: Named): boolean {
  if (spec.schema === other.schema && spec.table === other.table) return false;
  return spec.foreignKeys.some(
    ({ references }) => references.schema === other.schema && references.table === other.table,
  );
}
