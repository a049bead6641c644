import { formatIndexName } from "../../names/template";
import type { DefaultGrant } from "../../observed/observed-grant";
import type { CarriedState, ObservedPolicy } from "../../observed/observed-table";
import type { RegisteredPolicy } from "../../observed/registration";
import type { GrantSpec, PolicySpec } from "../../declare/table/security";
import type { Instant } from "../../time/instant";
import { type Qualifier, requalify, areSameExceptTables } from "./requalify";
import type { PartitionProfile, ReplicaIdentitySpec } from "../../declare/table/profile";
import { findStorageAt } from "../../declare/table/profile";
import { FREEZE_SETTING, type StorageProfile } from "../../declare/table/storage";
import type { Siblings } from "./siblings";
import { type DefaultGrantees, toPolicySpec, formatPolicy, type WantedPolicy } from "./security-statements";

/** Input about the parent's properties and declaration, for creating or aligning a partition. */
export interface CarriedByParent {
  readonly profile: PartitionProfile;
  /** Undefined: the parent is only planned, and undeclared properties are PostgreSQL's defaults. */
  readonly state: CarriedState | undefined;
  /** Printed forms of the declared policies of the parent. */
  readonly registered: readonly RegisteredPolicy[];
  readonly defaultGrantees: DefaultGrantees;
  /** Default privileges on a table created by this role or the owner. Left out: none. */
  readonly defaultGrants?: readonly DefaultGrant[];
  /** Partitions that a new one should resemble. Left out: none exist. */
  readonly siblings?: Siblings;
  /** The connected role, which owns the tables that it creates. */
  readonly role?: string | undefined;
}

/**
 * Declared properties of one partition. Undefined parts are not declared: on an existing partition they are not managed, whatever
 * the table has.
 */
export interface WantedState {
  /** Of the table. */
  readonly tableOwner: string | undefined;
  /** The connected role. */
  readonly role: string | undefined;
  readonly rowSecurity: CarriedState["rowSecurity"] | undefined;
  readonly policies: readonly WantedPolicy[] | undefined;
  readonly grants: readonly GrantSpec[] | undefined;
  readonly replicaIdentity:
    { readonly kind: "default" | "full" | "nothing" | "index"; readonly index?: string } | undefined;
  readonly statistics: Readonly<Record<string, number>> | undefined;
  readonly storage: StorageProfile | undefined;
  /** Settings that any profile names, which are managed on every partition of any age. */
  readonly managed: { readonly options: readonly string[]; readonly toast: readonly string[] };
}

/** Names that expressions of policies may be qualified with, and templates of index names on partitions. */
export interface WantedNames {
  /** That of the table. */
  readonly schema: string;
  readonly table: string;
  readonly partition: string;
  /** Returns the name template for parts of the parent's index of this name. */
  readonly partitionIndexTemplate: (index: string) => string | undefined;
}

/** Decides the properties of one partition at one moment, by the declaration. */
export function decidePartitionState(
  parent: CarriedByParent,
  names: WantedNames,
  partition: { readonly to: Instant | undefined; readonly uniqueIndexes: Readonly<Record<string, string>> | undefined },
  now: Instant | undefined,
  zone: string,
): WantedState {
  const { profile, state } = parent;
  const security = profile.rowSecurity;
  const mirrored = security?.partitionAccess === "mirror";
  const storage = profile.storage ?? [];
  return {
    tableOwner: state?.owner,
    role: parent.role,
    rowSecurity: security && { enabled: security.enable, forced: security.force },
    policies: security && (mirrored ? mirrorPolicies(parent, names) : []),
    grants: security && !mirrored ? [] : (profile.grants ?? (mirrored ? toGrantSpecs(state) : undefined)),
    replicaIdentity:
      profile.replicaIdentity && resolveIdentity(profile.replicaIdentity, names, partition.uniqueIndexes),
    statistics:
      profile.statistics && Object.fromEntries(profile.statistics.map(({ column, target }) => [column, target])),
    storage: findStorageAt(profile, partition.to, now, zone),
    managed: {
      options: removeDuplicates(
        storage.flatMap((one) => [...(one.options ?? []).map(({ name }) => name), ...listFreezeSettings(one)]),
      ),
      toast: removeDuplicates(storage.flatMap((one) => (one.toast ?? []).map(({ name }) => name))),
    },
  };
}

