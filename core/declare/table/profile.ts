import { z } from "zod";
import { checkSchemaName } from "../../names/name-problems";
import type { Problem } from "../../problems/problem";
import { usePresentNames } from "../../problems/renamed";
import { formatPath } from "../../problems/shape-problems";
import { compareInstants, type Instant } from "../../time/instant";
import { addSpan, parseSpan } from "../../time/span";
import { omitUndefined } from "../option/item";
import { type Around, type OptionsOf, parseOptions, sentAs, collectShapes, collectWires } from "../option/option";
import { nameShape as name, nameType } from "../option/shapes";
import { defaultPartition, type DefaultPartitionArgs } from "./default-partition";
import type { ProfilePlace } from "./profile-place";
import { grants, type Privilege, rowSecurity, type RowSecurityArgs } from "./security";
import { storage, type StorageArgs, type StorageProfile } from "./storage";

/**
 * Declared properties of every partition other than its bounds, none of which PostgreSQL passes on. They are in the inputs of
 * Table and in the registry, so that a resource, the window and the schedule in the database all create equal partitions.
 */
export interface ProfileOptions {
  /** Row-level security of the table and its partitions. Left out: not managed. */
  readonly rowSecurity?: RowSecurityArgs;
  /**
   * Privileges on the table by role, and on its partitions unless they are closed; an undeclared privilege is revoked. Left out:
   * not managed. @example { app: ["select", "insert"] }
   */
  readonly grants?: Readonly<Record<string, readonly Privilege[]>>;
  /**
   * Schema of the partitions, which must exist; for tables of a schema that an API exposes. Existing partitions are not moved.
   * @default where the newest partition lies, else the schema of the table
   */
  readonly partitionSchema?: string;
  /**
   * Columns that identify a row in a stream of changes. `index` names a declared unique index by its key.
   * @default what each partition has
   */
  readonly replicaIdentity?: "default" | "full" | "nothing" | { readonly index: string };
  /** Statistics targets by column, for the table and every partition. Range 0-10000. @default what each has */
  readonly statistics?: Readonly<Record<string, number>>;
  /** Storage parameters and tablespace of partitions, by their age. Left out: not managed. */
  readonly storage?: StorageArgs;
  /** A partition for rows that no other partition takes. Left out: such rows are refused with SQLSTATE 23514. */
  readonly defaultPartition?: DefaultPartitionArgs;
}

const replicaIdentityWire = nameType(
  "ReplicaIdentity",
  z.object({
    kind: nameType("ReplicaIdentityKind", z.enum(["default", "full", "nothing", "index"])),
    /** Name of the index on the parent. */
    index: name.optional(),
    /** Template of its name on a partition. */
    partitionIndexName: name.optional(),
  }),
);
export type ReplicaIdentitySpec = z.infer<typeof replicaIdentityWire>;

const PROFILE = {
  rowSecurity,
  grants,
  partitionSchema: sentAs(name.optional(), parseSchema, name.optional()),
  replicaIdentity: sentAs(
    z.union([z.enum(["default", "full", "nothing"]), z.strictObject({ index: name })]).optional(),
    parseReplicaIdentity,
    replicaIdentityWire.optional(),
  ),
  statistics: sentAs(
    z.record(name, z.int().min(0).max(10_000)).optional(),
    parseStatistics,
    z.array(nameType("StatisticsTarget", z.object({ column: name, target: z.int() }))).optional(),
  ),
  storage,
  defaultPartition,
} satisfies OptionsOf<ProfileOptions, ProfilePlace>;

export const profileShapes = collectShapes(PROFILE);

const { partitionSchema, ...carried } = collectWires(PROFILE);

export const partitionProfileSchema = z.object({
  /** Left out: that of the siblings, else of the table. */
  schema: partitionSchema,
  ...carried,
});
export type PartitionProfile = z.infer<typeof partitionProfileSchema>;

/** Reads a profile from the registry. An unreadable one is empty: a newer version may have written it. */
export function decodeProfile(value: unknown): PartitionProfile {
  const parsed = partitionProfileSchema.safeParse(usePresentNames(value));
  return parsed.success ? parsed.data : {};
}

/** Reads everything in a declaration that concerns every partition. */
export function parsePartitionProfile(
  args: ProfileOptions,
  place: ProfilePlace,
  problems: Problem[],
): PartitionProfile {
  const { partitionSchema: schema, ...others } = parseOptions(PROFILE, args, place, problems);
  return omitUndefined({ schema, ...others });
}

/** Returns the profile of a partition of this upper bound at this moment; undefined if no storage is declared. */
export function findStorageAt(
  profile: PartitionProfile,
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

function parseSchema(
  schema: string | undefined,
  { table, problems }: Around<unknown, ProfilePlace>,
): string | undefined {
  if (schema !== undefined) checkSchemaName("partitionSchema", schema, problems);
  return schema === table.schema ? undefined : schema;
}

function parseReplicaIdentity(
  declared: ProfileOptions["replicaIdentity"],
  { indexes, problems }: Around<unknown, ProfilePlace>,
): ReplicaIdentitySpec | undefined {
  if (declared === undefined) return undefined;
  if (typeof declared === "string") return { kind: declared };
  const index = indexes.find((candidate) => candidate.index === declared.index);
  if (index?.unique) return { kind: "index", index: index.name, partitionIndexName: index.partitionIndexName };
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

function parseStatistics(
  declared: ProfileOptions["statistics"],
  { table, problems }: Around<unknown, ProfilePlace>,
): { column: string; target: number }[] | undefined {
  const targets = Object.entries(declared ?? {})
    .map(([column, target]) => {
      if (table.columns && !(column in table.columns)) {
        problems.push({
          path: formatPath(["statistics", column]),
          code: "unknown-column",
          message: `there is no column "${column}" in table "${table.table}".`,
          fix: `Declared columns are: ${Object.keys(table.columns).join(", ")}.`,
        });
      }
      return { column, target };
    })
    .sort((a, b) => (a.column < b.column ? -1 : 1));
  return targets.length > 0 ? targets : undefined;
}
