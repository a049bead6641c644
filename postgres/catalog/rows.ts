import type { LedgerDetail, LedgerEvent } from "../../core/observed/ledger";
import type { ObservedGrant, DefaultGrant } from "../../core/observed/observed-grant";
import type {
  ObservedColumn,
  ObservedConstraint,
  ObservedIndex,
  ObservedKey,
  ObservedTable,
  CarriedState,
  ObservedPolicy,
  UnsaidState,
} from "../../core/observed/observed-table";
import type {
  RegisteredExpression,
  RegisteredIndex,
  RegisteredAlias,
  RegisteredPolicy,
  RegisteredSchedule,
} from "../../core/observed/registration";
import type { RegisteredPublication } from "../../core/observed/replication";
import type { ObservedCheck, ObservedTrigger } from "../../core/observed/observed-default";
import type { ObstacleRow } from "../execute/obstacles";
import type { ReplicationRow } from "./replication-rows";

/** Rows of the queries, as their SQL builds them. JSON leaves an empty list out as null. */
export interface TableRow extends ObstacleRow, ReplicationRow {
  readonly now: string;
  readonly server_version: number;
  readonly managed_here: boolean;
  readonly superuser: boolean;
  /** Schema of pg_partman's configuration. */
  readonly partman_schema: string | null;
  /** The same, if this role may not read it. */
  readonly partman_hidden: string | null;
  readonly default_grantees: readonly string[] | null;
  readonly default_grants: readonly Nullable<DefaultGrant>[] | null;
  readonly relation: RelationJson | null;
}