function listFreezeSettings(profile: StorageProfile): string[] {
  return profile.freeze ? [FREEZE_SETTING] : [];
}

/** Returns the parent's policies for the partition. Declared ones win: the parent may be about to get them. */
function mirrorPolicies(parent: CarriedByParent, names: WantedNames): WantedPolicy[] {
  const declared = parent.profile.rowSecurity?.policies;
  const specs = declared ?? (parent.state?.policies ?? []).map(toPolicySpec);
  return specs.map((spec) => {
    // As the server prints it on the table; the declaration itself may also be in the server's words.
    const prints = [...(declared ? listPrinted(spec, parent.registered) : []), toPrinted(spec)];
    return {
      spec: rewritePolicy(spec, toQualifier(names), names.partition),
      same: (found) => prints.some((printed) => isSamePolicy(spec, printed, found, names)),
    };
  });
}

type Printed = RegisteredPolicy["printed"];

function listPrinted(spec: PolicySpec, registered: readonly RegisteredPolicy[]): Printed[] {
  return registered
    .filter((one) => one.name === spec.name && one.declared === formatPolicy(spec))
    .map((one) => one.printed);
}

function toPrinted(spec: PolicySpec): Printed {
  return { using: spec.using ?? null, withCheck: spec.withCheck ?? null };
}

function isSamePolicy(spec: PolicySpec, printed: Printed, found: ObservedPolicy, names: WantedNames): boolean {
  const isSameText = (here: string | undefined, there: string | null) =>
    here === undefined || there === null
      ? here === undefined && there === null
      : areSameExceptTables(here, { schema: names.schema, name: names.partition }, there, toQualifier(names));
  return (
    hasSameHead(spec, found) && isSameText(found.using, printed.using) && isSameText(found.withCheck, printed.withCheck)
  );
}

function toQualifier(names: WantedNames): Qualifier {
  return { schema: names.schema, name: names.table };
}

function toGrantSpecs(state: CarriedState | undefined): GrantSpec[] | undefined {
  // The catalogue has no privileges other than PRIVILEGES.
  return state?.grants.map(({ role, privileges }) => ({ role, privileges: privileges as GrantSpec["privileges"] }));
}

/** Compares command, kind and roles, which the server prints as declared. */
export function hasSameHead(spec: PolicySpec, found: ObservedPolicy): boolean {
  return (
    spec.command === found.command &&
    (spec.restrictive ?? false) === found.restrictive &&
    [...spec.roles].sort().join("\0") === [...found.roles].sort().join("\0")
  );
}

/** Rewrites the policy of one table for another one. */
export function rewritePolicy(spec: PolicySpec, from: Qualifier, to: string): PolicySpec {
  return {
    ...spec,
    ...(spec.using === undefined ? {} : { using: requalify(spec.using, from, to) }),
    ...(spec.withCheck === undefined ? {} : { withCheck: requalify(spec.withCheck, from, to) }),
  };
}

function resolveIdentity(
  declared: ReplicaIdentitySpec,
  names: WantedNames,
  uniqueIndexes: Readonly<Record<string, string>> | undefined,
): WantedState["replicaIdentity"] {
  if (declared.kind !== "index" || declared.index === undefined) return { kind: declared.kind };
  // If the index is not created yet, the names of its parts come from the declaration.
  const template = names.partitionIndexTemplate(declared.index) ?? declared.partitionIndexName;
  const index =
    uniqueIndexes?.[declared.index] ??
    (template === undefined
      ? undefined
      : formatIndexName(template, { partition: names.partition, table: names.table }));
  return index === undefined ? { kind: "default" } : { kind: "index", index };
}

/** Returns each name once, in order. */
export function removeDuplicates(names: readonly string[]): string[] {
  return [...new Set(names)].sort();
}
