import type {
  LedgerDetail,
  LedgerEvent,
  ObservedColumn,
  ObservedConstraint,
  ObservedIndex,
  ObservedKey,
  ObservedTable,
  RegisteredIndex,
} from "../core/observed";
import type { ObstacleRow } from "./obstacles";

/** The rows of the queries, as their SQL builds them. JSON leaves an empty list out as null. */
export interface TableRow extends ObstacleRow {
  readonly now: string;
  readonly managed_here: boolean;
  readonly relation: RelationJson | null;
}

export interface RelationJson {
  readonly oid: string;
  readonly owner: string;
  readonly relkind: string;
  readonly rights: ObservedTable["rights"];
  readonly key: {
    readonly strategy: "r" | "l" | "h";
    readonly columns: readonly (string | null)[];
    readonly types: readonly string[];
  } | null;
  readonly columns: readonly Nullable<ObservedColumn>[] | null;
  readonly constraints: readonly Nullable<ObservedConstraint>[] | null;
  readonly indexes: readonly Nullable<ObservedIndex>[] | null;
  readonly referencedBy: readonly string[] | null;
}

export interface LeafRow {
  readonly oid: string;
  readonly schema: string;
  readonly name: string;
  readonly bounds: string;
  readonly partitioned: boolean;
  readonly pending: boolean;
  readonly rows: string | null;
  readonly bytes: string | null;
}

export interface RegistryRow {
  readonly registration: {
    readonly owner: string;
    readonly mode: "managed" | "released";
    readonly paused: boolean;
    readonly window: unknown;
    readonly indexes: readonly RegisteredIndex[];
  } | null;
  readonly ledger:
    | readonly {
        readonly partition: string;
        readonly oid: string | null;
        readonly lower: string | null;
        readonly upper: string | null;
        readonly event: LedgerEvent;
        readonly at: string;
        readonly detail: LedgerDetail;
      }[]
    | null;
  readonly detached:
    | readonly {
        readonly schema: string;
        readonly name: string;
        readonly oid: string;
        readonly lower: string | null;
        readonly upper: string | null;
        readonly at: string;
        readonly detail: LedgerDetail;
        readonly rows: number | null;
        readonly bytes: number;
      }[]
    | null;
}

export interface LeafIndexRow extends Nullable<ObservedIndex> {
  readonly leaf: string;
  readonly attached_to: string | null;
  readonly building: boolean;
}

/** JSON has null where the types of core have undefined. */
type Nullable<T> = { readonly [K in keyof T]: undefined extends T[K] ? Exclude<T[K], undefined> | null : T[K] };

const STRATEGIES: Readonly<Record<"r" | "l" | "h", ObservedKey["strategy"]>> = { r: "range", l: "list", h: "hash" };

export function keyOf(relation: RelationJson): ObservedKey | undefined {
  if (relation.key === null) return undefined;
  return {
    strategy: STRATEGIES[relation.key.strategy],
    columns: relation.key.columns.map((column) => column ?? undefined),
    types: relation.key.types,
  };
}

export function columnOf(column: Nullable<ObservedColumn>): ObservedColumn {
  return { ...column, default: column.default ?? undefined, identity: column.identity ?? undefined };
}

export function constraintOf(constraint: Nullable<ObservedConstraint>): ObservedConstraint {
  return { ...constraint, references: constraint.references ?? undefined };
}

export function indexOf(index: Nullable<ObservedIndex>): ObservedIndex {
  const { name, definition, unique, valid, columns } = index;
  return { name, definition, unique, valid, columns, constraint: index.constraint ?? undefined };
}

export function kindOfRelation(relkind: string): ObservedTable["kind"] {
  if (relkind === "p") return "partitioned";
  return relkind === "r" ? "plain" : "other";
}
