import { formatIndexName } from "../../names/template";
import type { HeldPrivilege } from "../../observed/observed-grant";
import type {
  CarriedState,
  ObservedColumnStorage,
  ObservedOwnTrigger,
  ObservedStatistics,
} from "../../observed/observed-table";
import type { Instant } from "../../time/instant";
import type { StorageProfile } from "../../declare/table/storage";
import { requalify } from "./requalify";
import { toPolicySpec } from "./security-statements";
import { findSharedValue, type Cutting, type Sibling } from "./siblings";
import {
  type CarriedByParent,
  rewritePolicy,
  type WantedNames,
  type WantedState,
  decidePartitionState,
} from "./wanted";

/** Properties of a new partition: those declared, and those of its siblings. */
export interface NewbornState extends WantedState {
  /** Its future owner. */
  readonly owner: string | undefined;
  /** True if the owner is that of its siblings and not that of the table. */
  readonly ownerOfSiblings: boolean;
  /** Privileges of its siblings. Undefined: they are declared, or default privileges apply. */
  readonly held: readonly HeldPrivilege[] | undefined;
  /** True if row security is on without a declaration: default privileges are not relied on. */
  readonly closed: boolean;
  /** True if the policies are those of its siblings. */
  readonly policiesOfSiblings: boolean;
  /** Settings that no profile names. */
  readonly inherited: Pick<StorageProfile, "options" | "toast">;
  readonly tablespace: string | undefined;
  /** True if the tablespace is that of its siblings, and not named by the table or a profile. */
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

/** PostgreSQL's own; a table that uses it does not name it. */
const ACCESS_METHOD = "heap";

/**
 * Decides the properties of a new partition. Undeclared ones come from its newest sibling, which has the latest choices of the
 * owner; without a sibling, from the table. A tablespace or an access method that the table itself names comes first, because it
 * exists only for new partitions.
 */
export function decideNewbornState(
  parent: CarriedByParent,
  names: WantedNames,
  table: { readonly to: Instant | undefined; readonly cut: Cutting | undefined },
  now: Instant | undefined,
  zone: string,
): NewbornState {
  const declared = decidePartitionState(parent, names, { to: table.to, uniqueIndexes: undefined }, now, zone);
  const siblings = parent.siblings?.newest(table.cut) ?? [];
  const { state } = parent;
  const named = state?.tablespace;
  const findShared = <T>(read: (sibling: Sibling) => T): T | undefined => findSharedValue(siblings, read)?.value;
  const rowSecurity =
    declared.rowSecurity ??
    findShared((one) => one.carried.rowSecurity) ??
    (state?.rowSecurity.enabled ? state.rowSecurity : undefined);
  const closed = declared.rowSecurity === undefined && rowSecurity?.enabled === true;
  const owner = chooseOwner(parent, siblings);
  const policies = declared.rowSecurity ? undefined : findShared((one) => rewritePolicies(one, names.partition));
  const held = declared.grants === undefined ? findShared(({ carried }) => listHeldPrivileges(carried)) : undefined;
  // A table that is partitioned further stores no rows, so storage does not matter.
  const stored = table.cut === undefined;
  const placed = findShared(({ carried }) => (carried.unsaid?.placed ? carried.tablespace : undefined));
  return {
    ...declared,
    owner,
    ownerOfSiblings: owner !== state?.owner,
    rowSecurity,
    policies: declared.policies ?? policies?.map((spec) => ({ spec, same: () => false })),
    policiesOfSiblings: declared.policies === undefined,
    held: held?.filter(({ role }) => role !== owner),
    closed,
    replicaIdentity: declared.replicaIdentity ?? chooseIdentity(parent, names, siblings),
    statistics: declared.statistics ?? findShared(({ carried }) => carried.statistics) ?? state?.statistics ?? {},
    storage: stored ? declared.storage : undefined,
    inherited: stored
      ? chooseInherited(
          declared,
          findShared(({ carried }) => carried.options),
          findShared(({ carried }) => carried.toast ?? {}),
        )
      : {},
    tablespace: stored ? (declared.storage?.tablespace ?? named ?? placed) : undefined,
    tablespaceOfSiblings: declared.storage?.tablespace === undefined && named === undefined,
    accessMethod: stored
      ? chooseMethod(state?.unsaid?.accessMethod ?? findShared(({ carried }) => carried.unsaid?.accessMethod))
      : undefined,
    unlogged: stored && findShared(({ carried }) => carried.unsaid?.unlogged) === true,
    columns: findShared(({ carried }) => carried.unsaid?.columns ?? []) ?? [],
    extended: chooseExtended(
      state,
      findShared(({ carried }) => (carried.unsaid ? (carried.unsaid.extended ?? []) : undefined)),
    ),
    triggers: findShared(({ carried }) => carried.unsaid?.triggers ?? []) ?? [],
    clusterOn: stored
      ? nameIndexPart(
          findShared(({ carried }) => carried.unsaid?.clustered?.of),
          names,
        )
      : undefined,
    comment: chooseComment(parent.siblings?.all ?? [], stored),
  };
}

/** Returns the owner of its siblings, if this role has its rights and it may own tables there; else that of the table. */
function chooseOwner({ state }: CarriedByParent, siblings: readonly Sibling[]): string | undefined {
  const found = findSharedValue(siblings, ({ carried }) =>
    carried.ours && carried.unsaid?.mayOwn !== false ? carried.owner : undefined,
  );
  return found?.value ?? state?.owner;
}

/** Rewrites the policies of one partition for another. */
function rewritePolicies({ schema, name, carried }: Sibling, partition: string): ReturnType<typeof toPolicySpec>[] {
  return carried.policies.map((policy) => rewritePolicy(toPolicySpec(policy), { schema, name }, partition));
}

export function listHeldPrivileges(carried: CarriedState): readonly HeldPrivilege[] {
  if (carried.unsaid) return carried.unsaid.held ?? [];
  return carried.grants.flatMap(({ role, privileges, grantable = [] }) =>
    privileges.map((privilege) => ({ role, privilege, grantable: grantable.includes(privilege) })),
  );
}

/**
 * Returns the replica identity of a partition in a form that applies to another one. `lost`: it is not part of an index of the
 * table.
 */
export function getIdentity({ carried }: Sibling): {
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
 * Returns the replica identity. A new partition does not get an index that only its sibling has, and every UPDATE of a published
 * table would be refused without it: then all columns identify a row, which always works.
 */
function chooseIdentity(
  parent: CarriedByParent,
  names: WantedNames,
  siblings: readonly Sibling[],
): NonNullable<WantedState["replicaIdentity"]> {
  const found = findSharedValue(siblings, getIdentity)?.value ??
    parent.state?.replicaIdentity ?? { kind: "default" as const };
  if ("lost" in found && found.lost) return { kind: "full" };
  if (found.kind !== "index") return { kind: found.kind };
  const index = nameIndexPart(found.index, names);
  if (index !== undefined) return { kind: "index", index };
  return { kind: siblings.length > 0 ? "full" : "default" };
}

/** Returns the name of a new partition's part of an index of the table. */
function nameIndexPart(index: string | undefined, names: WantedNames): string | undefined {
  const template = index === undefined ? undefined : names.partitionIndexTemplate(index);
  return template === undefined
    ? undefined
    : formatIndexName(template, { partition: names.partition, table: names.table });
}

/** Names of storage parameters are words of PostgreSQL's own; others belong to an access method that is not used here. */
const PARAMETER = /^[a-z_]+$/;

function chooseInherited(
  { managed }: WantedState,
  options: CarriedState["options"] = {},
  toast: CarriedState["options"] = {},
): NewbornState["inherited"] {
  const listUnmanaged = (found: CarriedState["options"], ours: readonly string[]) =>
    Object.entries(found)
      .filter(([name]) => PARAMETER.test(name) && !ours.includes(name))
      .map(([name, value]) => ({ name, value }))
      .sort((a, b) => (a.name < b.name ? -1 : 1));
  return { options: listUnmanaged(options, managed.options), toast: listUnmanaged(toast, managed.toast) };
}

function chooseMethod(method: string | undefined): string | undefined {
  return method === ACCESS_METHOD ? undefined : method;
}

/** Returns statistics to create one by one, only if siblings differ from the table: LIKE copies those of the table. */
function chooseExtended(
  state: CarriedState | undefined,
  siblings: readonly ObservedStatistics[] | undefined,
): readonly ObservedStatistics[] | undefined {
  if (siblings === undefined) return undefined;
  return JSON.stringify(siblings) === JSON.stringify(state?.unsaid?.extended ?? []) ? undefined : siblings;
}

/** Returns a comment that all siblings have; any other is about one partition. */
function chooseComment(all: readonly Sibling[], stored: boolean): string | undefined {
  return stored && all.length > 1 ? findSharedValue(all, ({ carried }) => carried.unsaid?.comment)?.value : undefined;
}

/** Rewrites a policy in a form that is comparable across partitions. */
export function normalizePolicies({ schema, name, carried }: Sibling): unknown {
  const normalizeText = (text: string | undefined) =>
    text === undefined ? undefined : requalify(text, { schema, name }, "");
  return carried.policies.map((policy) => ({
    ...policy,
    using: normalizeText(policy.using),
    withCheck: normalizeText(policy.withCheck),
  }));
}
