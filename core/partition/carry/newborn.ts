import { indexName } from "../../names/template";
import type {
  CarriedState,
  HeldPrivilege,
  ObservedColumnStorage,
  ObservedOwnTrigger,
  ObservedStatistics,
} from "../../observed/table";
import type { Instant } from "../../time/instant";
import type { StorageProfile } from "../../declare/table/profile";
import { requalify } from "./requalify";
import { policySpecOf } from "./security-statements";
import { alike, type Cutting, type Sibling } from "./siblings";
import { type CarriedByParent, policyFor, type WantedNames, type WantedState, wantedState } from "./wanted";

/** What a partition that is being made gets: what is declared, and what its siblings have. */
export interface NewbornState extends WantedState {
  /** Whose it is to be. */
  readonly owner: string | undefined;
  /** The owner is that of its siblings and not that of the table. */
  readonly ownerOfSiblings: boolean;
  /** Privileges of its siblings. Undefined: they are declared, or default privileges say what there is. */
  readonly held: readonly HeldPrivilege[] | undefined;
  /** Row security is on and no program declared it: nothing is left to default privileges. */
  readonly closed: boolean;
  /** Policies are those of its siblings. */
  readonly policiesOfSiblings: boolean;
  /** Settings that no profile names. */
  readonly inherited: Pick<StorageProfile, "options" | "toast">;
  readonly tablespace: string | undefined;
  /** The tablespace is that of its siblings, and not one that the table or a profile names. */
  readonly tablespaceOfSiblings: boolean;
  /** Undefined: the server's default. */
  readonly accessMethod: string | undefined;
  readonly unlogged: boolean;
  readonly columns: readonly ObservedColumnStorage[];
  /** Undefined: those of the table. */
  readonly extended: readonly ObservedStatistics[] | undefined;
  readonly triggers: readonly ObservedOwnTrigger[];
  readonly clusterOn: string | undefined;
  readonly comment: string | undefined;
}

/** PostgreSQL's own; a table of it says nothing about it. */
const ACCESS_METHOD = "heap";

/**
 * Decides what a new partition carries. What is not declared is as its newest sibling has it; without a sibling it is as the table
 * has it. The newest, because that is the state in which the owner of the table last left it. Where the table itself names a
 * tablespace or an access method, that is for new partitions and for nothing else, and goes before.
 */
export function newbornState(
  parent: CarriedByParent,
  names: WantedNames,
  table: { readonly to: Instant | undefined; readonly cut: Cutting | undefined },
  now: Instant | undefined,
  zone: string,
): NewbornState {
  const declared = wantedState(parent, names, { to: table.to, uniqueIndexes: undefined }, now, zone);
  const siblings = parent.siblings?.newest(table.cut) ?? [];
  const { state } = parent;
  const named = state?.tablespace;
  const of = <T>(read: (sibling: Sibling) => T): T | undefined => alike(siblings, read)?.value;
  const rowSecurity =
    declared.rowSecurity ??
    of((one) => one.carried.rowSecurity) ??
    (state?.rowSecurity.enabled ? state.rowSecurity : undefined);
  const closed = declared.rowSecurity === undefined && rowSecurity?.enabled === true;
  const owner = ownerOf(parent, siblings);
  const policies = declared.rowSecurity ? undefined : of((one) => policiesAs(one, names.leaf));
  const held = declared.grants === undefined ? of(({ carried }) => heldOf(carried)) : undefined;
  // A table that is cut further holds no rows that could be stored in one way or another.
  const stored = table.cut === undefined;
  const placed = of(({ carried }) => (carried.unsaid?.placed ? carried.tablespace : undefined));
  return {
    ...declared,
    owner,
    ownerOfSiblings: owner !== state?.owner,
    rowSecurity,
    policies: declared.policies ?? policies?.map((spec) => ({ spec, same: () => false })),
    policiesOfSiblings: declared.policies === undefined,
    held: held?.filter(({ role }) => role !== owner),
    closed,
    replicaIdentity: declared.replicaIdentity ?? identityFor(parent, names, siblings),
    statistics: declared.statistics ?? of(({ carried }) => carried.statistics) ?? state?.statistics ?? {},
    storage: stored ? declared.storage : undefined,
    inherited: stored
      ? inherited(
          declared,
          of(({ carried }) => carried.options),
          of(({ carried }) => carried.toast ?? {}),
        )
      : {},
    tablespace: stored ? (declared.storage?.tablespace ?? named ?? placed) : undefined,
    tablespaceOfSiblings: declared.storage?.tablespace === undefined && named === undefined,
    accessMethod: stored
      ? methodOf(state?.unsaid?.accessMethod ?? of(({ carried }) => carried.unsaid?.accessMethod))
      : undefined,
    unlogged: stored && of(({ carried }) => carried.unsaid?.unlogged) === true,
    columns: of(({ carried }) => carried.unsaid?.columns ?? []) ?? [],
    extended: extendedOf(
      state,
      of(({ carried }) => (carried.unsaid ? (carried.unsaid.extended ?? []) : undefined)),
    ),
    triggers: of(({ carried }) => carried.unsaid?.triggers ?? []) ?? [],
    clusterOn: stored
      ? partOf(
          of(({ carried }) => carried.unsaid?.clustered?.of),
          names,
        )
      : undefined,
    comment: commentOf(parent.siblings?.all ?? [], stored),
  };
}

