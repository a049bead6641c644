import { type DefaultShape, observedDefault } from "./default-shape";
import { primaryKeyName, quote, quoteList, type Quoted } from "../../names/identifier";
import { profileFromWire, type LeafProfile } from "../../declare/table/profile";
import { alike, siblingsOf } from "./siblings";
import type { CarriedByParent } from "./wanted";
import { type HashLevel, type LevelsSpec, NO_LEVELS } from "../../levels/levels";
import type { Observation, ObservedTable } from "../../observed/table";
import type { RegisteredIndex } from "../../observed/registration";
import type { IndexColumnSpec, IndexSpec, KeySpec, TableShape } from "../../declare/table/spec";
import type { Instant } from "../../time/instant";
import { keyKind, type KeyKind, type KeyText } from "../../time/key";
import { type UuidForms, uuidForms } from "../../time/uuid-bounds";

/**
 * What the making of a partition needs to know about its parent, whether the parent is already in the database or only
 * planned. Both ways give the same text, so that the first preview shows what the first update runs.
 */
export interface ParentShape {
  /** What partitions are attached to: the table, or a branch of it. */
  readonly schema: string;
  readonly table: string;
  /** The declared table. */
  readonly root: { readonly schema: string; readonly table: string };
  /** Values of the branch; empty for the table itself. */
  readonly path: readonly string[];
  /** HASH levels by which each partition is cut further. */
  readonly below: readonly HashLevel[];
  readonly key: KeyText & { readonly column: string };
  /** For a table with levels: how the bounds in each of its branches look, by `schema.name`. */
  readonly branchKeys?: Readonly<Record<string, UuidForms>>;
  readonly indexes: readonly ParentIndex[];
  /** `schema.table` of each referenced table. */
  readonly references: readonly string[];
  /** `schema.table` of each table that refers to it. Left out: none. */
  readonly referring?: readonly string[];
  /** `schema.name` of the default partition, if there is one. */
  readonly defaultPartition: string | undefined;
  /** The same in full; undefined too where its making is only planned. */
  readonly fallback?: DefaultShape | undefined;
  /** Schema in which partitions are made. */
  readonly leafSchema: string;
  /** What partitions have to carry besides bounds and indexes. */
  readonly carried: CarriedByParent;
  /** The moment by which the age of a partition is judged. Undefined: every new one is young. */
  readonly now: Instant | undefined;
}

/** What else than the catalogue says how partitions have to look. */
export type KnownOfParent = Pick<Observation, "registration" | "defaultGrantees" | "defaultGrants"> & {
  /** As this run declares it; left out, as the registry keeps it. */
  readonly profile?: LeafProfile | undefined;
  readonly now?: Instant | undefined;
  readonly levels?: LevelsSpec;
};

/** An index that every partition has to have. */
export interface ParentIndex {
  readonly name: string;
  readonly unique: boolean;
  /** `USING btree ("run_id")`, as declared where it was declared, else as the server prints it. */
  readonly definition: string;
  /** The same as the server prints it: equal text means an equal index. */
  readonly printed: string;
  /** Template of its name on a partition. */
  readonly leafName: string;
  /** Constraint to add instead of an index: `PRIMARY KEY ("id", "ts")`. */
  readonly constraint: string | undefined;
}

/** The shape that a declared table will have once it is made. */
export function plannedParent(
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
    indexes: inOrder([
      ...(spec.primaryKey
        ? [constraintIndex(primaryKeyName(spec.table), `PRIMARY KEY (${quoteList(spec.primaryKey)})`, "primary")]
        : []),
      ...spec.uniques.map((unique) => constraintIndex(unique.name, `UNIQUE (${quoteList(unique.columns)})`, "unique")),
      ...spec.indexes.map((index) => ({
        name: index.name,
        unique: index.unique,
        definition: indexDefinition(index),
        printed: indexDefinition(index),
        leafName: index.leafName,
        constraint: undefined,
      })),
    ]),
    references: eachOnce(spec.foreignKeys.map((key) => `${key.references.schema}.${key.references.table}`)),
    defaultPartition: undefined,
    leafSchema: spec.leaves.schema ?? spec.schema,
    carried: { profile: spec.leaves, state: undefined, registered: [], defaultGrantees },
    now,
  };
}

/** The shape that the catalogue shows. Declared indexes are found again by what the server printed when they were made. */
export function observedParent(table: ObservedTable, key: KeySpec, known: KnownOfParent): ParentShape {
  const registered = known.registration?.indexes ?? [];
  const profile = known.profile ?? profileFromWire(known.registration?.profile);
  const siblings = siblingsOf(table);
  const fallback = table.leaves.find((leaf) => leaf.isDefault);
  const references = table.constraints.flatMap((constraint) =>
    constraint.kind === "foreign" && constraint.references
      ? [`${constraint.references.schema}.${constraint.references.table}`]
      : [],
  );
  return {
    schema: table.schema,
    table: table.name,
    root: { schema: table.schema, table: table.name },
    path: [],
    below: known.levels?.below ?? [],
    ...keyOf(table, key),
    indexes: inOrder(table.indexes.map((index) => observedIndex(index, registered))),
    references: eachOnce(references),
    ...(table.referencedBy.length > 0 ? { referring: table.referencedBy } : {}),
    defaultPartition: fallback && `${fallback.schema}.${fallback.name}`,
    fallback: observedDefault(table, profile),
    // Where its siblings are: the rights and search paths of those who use them are for that schema.
    leafSchema: profile.schema ?? alike(siblings.newest(undefined), ({ schema }) => schema)?.value ?? table.schema,
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
  };
}

