import type { CarriedState, ObservedTable } from "../../observed/observed-table";
import { normalizePolicies, listHeldPrivileges, getIdentity } from "./newborn";
import type { PartitionProfile } from "../../declare/table/profile";
import { FREEZE_SETTING } from "../../declare/table/storage";
import { findSharedValue, type Sibling, type Siblings } from "./siblings";

/** Partitions of a table, and their declaration. */
interface Family {
  readonly schema: string;
  readonly profile: PartitionProfile;
  readonly siblings: Siblings;
}

/** A property of a partition. */
interface Aspect {
  readonly words: string;
  /** Its value, equal text meaning an equal state. */
  readonly read: (sibling: Sibling) => unknown;
  readonly say: (sibling: Sibling) => string;
  readonly declared?: (profile: PartitionProfile) => boolean;
  /** The table's value, if partitions are expected to have it; left out: none is expected. */
  readonly usual?: (table: ObservedTable) => string;
  /** False: a separate note covers the case that all have the same. */
  readonly unsaid?: false;
}

/**
 * Returns notes on undeclared properties that differ among partitions: each is left as it is, and a new one follows only one of
 * them. Also notes that all of them are in another schema than the table, because new ones are created there.
 */
export function noteSiblingDifferences({ schema, profile, siblings }: Family): string[] {
  const newest = siblings.newest(undefined);
  const notes = listAspects(profile).flatMap((aspect) => {
    const groups = groupSiblings(siblings.all, aspect);
    if (groups.length < 2) return [];
    const values = groups.map((group) => `${group[0] ? aspect.say(group[0]) : ""} on ${formatNames(group)}`);
    const model =
      findSharedValue(newest, aspect.read) && newest[0]
        ? `as "${newest[0].name}"`
        : "as the table has it, because its branches differ";
    return [
      `partitions differ in ${aspect.words}, which is not declared: ${values.join("; ")}. Each is left as it is, and a new one is created ${model}`,
    ];
  });
  const elsewhere =
    profile.schema === undefined ? findSharedValue(siblings.all, (one) => one.schema)?.value : undefined;
  const lost = profile.replicaIdentity ? undefined : newest.find((one) => getIdentity(one).lost);
  return [
    ...(elsewhere === undefined || elsewhere === schema
      ? []
      : [
          `all partitions lie in schema "${elsewhere}", and partitionSchema is not declared: new ones are made there too`,
        ]),
    ...notes,
    ...(lost
      ? [
          `rows of "${lost.name}" are identified by an index that the table does not have: a new partition gets replica identity "full", so that its rows can be changed. Declare the index and replicaIdentity to have it there too`,
        ]
      : []),
  ];
}

/** Returns notes on properties that all partitions have and no program declares, for the first declaration of a table. */
export function noteUndeclaredProperties({ profile, siblings }: Family, table: ObservedTable): string[] {
  const [first] = siblings.all;
  if (!first) return [];
  const shared = listAspects(profile).flatMap((aspect) => {
    const value = aspect.say(first);
    if (aspect.unsaid === false) return [];
    if (groupSiblings(siblings.all, aspect).length !== 1 || value === (aspect.usual?.(table) ?? NONE)) return [];
    return [
      `its partitions have ${aspect.words} ${value}: not declared, so left as it is, and new ones are created with the same`,
    ];
  });
  const identities = siblings.all.filter(({ carried }) => carried.unsaid?.identities);
  return [
    ...shared,
    ...(identities.length > 0
      ? [
          `${formatNames(identities)} ${identities.length > 1 ? "have" : "has"} their own identity columns (${(identities[0]?.carried.unsaid?.identities ?? []).join(", ")}), which the table does not have: left as they are, and not created on new ones`,
        ]
      : []),
  ];
}

const NONE = "none";

function listAspects(profile: PartitionProfile): readonly Aspect[] {
  const managed = new Set(
    (profile.storage ?? []).flatMap(({ options = [], toast = [], freeze }) => [
      ...options.map(({ name }) => name),
      ...toast.map(({ name }) => `toast.${name}`),
      ...(freeze ? [FREEZE_SETTING] : []),
    ]),
  );
  const listSettings = ({ carried }: Sibling): [string, string][] =>
    Object.entries({ ...carried.options, ...addToastPrefix(carried.toast ?? {}) })
      .filter(([name]) => !managed.has(name))
      .sort(([a], [b]) => (a < b ? -1 : 1));
  return [
    ...ASPECTS,
    { words: "storage parameters", read: listSettings, say: (one: Sibling) => formatPairs(listSettings(one)) },
  ].filter(({ declared }: Aspect) => !declared?.(profile));
}

