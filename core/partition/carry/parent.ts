import { type DefaultShape, toDefaultShape } from "./default-shape";
import { formatPrimaryKeyName, quote, quoteList, type Quoted } from "../../names/identifier";
import { decodeProfile, type PartitionProfile } from "../../declare/table/profile";
import { findSharedValue, getSiblings } from "./siblings";
import { type CarriedByParent, removeDuplicates } from "./wanted";
import { type HashLevel, type LevelsSpec, NO_LEVELS } from "../../levels/levels";
import type { Observation, ObservedTable } from "../../observed/observed-table";
import type { RegisteredIndex } from "../../observed/registration";
import type { IndexColumnSpec, IndexSpec, KeySpec, TableShape } from "../../declare/table/spec";
import type { Instant } from "../../time/instant";
import { findKeyKind, type KeyKind, type KeyText } from "../../time/key";
import { type UuidForms, collectUuidForms } from "../../time/uuid-bounds";

/**
 * Input about the parent for creating a partition, whether it exists in the database or is only planned. Both give the same text,
 * so that the first preview shows the statements of the first update.
 */
export interface ParentShape {
  /** Table that partitions are attached to: the declared table, or a branch of it. */
  readonly schema: string;
  readonly table: string;
  /** The declared table. */
  readonly root: { readonly schema: string; readonly table: string };
  /** Values of the branch; empty for the table itself. */
  readonly path: readonly string[];
  /** HASH levels by which each partition is partitioned further. */
  readonly below: readonly HashLevel[];
  readonly key: KeyText & { readonly column: string };
  /** For a table with levels: form of the bounds in each of its branches, by `schema.name`. */
  readonly branchKeys?: Readonly<Record<string, UuidForms>>;
  readonly indexes: readonly ParentIndex[];
  /** `schema.table` of each referenced table. */
  readonly references: readonly string[];
  /** `schema.table` of each table that refers to it. Left out: none. */
  readonly referring?: readonly string[];
  /** `schema.name` of the default partition, if it exists. */
  readonly defaultPartition: string | undefined;
  /** Its full state; also undefined while its creation is only planned. */
  readonly fallback?: DefaultShape | undefined;
  /** Schema in which partitions are created. */
  readonly partitionSchema: string;
  /** Properties of partitions other than bounds and indexes. */
  readonly carried: CarriedByParent;
  /** Time at which the age of a partition is judged. Undefined: every new one is young. */
  readonly now: Instant | undefined;
  /** Major version of the server. Left out: not known. */
  readonly serverVersion?: number | undefined;
}

/** Input about the properties of partitions from sources other than the catalogue. */
export type KnownOfParent = Pick<
  Observation,
  "registration" | "defaultGrantees" | "defaultGrants" | "serverVersion"
> & {
  /** Declared by this run; left out: read from the registry. */
  readonly profile?: PartitionProfile | undefined;
  readonly now?: Instant | undefined;
  readonly levels?: LevelsSpec;
};

/** An index that every partition must have. */
export interface ParentIndex {
  readonly name: string;
  readonly unique: boolean;
  /** `USING btree ("run_id")`, as declared if it is declared, else as the server prints it. */
  readonly definition: string;
  /** Definition as the server prints it: equal text means an equal index. */
  readonly printed: string;
  /** Template of its name on a partition. */
  readonly partitionIndexName: string;
  /** Constraint to add instead of an index: `PRIMARY KEY ("id", "ts")`. */
  readonly constraint: string | undefined;
}