function observedIndex(index: ObservedTable["indexes"][number], registered: readonly RegisteredIndex[]): ParentIndex {
  const declared = registered.find((candidate) => candidate.name === index.name);
  return {
    name: index.name,
    unique: index.unique,
    definition: declared?.printed === index.definition ? declared.declared : index.definition,
    printed: index.definition,
    leafName: declared?.leafName ?? leafTemplate(index.name, index.constraint?.kind),
    constraint: constraintText(index),
  };
}

/** One order for a planned and an observed parent: the primary key, other constraints, indexes, each by name. */
function inOrder(indexes: readonly ParentIndex[]): ParentIndex[] {
  const rank = (index: ParentIndex) =>
    index.constraint === undefined ? 2 : index.constraint.startsWith("PRIMARY") ? 0 : 1;
  return [...indexes].sort((a, b) => rank(a) - rank(b) || (a.name < b.name ? -1 : 1));
}

/** Two foreign keys to one table lock it once. */
function eachOnce(references: readonly string[]): string[] {
  return [...new Set(references)].sort();
}

/** What follows the table in CREATE INDEX. */
export function indexDefinition(index: IndexSpec): string {
  const columns = index.columns.map(indexColumn).join(", ");
  const include = index.include.length > 0 ? ` INCLUDE (${quoteList(index.include)})` : "";
  const where = index.where === undefined ? "" : ` WHERE (${index.where})`;
  return `USING ${index.method} (${columns})${include}${where}`;
}

function indexColumn(column: IndexColumnSpec): string {
  const subject = column.column === undefined ? `(${column.expression ?? ""})` : quote(column.column);
  const opclass = column.opclass === undefined ? "" : ` ${qualified(column.opclass)}`;
  const order = column.order === undefined ? "" : ` ${column.order.toUpperCase()}`;
  const nulls = column.nulls === undefined ? "" : ` NULLS ${column.nulls.toUpperCase()}`;
  return `${subject}${opclass}${order}${nulls}`;
}

/** Operator classes of extensions live in the extension's schema: `extensions.gin_trgm_ops`. */
function qualified(name: string): Quoted {
  return name.split(".").map(quote).join(".") as Quoted;
}

function constraintIndex(name: string, constraint: string, kind: "primary" | "unique"): ParentIndex {
  return { name, unique: true, definition: "", printed: "", leafName: leafTemplate(name, kind), constraint };
}

/** The usual ones in our words; what has more to say (INCLUDE, NULLS NOT DISTINCT, DEFERRABLE), in the server's. */
function constraintText(index: ObservedTable["indexes"][number]): string | undefined {
  if (!index.constraint) return undefined;
  const { kind, definition } = index.constraint;
  const word = kind === "primary" ? "PRIMARY KEY" : "UNIQUE";
  const plain = kind !== "exclusion" && definition.startsWith(`${word} (`) && /\)$/.test(definition);
  return plain && !definition.includes(" INCLUDE (") ? `${word} (${quoteList(index.columns)})` : definition;
}

function leafTemplate(name: string, kind: "primary" | "unique" | "exclusion" | undefined): string {
  return kind === "primary" ? "{partition}_pkey" : `{partition}_${name.replace(/[{}]/g, "")}`;
}

/** A key that is a UUID is written as the partitions that exist write it. */
function keyOf(table: ObservedTable, key: KeySpec): Pick<ParentShape, "key" | "branchKeys"> {
  const plain = { column: key.column, kind: kindOf(table, key), zone: key.zone };
  if (plain.kind !== "uuidv7") return { key: plain };
  const stems = table.branches.filter((branch) => branch.strategy === "range" && branch.column === key.column);
  const leaves = table.key?.strategy === "range" ? table.leaves : stems.flatMap((stem) => stem.leaves);
  const branchKeys = Object.fromEntries(
    stems.flatMap(({ leaf, leaves: parts }) =>
      parts.length > 0 ? [[`${leaf.schema}.${leaf.name}`, uuidForms(parts)]] : [],
    ),
  );
  return {
    key: { ...plain, uuid: uuidForms(leaves) },
    ...(table.key?.strategy === "range" ? {} : { branchKeys }),
  };
}

/** The catalogue's type decides; the declaration only says how a number or a UUID is to be read. */
function kindOf(table: ObservedTable, key: KeySpec): KeyKind {
  const type = table.key?.types[0] ?? table.columns.find((column) => column.name === key.column)?.type ?? "";
  return keyKind(type, key.encoding) ?? key.kind ?? "timestamptz";
}