const ASPECTS: readonly Aspect[] = [
  {
    words: "schema",
    read: (one) => one.schema,
    say: (one) => `"${one.schema}"`,
    declared: (profile) => profile.schema !== undefined,
    unsaid: false,
  },
  {
    words: "owner",
    read: ({ carried }) => carried.owner,
    say: ({ carried }) => `"${carried.owner}"`,
    usual: (table) => `"${table.owner}"`,
  },
  {
    words: "row security",
    read: ({ carried }) => carried.rowSecurity,
    say: ({ carried }) => describeRowSecurity(carried),
    declared: (profile) => profile.rowSecurity !== undefined,
    usual: (table) => (table.carried ? describeRowSecurity(table.carried) : "off"),
  },
  {
    words: "policies",
    read: normalizePolicies,
    say: ({ carried }) => carried.policies.map(({ name }) => `"${name}"`).join(", ") || NONE,
    declared: (profile) => profile.rowSecurity !== undefined,
  },
  {
    words: "privileges",
    read: ({ carried }) => listHeldPrivileges(carried),
    say: ({ carried }) => describeHeldPrivileges(carried),
    declared: (profile) => profile.grants !== undefined || profile.rowSecurity !== undefined,
  },
  {
    words: "replica identity",
    read: getIdentity,
    say: ({ carried: { replicaIdentity } }) =>
      replicaIdentity.kind === "index" ? `index "${replicaIdentity.index ?? ""}"` : replicaIdentity.kind,
    declared: (profile) => profile.replicaIdentity !== undefined,
    usual: (table) => table.carried?.replicaIdentity.kind ?? "default",
  },
  {
    words: "statistics targets",
    read: ({ carried }) => Object.entries(carried.statistics).sort(([a], [b]) => (a < b ? -1 : 1)),
    say: ({ carried }) => formatPairs(Object.entries(carried.statistics)),
    declared: (profile) => profile.statistics !== undefined,
    usual: (table) => formatPairs(Object.entries(table.carried?.statistics ?? {})),
  },
  {
    words: "tablespace",
    read: ({ carried }) => carried.tablespace,
    say: ({ carried }) => (carried.unsaid?.placed ? `"${carried.tablespace ?? ""}"` : "that of the database"),
    declared: (profile) => (profile.storage ?? []).some((one) => one.tablespace !== undefined),
    usual: (table) =>
      table.carried?.tablespace === undefined ? "that of the database" : `"${table.carried.tablespace}"`,
  },
  {
    words: "access method",
    read: ({ carried }) => carried.unsaid?.accessMethod,
    say: ({ carried }) => carried.unsaid?.accessMethod ?? "heap",
    usual: (table) => table.carried?.unsaid?.accessMethod ?? "heap",
  },
  {
    words: "persistence",
    read: ({ carried }) => carried.unsaid?.unlogged ?? false,
    say: ({ carried }) => (carried.unsaid?.unlogged ? "unlogged" : "logged"),
    usual: () => "logged",
  },
  {
    words: "column storage",
    read: ({ carried }) => carried.unsaid?.columns ?? [],
    say: ({ carried }) => (carried.unsaid?.columns ?? []).map(({ name }) => `"${name}"`).join(", ") || NONE,
  },
  {
    words: "extended statistics",
    read: ({ carried }) => carried.unsaid?.extended ?? [],
    say: ({ carried }) => describeExtendedStatistics(carried),
    usual: (table) => (table.carried ? describeExtendedStatistics(table.carried) : NONE),
  },
  {
    words: "triggers of their own",
    read: ({ carried }) => carried.unsaid?.triggers ?? [],
    say: ({ carried }) => (carried.unsaid?.triggers ?? []).map(({ name }) => `"${name}"`).join(", ") || NONE,
  },
  {
    words: "clustering",
    read: ({ carried }) => carried.unsaid?.clustered && (carried.unsaid.clustered.of ?? true),
    say: ({ carried }) => (carried.unsaid?.clustered ? `on "${carried.unsaid.clustered.index}"` : NONE),
  },
];

function groupSiblings(all: readonly Sibling[], { read }: Aspect): Sibling[][] {
  const groups = new Map<string, Sibling[]>();
  for (const one of all) {
    const key = JSON.stringify(read(one)) ?? "";
    const group = groups.get(key);
    if (group) group.push(one);
    else groups.set(key, [one]);
  }
  return [...groups.values()].sort((a, b) => b.length - a.length);
}

function describeRowSecurity({ rowSecurity: { enabled, forced } }: CarriedState): string {
  return `${enabled ? "on" : "off"}${forced ? " and forced on the owner" : ""}`;
}

function describeHeldPrivileges(carried: CarriedState): string {
  const held = listHeldPrivileges(carried);
  const roles = [...new Set(held.map(({ role }) => role))];
  return (
    roles
      .map((role) => {
        const list = held
          .filter((one) => one.role === role)
          .map(({ privilege, columns, grantable }) =>
            [privilege, columns ? `(${columns.join(", ")})` : "", grantable ? "with grant option" : ""]
              .filter(Boolean)
              .join(" "),
          );
        return `${list.join(", ")} for "${role}"`;
      })
      .join(", ") || NONE
  );
}

function describeExtendedStatistics(carried: CarriedState): string {
  return (carried.unsaid?.extended ?? []).map(({ columns }) => `(${columns})`).join(", ") || NONE;
}

function addToastPrefix(toast: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(toast).map(([name, value]) => [`toast.${name}`, value]));
}

function formatPairs(list: readonly (readonly [string, unknown])[]): string {
  return list.map(([name, value]) => `${name} = ${String(value)}`).join(", ") || NONE;
}

/** Enough to identify the group; a table has hundreds of partitions. */
const LISTED = 5;

function formatNames(list: readonly Sibling[]): string {
  const shown = list.slice(0, LISTED).map(({ name }) => `"${name}"`);
  return `${shown.join(", ")}${list.length > LISTED ? ` and ${String(list.length - LISTED)} more` : ""}`;
}