/** Returns the shape that a declared table will have once it is created. */
export function buildPlannedParent(
  spec: TableShape,
  {
    now,
    defaultGrantees = [],
    levels = NO_LEVELS,
  }: {
    readonly now?: Instant | undefined;
    readonly defaultGrantees?: readonly string[];
    readonly levels?: LevelsSpec;
  } = {},
): ParentShape {
  return {
    schema: spec.schema,
    table: spec.table,
    root: { schema: spec.schema, table: spec.table },
    path: [],
    below: levels.below,
    key: { column: spec.window.key.column, kind: spec.window.key.kind ?? "timestamptz", zone: spec.window.key.zone },
    indexes: sortIndexes([
      ...(spec.primaryKey
        ? [
            toConstraintIndex(
              formatPrimaryKeyName(spec.table),
              `PRIMARY KEY (${quoteList(spec.primaryKey)})`,
              "primary",
            ),
          ]
        : []),
      ...spec.uniques.map((unique) =>
        toConstraintIndex(unique.name, `UNIQUE (${quoteList(unique.columns)})`, "unique"),
      ),
      ...spec.indexes.map(toDeclaredIndex),
    ]),
    references: listReferences(spec.foreignKeys),
    defaultPartition: undefined,
    partitionSchema: spec.profile.schema ?? spec.schema,
    carried: { profile: spec.profile, state: undefined, registered: [], defaultGrantees },
    now,
  };
}

/** Returns the referenced tables, each once: two foreign keys to one table lock it once. */
export function listReferences(
  keys: readonly { readonly references: { readonly schema: string; readonly table: string } }[],
): string[] {
  return removeDuplicates(keys.map(({ references: { schema, table } }) => `${schema}.${table}`));
}

/** Returns the shape with indexes that the same update creates before its partitions. */
export function addComingIndexes(parent: ParentShape, declared: readonly IndexSpec[]): ParentShape {
  const coming = declared.filter(({ name }) => !parent.indexes.some((index) => index.name === name));
  return coming.length === 0
    ? parent
    : { ...parent, indexes: sortIndexes([...parent.indexes, ...coming.map(toDeclaredIndex)]) };
}

function toDeclaredIndex(index: IndexSpec): ParentIndex {
  const definition = formatIndexDefinition(index);
  const { name, unique, partitionIndexName } = index;
  return { name, unique, definition, printed: definition, partitionIndexName, constraint: undefined };
}

/** Returns the shape of an existing table. Declared indexes are identified by what the server printed when they were created. */
export function buildObservedParent(table: ObservedTable, key: KeySpec, known: KnownOfParent): ParentShape {
  const registered = known.registration?.indexes ?? [];
  const profile = known.profile ?? decodeProfile(known.registration?.profile);
  const siblings = getSiblings(table);
  const fallback = table.partitions.find((partition) => partition.isDefault);
  const keys = table.constraints.flatMap(({ kind, references }) =>
    kind === "foreign" && references ? [{ references }] : [],
  );
  return {
    schema: table.schema,
    table: table.name,
    root: { schema: table.schema, table: table.name },
    path: [],
    below: known.levels?.below ?? [],
    ...deriveKey(table, key),
    indexes: sortIndexes(table.indexes.map((index) => toParentIndex(index, registered))),
    references: listReferences(keys),
    ...(table.referencedBy.length > 0 ? { referring: table.referencedBy } : {}),
    defaultPartition: fallback && `${fallback.schema}.${fallback.name}`,
    fallback: toDefaultShape(table, profile),
    // The schema of its siblings: rights and search paths of their users are for that schema.
    partitionSchema:
      profile.schema ?? findSharedValue(siblings.newest(undefined), ({ schema }) => schema)?.value ?? table.schema,
    carried: {
      profile,
      state: table.carried,
      registered: known.registration?.policies ?? [],
      defaultGrantees: known.defaultGrantees,
      ...(known.defaultGrants ? { defaultGrants: known.defaultGrants } : {}),
      siblings,
      role: table.rights.role,
    },
    now: known.now,
    serverVersion: known.serverVersion,
  };
}

function toParentIndex(index: ObservedTable["indexes"][number], registered: readonly RegisteredIndex[]): ParentIndex {
  const declared = registered.find((candidate) => candidate.name === index.name);
  return {
    name: index.name,
    unique: index.unique,
    definition: declared?.printed === index.definition ? declared.declared : index.definition,
    printed: index.definition,
    partitionIndexName: declared?.partitionIndexName ?? choosePartitionTemplate(index.name, index.constraint?.kind),
    constraint: formatConstraint(index),
  };
}