/** Of its siblings, where we have the rights of that role and it may have tables there; else of the table. */
function ownerOf({ state }: CarriedByParent, siblings: readonly Sibling[]): string | undefined {
  const found = alike(siblings, ({ carried }) =>
    carried.ours && carried.unsaid?.mayOwn !== false ? carried.owner : undefined,
  );
  return found?.value ?? state?.owner;
}

/** The policies of one partition as those of another. */
function policiesAs({ schema, name, carried }: Sibling, leaf: string): ReturnType<typeof policySpecOf>[] {
  return carried.policies.map((policy) => policyFor(policySpecOf(policy), { schema, name }, leaf));
}

export function heldOf(carried: CarriedState): readonly HeldPrivilege[] {
  if (carried.unsaid) return carried.unsaid.held ?? [];
  return carried.grants.flatMap(({ role, privileges, grantable = [] }) =>
    privileges.map((privilege) => ({ role, privilege, grantable: grantable.includes(privilege) })),
  );
}

/** What identifies a row of a partition, in words that mean the same on another one. `lost`: it has no part in an index of the table. */
export function identityOf({ carried }: Sibling): {
  readonly kind: CarriedState["replicaIdentity"]["kind"];
  readonly index?: string;
  readonly lost?: true;
} {
  const { kind } = carried.replicaIdentity;
  if (kind === "index") {
    const index = carried.unsaid?.identityOf;
    return index === undefined ? { kind, lost: true } : { kind, index };
  }
  return kind === "default" && carried.unsaid?.ownKey ? { kind, lost: true } : { kind };
}

/**
 * An index that only the sibling has is not made on a new partition, and without it every UPDATE of a published table is refused:
 * then all columns identify a row, which always works.
 */
function identityFor(
  parent: CarriedByParent,
  names: WantedNames,
  siblings: readonly Sibling[],
): NonNullable<WantedState["replicaIdentity"]> {
  const found = alike(siblings, identityOf)?.value ?? parent.state?.replicaIdentity ?? { kind: "default" as const };
  if ("lost" in found && found.lost) return { kind: "full" };
  if (found.kind !== "index") return { kind: found.kind };
  const index = partOf(found.index, names);
  if (index !== undefined) return { kind: "index", index };
  return { kind: siblings.length > 0 ? "full" : "default" };
}

/** The part that a new partition has of an index of the table. */
function partOf(index: string | undefined, names: WantedNames): string | undefined {
  const template = index === undefined ? undefined : names.leafIndexTemplate(index);
  return template === undefined ? undefined : indexName(template, { partition: names.leaf, table: names.table });
}

/** Names of storage parameters are words of PostgreSQL's own; others belong to a method that is not made here. */
const PARAMETER = /^[a-z_]+$/;

function inherited(
  { managed }: WantedState,
  options: CarriedState["options"] = {},
  toast: CarriedState["options"] = {},
): NewbornState["inherited"] {
  const beside = (found: CarriedState["options"], ours: readonly string[]) =>
    Object.entries(found)
      .filter(([name]) => PARAMETER.test(name) && !ours.includes(name))
      .map(([name, value]) => ({ name, value }))
      .sort((a, b) => (a.name < b.name ? -1 : 1));
  return { options: beside(options, managed.options), toast: beside(toast, managed.toast) };
}

function methodOf(method: string | undefined): string | undefined {
  return method === ACCESS_METHOD ? undefined : method;
}

/** LIKE gives those of the table; only where siblings have others are they made one by one. */
function extendedOf(
  state: CarriedState | undefined,
  siblings: readonly ObservedStatistics[] | undefined,
): readonly ObservedStatistics[] | undefined {
  if (siblings === undefined) return undefined;
  return JSON.stringify(siblings) === JSON.stringify(state?.unsaid?.extended ?? []) ? undefined : siblings;
}

/** A comment that all of them have says something about each; any other is about one partition. */
function commentOf(all: readonly Sibling[], stored: boolean): string | undefined {
  return stored && all.length > 1 ? alike(all, ({ carried }) => carried.unsaid?.comment)?.value : undefined;
}

/** A policy in words that mean the same on every partition, to compare them. */
export function comparablePolicies({ schema, name, carried }: Sibling): unknown {
  const same = (text: string | undefined) => (text === undefined ? undefined : requalify(text, { schema, name }, ""));
  return carried.policies.map((policy) => ({
    ...policy,
    using: same(policy.using),
    withCheck: same(policy.withCheck),
  }));
}
