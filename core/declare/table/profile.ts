import { z } from "zod";
import type { Problem } from "../../problems/problem";
import type { TableSpecArgs } from "./args";
import { defaultPartitionSpecSchema, parseDefaultPartition } from "./default-partition";
import { checkName, checkSchemaName } from "../../names/name-problems";
import { grantSpecSchema, parseGrants, parseRowSecurity, rowSecuritySpecSchema } from "./security";
import { formatPath } from "../../problems/shape-problems";
import type { StorageProfileArgs } from "./storage-args";
import { addSpan, type ParsedSpan, parseSpan } from "../../time/span";
import { compareInstants, type Instant } from "../../time/instant";
import type { IndexSpec } from "./spec";

/**
 * Declared properties of every partition other than its bounds, none of which PostgreSQL passes on. They are in the inputs of
 * Table and in the registry, so that a resource, the window and the schedule in the database all create equal partitions.
 */
const name = z.string().min(1);
const setting = z.object({ name, value: z.string() });

const storageProfileSchema = z.object({
  name: z.enum(["hot", "warm", "cold"]),
  /** A span; left out: from the beginning. */
  after: z.string().optional(),
  options: z.array(setting).optional(),
  toast: z.array(setting).optional(),
  tablespace: name.optional(),
  freeze: z.boolean().optional(),
});

const replicaIdentitySpecSchema = z.object({
  kind: z.enum(["default", "full", "nothing", "index"]),
  /** Name of the index on the parent. */
  index: name.optional(),
  /** Template of its name on a partition. */
  leafName: name.optional(),
});

export const leafProfileSchema = z.object({
  /** Schema of the partitions. Left out: that of its siblings, else of the table. */
  schema: name.optional(),
  rowSecurity: rowSecuritySpecSchema.optional(),
  grants: z.array(grantSpecSchema).optional(),
  replicaIdentity: replicaIdentitySpecSchema.optional(),
  statistics: z.array(z.object({ column: name, target: z.int() })).optional(),
  storage: z.array(storageProfileSchema).optional(),
  defaultPartition: defaultPartitionSpecSchema.optional(),
});

/** Setting that keeps a partition frozen and also marks it as frozen: the catalogue has no other mark. */
export const FREEZE_SETTING = "autovacuum_freeze_min_age";

export type LeafProfile = z.infer<typeof leafProfileSchema>;
export type StorageProfile = z.infer<typeof storageProfileSchema>;
export type ReplicaIdentitySpec = z.infer<typeof replicaIdentitySpecSchema>;

/** Reads a profile from the registry. An unreadable one is empty: a newer version may have written it. */
export function profileFromWire(value: unknown): LeafProfile {
  const parsed = leafProfileSchema.safeParse(value);
  return parsed.success ? parsed.data : {};
}

/** Reads everything in a declaration that concerns every partition. */
export function parseLeafProfile(args: TableSpecArgs, indexes: readonly IndexSpec[], problems: Problem[]): LeafProfile {
  if (args.leafSchema !== undefined) checkSchemaName("leafSchema", args.leafSchema, problems);
  const rowSecurity = parseRowSecurity(args, problems);
  const grants = parseGrants(args, problems);
  const replicaIdentity = parseReplicaIdentity(args, indexes, problems);
  const statistics = parseStatistics(args, problems);
  const storage = parseStorage(args, problems);
  const defaultPartition = parseDefaultPartition(args, problems);
  return {
    ...(args.leafSchema === undefined || args.leafSchema === args.schema ? {} : { schema: args.leafSchema }),
    ...(rowSecurity ? { rowSecurity } : {}),
    ...(grants ? { grants: [...grants] } : {}),
    ...(replicaIdentity ? { replicaIdentity } : {}),
    ...(statistics.length > 0 ? { statistics } : {}),
    ...(storage.length > 0 ? { storage } : {}),
    ...(defaultPartition ? { defaultPartition } : {}),
  };
}

/** Returns the profile of a partition of this upper bound at this moment; undefined if no storage is declared. */
export function storageAt(
  profile: LeafProfile,
  to: Instant | undefined,
  now: Instant | undefined,
  zone: string,
): StorageProfile | undefined {
  return (profile.storage ?? []).filter((candidate) => hasBegun(candidate, to, now, zone)).at(-1);
}

function hasBegun(profile: StorageProfile, to: Instant | undefined, now: Instant | undefined, zone: string): boolean {
  if (profile.after === undefined) return true;
  if (now === undefined) return false;
  const after = parseSpan(profile.after);
  return to !== undefined && after !== undefined && compareInstants(addSpan(to, after, zone), now) <= 0;
}