/** Sorts planned and existing indexes alike: the primary key, other constraints, indexes, each by name. */
function sortIndexes(indexes: readonly ParentIndex[]): ParentIndex[] {
  const rankIndex = (index: ParentIndex) =>
    index.constraint === undefined ? 2 : index.constraint.startsWith("PRIMARY") ? 0 : 1;
  return [...indexes].sort((a, b) => rankIndex(a) - rankIndex(b) || (a.name < b.name ? -1 : 1));
}

/** Returns the text after the table name in CREATE INDEX. */
export function formatIndexDefinition(index: IndexSpec): string {
  const columns = index.columns.map(formatIndexColumn).join(", ");
  const include = index.include.length > 0 ? ` INCLUDE (${quoteList(index.include)})` : "";
  const where = index.where === undefined ? "" : ` WHERE (${index.where})`;
  return `USING ${index.method} (${columns})${include}${where}`;
}

function formatIndexColumn(column: IndexColumnSpec): string {
  const subject = column.column === undefined ? `(${column.expression ?? ""})` : quote(column.column);
  const opclass = column.opclass === undefined ? "" : ` ${quoteOpclass(column.opclass)}`;
  const order = column.order === undefined ? "" : ` ${column.order.toUpperCase()}`;
  const nulls = column.nulls === undefined ? "" : ` NULLS ${column.nulls.toUpperCase()}`;
  return `${subject}${opclass}${order}${nulls}`;
}

/** Quotes an operator class, which may be qualified by the schema of its extension: `extensions.gin_trgm_ops`. */
function quoteOpclass(name: string): Quoted {
  return name.split(".").map(quote).join(".") as Quoted;
}

function toConstraintIndex(name: string, constraint: string, kind: "primary" | "unique"): ParentIndex {
  return {
    name,
    unique: true,
    definition: "",
    printed: "",
    partitionIndexName: choosePartitionTemplate(name, kind),
    constraint,
  };
}

/**
 * Returns the text of a constraint: composed here for plain ones, in the server's words with INCLUDE, NULLS NOT DISTINCT or
 * DEFERRABLE.
 */
function formatConstraint(index: ObservedTable["indexes"][number]): string | undefined {
  if (!index.constraint) return undefined;
  const { kind, definition } = index.constraint;
  const word = kind === "primary" ? "PRIMARY KEY" : "UNIQUE";
  const plain = kind !== "exclusion" && definition.startsWith(`${word} (`) && /\)$/.test(definition);
  return plain && !definition.includes(" INCLUDE (") ? `${word} (${quoteList(index.columns)})` : definition;
}

function choosePartitionTemplate(name: string, kind: "primary" | "unique" | "exclusion" | undefined): string {
  return kind === "primary" ? "{partition}_pkey" : `{partition}_${name.replace(/[{}]/g, "")}`;
}

/** Returns the key. UUID bounds take the form of existing partitions. */
function deriveKey(table: ObservedTable, key: KeySpec): Pick<ParentShape, "key" | "branchKeys"> {
  const plain = { column: key.column, kind: deriveKind(table, key), zone: key.zone };
  if (plain.kind !== "uuidv7") return { key: plain };
  const stems = table.branches.filter((branch) => branch.strategy === "range" && branch.column === key.column);
  const partitions = table.key?.strategy === "range" ? table.partitions : stems.flatMap((stem) => stem.partitions);
  const branchKeys = Object.fromEntries(
    stems.flatMap(({ partition, partitions: parts }) =>
      parts.length > 0 ? [[`${partition.schema}.${partition.name}`, collectUuidForms(parts)]] : [],
    ),
  );
  return {
    key: { ...plain, uuid: collectUuidForms(partitions) },
    ...(table.key?.strategy === "range" ? {} : { branchKeys }),
  };
}

/** Returns the kind of key. The catalogue's type decides; the declaration only interprets a number or a UUID. */
function deriveKind(table: ObservedTable, key: KeySpec): KeyKind {
  const type = table.key?.types[0] ?? table.columns.find((column) => column.name === key.column)?.type ?? "";
  return findKeyKind(type, key.encoding) ?? key.kind ?? "timestamptz";
}
