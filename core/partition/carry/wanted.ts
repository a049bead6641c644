import { indexName } from "../../names/template";
import type { CarriedState, DefaultGrant, ObservedPolicy } from "../../observed/table";
import type { RegisteredPolicy } from "../../observed/registration";
import type { GrantSpec, PolicySpec } from "../../declare/table/security";
import type { Instant } from "../../time/instant";
import { type Qualifier, requalify, sameBut } from "./requalify";
import type { LeafProfile, ReplicaIdentitySpec, StorageProfile } from "../../declare/table/profile";
import { FREEZE_SETTING, storageAt } from "../../declare/table/profile";
import type { Siblings } from "./siblings";
import { type DefaultGrantees, policySpecOf, policyText, type WantedPolicy } from "./security-statements";

/** What the making or aligning of a partition needs to know about what its parent carries and declares. */
export interface CarriedByParent {
  readonly profile: LeafProfile;
  /** Undefined: the parent is only planned, and what is not declared is PostgreSQL's default. */
  readonly state: CarriedState | undefined;
  /** How the declared policies of the parent were printed. */
  readonly registered: readonly RegisteredPolicy[];
  readonly defaultGrantees: DefaultGrantees;
  /** What default privileges give on a table that this role or the owner makes. Left out: nothing. */
  readonly defaultGrants?: readonly DefaultGrant[];
  /** What a new partition is to be like. Left out: there is none yet. */
  readonly siblings?: Siblings;
  /** The connected role, which owns what it makes. */
  readonly role?: string | undefined;
}

/**
 * What a declaration says that one partition carries. Undefined parts are not declared: on a partition that is there they are
 * not ours to change, whatever the table has.
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
  /** Settings that some profile names: ours on every partition, whatever its age. */
  readonly managed: { readonly options: readonly string[]; readonly toast: readonly string[] };
}

/** Names that expressions of policies may be qualified with, and where leaf indexes get theirs. */
export interface WantedNames {
  /** That of the table. */
  readonly schema: string;
  readonly table: string;
  readonly leaf: string;
  /** Template of leaf names of the parent's index by its name. */
  readonly leafIndexTemplate: (index: string) => string | undefined;
}

/** Decides what one partition should carry at one moment, by what is declared. */
export function wantedState(
  parent: CarriedByParent,
  names: WantedNames,
  leaf: { readonly to: Instant | undefined; readonly uniqueIndexes: Readonly<Record<string, string>> | undefined },
  now: Instant | undefined,
  zone: string,
): WantedState {
  const { profile, state } = parent;
  const security = profile.rowSecurity;
  const mirrored = security?.leafAccess === "mirror";
  const storage = profile.storage ?? [];
  return {
    tableOwner: state?.owner,
    role: parent.role,
    rowSecurity: security && { enabled: security.enable, forced: security.force },
    policies: security && (mirrored ? mirroredPolicies(parent, names) : []),
    grants: security && !mirrored ? [] : (profile.grants ?? (mirrored ? grantsOf(state) : undefined)),
    replicaIdentity: profile.replicaIdentity && identityOn(profile.replicaIdentity, names, leaf.uniqueIndexes),
    statistics:
      profile.statistics && Object.fromEntries(profile.statistics.map(({ column, target }) => [column, target])),
    storage: storageAt(profile, leaf.to, now, zone),
    managed: {
      options: eachOnce(storage.flatMap((one) => [...(one.options ?? []).map(({ name }) => name), ...frozen(one)])),
      toast: eachOnce(storage.flatMap((one) => (one.toast ?? []).map(({ name }) => name))),
    },
  };
}

function frozen(profile: StorageProfile): string[] {
  return profile.freeze ? [FREEZE_SETTING] : [];
}

/** The parent's policies as the partition should have them. Declared ones win: the parent may be about to get them. */
function mirroredPolicies(parent: CarriedByParent, names: WantedNames): WantedPolicy[] {
  const declared = parent.profile.rowSecurity?.policies;
  const specs = declared ?? (parent.state?.policies ?? []).map(policySpecOf);
  return specs.map((spec) => {
    // As the server prints it on the table; the declaration itself may be in the server's words, too.
    const prints = [...(declared ? printedAs(spec, parent.registered) : []), asPrinted(spec)];
    return {
      spec: policyFor(spec, tableOf(names), names.leaf),
      same: (found) => prints.some((printed) => samePolicy(spec, printed, found, names)),
    };
  });
}

type Printed = RegisteredPolicy["printed"];

function printedAs(spec: PolicySpec, registered: readonly RegisteredPolicy[]): Printed[] {
  return registered
    .filter((one) => one.name === spec.name && one.declared === policyText(spec))
    .map((one) => one.printed);
}

function asPrinted(spec: PolicySpec): Printed {
  return { using: spec.using ?? null, withCheck: spec.withCheck ?? null };
}

function samePolicy(spec: PolicySpec, printed: Printed, found: ObservedPolicy, names: WantedNames): boolean {
  const same = (here: string | undefined, there: string | null) =>
    here === undefined || there === null
      ? here === undefined && there === null
      : sameBut(here, { schema: names.schema, name: names.leaf }, there, tableOf(names));
  return sameHead(spec, found) && same(found.using, printed.using) && same(found.withCheck, printed.withCheck);
}

function tableOf(names: WantedNames): Qualifier {
  return { schema: names.schema, name: names.table };
}

function grantsOf(state: CarriedState | undefined): GrantSpec[] | undefined {
  // The catalogue knows no other privileges than those of PRIVILEGES.
  return state?.grants.map(({ role, privileges }) => ({ role, privileges: privileges as GrantSpec["privileges"] }));
}

/** Command, kind and roles: what is compared as it was declared. */
export function sameHead(spec: PolicySpec, found: ObservedPolicy): boolean {
  return (
    spec.command === found.command &&
    (spec.restrictive ?? false) === found.restrictive &&
    [...spec.roles].sort().join("\0") === [...found.roles].sort().join("\0")
  );
}

/** The policy of one table as a policy of another one. */
export function policyFor(spec: PolicySpec, from: Qualifier, to: string): PolicySpec {
  return {
    ...spec,
    ...(spec.using === undefined ? {} : { using: requalify(spec.using, from, to) }),
    ...(spec.withCheck === undefined ? {} : { withCheck: requalify(spec.withCheck, from, to) }),
  };
}

function identityOn(
  declared: ReplicaIdentitySpec,
  names: WantedNames,
  uniqueIndexes: Readonly<Record<string, string>> | undefined,
): WantedState["replicaIdentity"] {
  if (declared.kind !== "index" || declared.index === undefined) return { kind: declared.kind };
  // Where the index is only about to be made, the declaration says what its parts will be called.
  const template = names.leafIndexTemplate(declared.index) ?? declared.leafName;
  const index =
    uniqueIndexes?.[declared.index] ??
    (template === undefined ? undefined : indexName(template, { partition: names.leaf, table: names.table }));
  return index === undefined ? { kind: "default" } : { kind: "index", index };
}

function eachOnce(names: readonly string[]): string[] {
  return [...new Set(names)].sort();
}