function parseReplicaIdentity(
  args: TableSpecArgs,
  indexes: readonly IndexSpec[],
  problems: Problem[],
): ReplicaIdentitySpec | undefined {
  const declared = args.replicaIdentity;
  if (declared === undefined) return undefined;
  if (typeof declared === "string") return { kind: declared };
  const index = indexes.find((candidate) => candidate.index === declared.index);
  if (index?.unique) return { kind: "index", index: index.name, leafName: index.leafName };
  problems.push({
    path: "replicaIdentity.index",
    code: "invalid-value",
    message: index
      ? `the index "${declared.index}" is not unique, so it identifies no row.`
      : `no index "${declared.index}" is declared.`,
    fix: "Name a declared unique index by its key.",
  });
  return undefined;
}

function parseStatistics(args: TableSpecArgs, problems: Problem[]): { column: string; target: number }[] {
  return Object.entries(args.statistics ?? {})
    .map(([column, target]) => {
      if (args.columns && !(column in args.columns)) {
        problems.push({
          path: formatPath(["statistics", column]),
          code: "unknown-column",
          message: `table "${args.table}" has no column "${column}".`,
          fix: `Declared columns are: ${Object.keys(args.columns).join(", ")}.`,
        });
      }
      return { column, target };
    })
    .sort((a, b) => (a.column < b.column ? -1 : 1));
}

function parseStorage(args: TableSpecArgs, problems: Problem[]): StorageProfile[] {
  const profiles: StorageProfile[] = [];
  let before: { readonly name: string; readonly span: ParsedSpan } | undefined;
  for (const key of ["hot", "warm", "cold"] as const) {
    const declared = args.storage?.[key];
    if (!declared) continue;
    const after = "after" in declared ? declared.after : undefined;
    const span = after === undefined ? undefined : parseSpan(after);
    if (after !== undefined && span === undefined) problems.push(notASpan(key, after));
    if (span && before && !isLonger(span, before.span)) problems.push(notLonger(key, before.name));
    if (span) before = { name: key, span };
    if ("freeze" in declared && declared.freeze && FREEZE_SETTING in (declared.options ?? {}))
      problems.push(freezesTwice(key));
    if (declared.tablespace !== undefined)
      checkName(formatPath(["storage", key, "tablespace"]), declared.tablespace, problems);
    profiles.push({
      name: key,
      ...(after === undefined ? {} : { after }),
      ...settings(key, declared, problems),
      ...(declared.tablespace === undefined ? {} : { tablespace: declared.tablespace }),
      ...("freeze" in declared && declared.freeze ? { freeze: true } : {}),
    });
  }
  return profiles;
}

/** Names of storage parameters are words of PostgreSQL's own; anything else could be SQL. */
const PARAMETER = /^[a-z_]+$/;

function settings(
  key: string,
  declared: StorageProfileArgs,
  problems: Problem[],
): Pick<StorageProfile, "options" | "toast"> {
  const read = (property: "options" | "toast") =>
    Object.entries(declared[property] ?? {})
      .map(([parameter, value]) => {
        if (!PARAMETER.test(parameter)) problems.push(notAParameter(key, property, parameter));
        return { name: parameter, value: String(value) };
      })
      .sort((a, b) => (a.name < b.name ? -1 : 1));
  const options = read("options");
  const toast = read("toast");
  return { ...(options.length > 0 ? { options } : {}), ...(toast.length > 0 ? { toast } : {}) };
}

/** Average days of a unit, enough to decide which of two ages comes first. */
const DAYS: Readonly<Record<ParsedSpan["unit"], number>> = {
  hour: 1 / 24,
  day: 1,
  week: 7,
  month: 30.44,
  quarter: 91.3,
  year: 365.25,
};

function isLonger(span: ParsedSpan, than: ParsedSpan): boolean {
  return span.count * DAYS[span.unit] > than.count * DAYS[than.unit];
}

function notASpan(key: string, after: string): Problem {
  return {
    path: `storage.${key}.after`,
    code: "invalid-span",
    message: `${JSON.stringify(after)} is not a length of time with its unit.`,
    fix: 'Write for example "1 month".',
  };
}

function notLonger(key: string, before: string): Problem {
  return {
    path: `storage.${key}.after`,
    code: "invalid-value",
    message: `${key} would not begin after ${before}.`,
    fix: `Give ${key} a longer span than ${before}.`,
  };
}

function freezesTwice(key: string): Problem {
  return {
    path: `storage.${key}.options.${FREEZE_SETTING}`,
    code: "invalid-value",
    message: `freeze sets ${FREEZE_SETTING} = 0, and recognizes a frozen partition by it.`,
    fix: `Remove ${FREEZE_SETTING}, or freeze.`,
  };
}

function notAParameter(key: string, property: string, parameter: string): Problem {
  return {
    path: formatPath(["storage", key, property, parameter]),
    code: "invalid-name",
    message: `${JSON.stringify(parameter)} is not the name of a storage parameter.`,
    fix: 'Write it as PostgreSQL does, for example "autovacuum_vacuum_scale_factor"; those of TOAST belong under toast, without the prefix.',
  };
}
