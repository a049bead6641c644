import type { PartitionProfile } from "../../declare/table/profile";
import type { CarriedState, ObservedTable } from "../../observed/observed-table";
import type { ParentShape } from "../../partition/carry/parent";

/** Columns that identify a row in a stream: `all` of them, some, or none; undefined if not known yet. */
type IdentityColumns = readonly string[] | "all" | undefined;

/** Columns that will identify a row, over all partitions; undeclared, they may differ from partition to partition. */
export interface RowIdentity {
  /** On every partition. Without any, PostgreSQL refuses every UPDATE and DELETE that the publication publishes. */
  readonly columns: IdentityColumns;
  /** On any partition: columns that a column list must not leave out. */
  readonly sent: IdentityColumns;
  /** Partitions without any, if others have one. Empty: the whole table has one, or none of it. */
  readonly without: readonly string[];
}

/** Returns the row identity once the declaration holds; for an existing partition without a declaration, its current one. */
export function determineRowIdentity(
  table: ObservedTable | undefined,
  planned: ParentShape | undefined,
  profile: PartitionProfile,
): RowIdentity {
  const partitions = profile.replicaIdentity || !table ? [] : listPartitionsWithRows(table);
  if (!table || partitions.length === 0) {
    const identity = profile.replicaIdentity ?? table?.carried?.replicaIdentity ?? { kind: "default" as const };
    const columns = listIdentityColumns(identity, table, () =>
      table ? findPrimaryKey(table) : parsePlannedPrimaryKey(planned),
    );
    return { columns, sent: columns, without: [] };
  }
  const found = partitions.map(({ name, carried }) => ({ name, columns: getPartitionIdentity(table, carried) }));
  const without = found.filter(({ columns }) => columns?.length === 0).map(({ name }) => name);
  return {
    columns: without.length > 0 ? [] : intersectIdentities(found.map(({ columns }) => columns)),
    sent: uniteIdentities(found.map(({ columns }) => columns)),
    without: without.length < found.length ? without : [],
  };
}

function listPartitionsWithRows(table: ObservedTable): { readonly name: string; readonly carried: CarriedState }[] {
  return [...table.partitions, ...table.branches.flatMap((branch) => branch.partitions)].flatMap(
    ({ carried, detachPending, fenced, name, partitioned }) =>
      partitioned || detachPending || fenced || !carried ? [] : [{ name, carried }],
  );
}

/** Returns the identity by an index of the table that the partition has a part of, or by its own primary key. */
function getPartitionIdentity(table: ObservedTable, { replicaIdentity, unsaid }: CarriedState): IdentityColumns {
  const index = unsaid?.identityOf;
  const identity = { kind: replicaIdentity.kind, ...(index === undefined ? {} : { index }) };
  return listIdentityColumns(identity, table, () => unsaid?.ownKey ?? findPrimaryKey(table));
}

function listIdentityColumns(
  identity: { readonly kind: CarriedState["replicaIdentity"]["kind"]; readonly index?: string | undefined },
  table: ObservedTable | undefined,
  key: () => IdentityColumns,
): IdentityColumns {
  switch (identity.kind) {
    case "full":
      return "all";
    case "nothing":
      return [];
    case "index":
      return table?.indexes.find((index) => index.name === identity.index)?.columns;
    case "default":
      return key();
  }
}

function intersectIdentities(all: readonly IdentityColumns[]): IdentityColumns {
  return all.reduce((a, b) => {
    if (a === undefined || b === undefined) return undefined;
    if (a === "all" || b === "all") return a === "all" ? b : a;
    return a.filter((column) => b.includes(column));
  });
}

function uniteIdentities(all: readonly IdentityColumns[]): IdentityColumns {
  return all.reduce((a, b) => {
    if (a === "all" || b === "all") return "all";
    return a === undefined || b === undefined ? undefined : [...new Set([...a, ...b])];
  });
}

function findPrimaryKey(table: ObservedTable): readonly string[] {
  return table.constraints.find((constraint) => constraint.kind === "primary")?.columns ?? [];
}

/** Reads the primary key of a planned table from the constraint's text in its shape. */
function parsePlannedPrimaryKey(planned: ParentShape | undefined): IdentityColumns {
  if (!planned) return undefined;
  const text = planned.indexes.find((index) => index.constraint?.startsWith("PRIMARY KEY"))?.constraint ?? "";
  return [...text.matchAll(/"((?:[^"]|"")*)"/g)].map((match) => (match[1] ?? "").replaceAll('""', '"'));
}