export interface RelationJson {
  readonly oid: string;
  readonly owner: string;
  readonly relkind: string;
  readonly comment: string | null;
  readonly lastAnalyzed: string | null;
  readonly wayBack: string | null;
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

export interface PartitionRow {
  readonly oid: string;
  readonly schema: string;
  readonly name: string;
  readonly bounds: string;
  readonly partitioned: boolean;
  readonly is_foreign: boolean;
  readonly pending: boolean;
  readonly rows: string | null;
  readonly bytes: string | null;
  readonly fenced: boolean;
  readonly splitting: boolean;
  readonly carried: CarriedJson;
  /** Oid of its parent; null for the table itself. */
  readonly parent: string | null;
  readonly strategy: "r" | "l" | "h" | null;
  /** Column of its partition key, if it is a single column. */
  readonly key_column: string | null;
  /** Facts of the table's own default partition. */
  readonly fallback: FallbackJson | null;
}

/** Columns of partitions.sql that only a default partition has. */
interface FallbackJson {
  readonly pages: string | number;
  readonly hidden: boolean;
  readonly checks: readonly ObservedCheck[] | null;
  readonly triggers: readonly TriggerJson[] | null;
}

type TriggerJson = Omit<ObservedTrigger, "inherited"> & { readonly inherited: ObservedTrigger["fires"] | null };

interface CarriedJson {
  readonly owner: string;
  readonly ours: boolean;
  readonly enabled: boolean;
  readonly forced: boolean;
  readonly policies: readonly Nullable<ObservedPolicy>[] | null;
  readonly grants: readonly Nullable<ObservedGrant>[] | null;
  readonly replica: "d" | "f" | "n" | "i";
  readonly replicaIndex: string | null;
  readonly options: Readonly<Record<string, string>> | null;
  readonly toast: Readonly<Record<string, string>> | null;
  readonly tablespace: string | null;
  readonly statistics: Readonly<Record<string, number>> | null;
  readonly uniqueIndexes: Readonly<Record<string, string>> | null;
  /** Without nulls: a missing field has the value that every table has. */
  readonly unsaid?: UnsaidState;
}

export interface RegistryRow {
  readonly registration: {
    readonly owner: string;
    readonly mode: "managed" | "released";
    readonly paused: boolean;
    readonly window: unknown;
    readonly indexes: readonly RegisteredIndex[];
    readonly profile: unknown;
    readonly policies: readonly RegisteredPolicy[] | null;
    readonly expressions: readonly RegisteredExpression[] | null;
    readonly publications: readonly RegisteredPublication[] | null;
    readonly prepared: string | null;
    readonly schedule: RegisteredSchedule | null;
    readonly aliases: readonly RegisteredAlias[] | null;
  } | null;
  readonly ledger:
    | readonly {
        readonly partition: string;
        readonly oid: string | null;
        readonly branch: string;
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
        readonly branch: string;
        readonly lower: string | null;
        readonly upper: string | null;
        readonly event: LedgerEvent;
        readonly at: string;
        readonly detail: LedgerDetail;
        /** Detail of the last archive, with the time of the ledger's row. */
        readonly archived: (LedgerDetail & { readonly at: string }) | null;
        readonly foreign: boolean;
        readonly fenced: boolean;
        readonly unreadBy: readonly string[] | null;
        readonly references: readonly string[] | null;
        readonly parts: readonly string[] | null;
        readonly rows: number | null;
        readonly bytes: number;
      }[]
    | null;
}

export interface PartitionIndexRow extends Nullable<ObservedIndex> {
  readonly schema: string;
  readonly partition: string;
  readonly attached_to: string | null;
  readonly building: boolean;
}

/** JSON has null where the types of core have undefined. */
type Nullable<T> = { readonly [K in keyof T]: undefined extends T[K] ? Exclude<T[K], undefined> | null : T[K] };

export const STRATEGIES: Readonly<Record<"r" | "l" | "h", ObservedKey["strategy"]>> = {
  r: "range",
  l: "list",
  h: "hash",
};

export function toKey(relation: RelationJson): ObservedKey | undefined {
  if (relation.key === null) return undefined;
  return {
    strategy: STRATEGIES[relation.key.strategy],
    columns: relation.key.columns.map((column) => column ?? undefined),
    types: relation.key.types,
  };
}

export function toColumn(column: Nullable<ObservedColumn>): ObservedColumn {
  return {
    ...column,
    unread: column.unread ?? undefined,
    default: column.default ?? undefined,
    identity: column.identity ?? undefined,
    generated: column.generated ?? undefined,
    comment: column.comment ?? undefined,
    sequence: column.sequence ?? undefined,
  };
}

export function toConstraint(constraint: Nullable<ObservedConstraint>): ObservedConstraint {
  return { ...constraint, oid: constraint.oid ?? undefined, references: constraint.references ?? undefined };
}

const REPLICA_IDENTITIES: Readonly<Record<CarriedJson["replica"], CarriedState["replicaIdentity"]["kind"]>> = {
  d: "default",
  f: "full",
  n: "nothing",
  i: "index",
};

export function toCarried(json: CarriedJson): CarriedState {
  return {
    owner: json.owner,
    ours: json.ours,
    rowSecurity: { enabled: json.enabled, forced: json.forced },
    policies: (json.policies ?? []).map((policy) => ({
      ...policy,
      using: policy.using ?? undefined,
      withCheck: policy.withCheck ?? undefined,
    })),
    grants: (json.grants ?? []).map(({ role, privileges, others, grantable }) => ({
      role,
      privileges,
      ...(others ? { others } : {}),
      ...(grantable ? { grantable } : {}),
    })),
    replicaIdentity: {
      kind: REPLICA_IDENTITIES[json.replica],
      ...(json.replicaIndex === null ? {} : { index: json.replicaIndex }),
    },
    options: json.options ?? {},
    toast: json.toast ?? undefined,
    tablespace: json.tablespace ?? undefined,
    statistics: json.statistics ?? {},
    uniqueIndexes: json.uniqueIndexes ?? {},
    ...(json.unsaid ? { unsaid: json.unsaid } : {}),
  };
}

export function toDefaultGrant({ schema, maker, role, privilege, grantable }: Nullable<DefaultGrant>): DefaultGrant {
  return { maker, role, privilege, grantable, ...(schema === null ? {} : { schema }) };
}

export function toIndex(index: Nullable<ObservedIndex>): ObservedIndex {
  const { name, definition, unique, valid, columns } = index;
  return { name, definition, unique, valid, columns, constraint: index.constraint ?? undefined };
}

export function toRelationKind(relkind: string): ObservedTable["kind"] {
  if (relkind === "p") return "partitioned";
  return relkind === "r" ? "plain" : "other";
}
