import { z } from "zod";
import { KEY_ENCODINGS } from "../time/key";
import { PERIODS } from "../time/period";
import { SPAN_HINT } from "../time/span";
import { archiveSchema } from "../archive/archive-spec";
import type { TableSpecArgs } from "./args";
import { defaultPartitionSchema } from "./default-partition";
import { functionNamesSchema } from "./function-names";
import { publicationsSchema } from "./publications";
import { backupSchema } from "./backup";
import { restoredSchema } from "./restored";
import { retireHoursSchema } from "./retire-hours";
import { scheduleSchema } from "./schedule";
import { holdsSchema } from "./holds";
import { grantsSchema, rowSecuritySchema } from "./security";

/**
 * The shape of a declared table: types, allowed words, no unknown property. What a value means is checked in parse.ts.
 * The stack configuration reuses the parts.
 *
 * The hint is the error's text, by which shape-problems.ts knows that a length of time was expected.
 */
const span = z.string({ error: SPAN_HINT });
const name = z.string().min(1);
const names = z.array(name).min(1);

const windowSchema = z.strictObject({
  lead: z.union([span, z.strictObject({ until: z.string() })]),
  retention: span,
  start: z.string().optional(),
});

export const onExpireSchema = z.enum(["archive", "detach", "drop"]);
export const resourcesSchema = z.enum(["partition", "window"]);
export const maxDropsSchema = z.int().min(1).max(1000);

const segment = z.strictObject({
  from: z.string().optional(),
  to: z.string().optional(),
  every: z.enum([...PERIODS, "whole"]),
  name: name.optional(),
});

const cutting = {
  every: z.enum(PERIODS).optional(),
  grid: z.array(segment).min(1).optional(),
  name: name.optional(),
};

const rangeLevel = z.strictObject({
  range: name,
  ...cutting,
  zone: name.optional(),
  key: z.enum(KEY_ENCODINGS).optional(),
  overrides: z.array(z.strictObject({ when: z.record(name, name), ...cutting })).optional(),
});

const listLevel = z.strictObject({
  list: name,
  values: z.union([
    z.array(name).min(1),
    z.strictObject({
      from: name,
      column: name,
      where: name.optional(),
      parent: name.optional(),
      trigger: z.boolean().optional(),
    }),
  ]),
  name: name.optional(),
  slug: z.boolean().optional(),
  cleanupAfter: span.optional(),
});

const hashLevel = z.strictObject({ hash: name, modulus: z.int().min(2).max(64), name: name.optional() });

/** Which kind a level is meant to be is told by its property, so that errors speak of that kind alone. */
const LEVELS = { range: rangeLevel, list: listLevel, hash: hashLevel };

const level = z.record(z.string(), z.unknown()).transform((value, context) => {
  const kind = (["list", "hash", "range"] as const).find((candidate) => candidate in value) ?? "range";
  const parsed = LEVELS[kind].safeParse(value, { reportInput: true });
  if (parsed.success) return parsed.data;
  for (const issue of parsed.error.issues) context.addIssue({ ...issue } as Parameters<typeof context.addIssue>[0]);
  return z.NEVER;
});

const column = z.strictObject({
  type: name,
  nullable: z.boolean().optional(),
  default: z.string().min(1).optional(),
  identity: z.enum(["always", "by default"]).optional(),
  comment: z.string().min(1).optional(),
});

const action = z.enum(["no action", "restrict", "cascade", "set null", "set default"]);

const foreignKey = z.strictObject({
  columns: names,
  references: z.strictObject({ schema: name.optional(), table: name, columns: names }),
  onDelete: action.optional(),
  onUpdate: action.optional(),
  deferrable: z.enum(["initially immediate", "initially deferred"]).optional(),
  validate: z.boolean().optional(),
  enforced: z.boolean().optional(),
});

const check = z.union([
  z.string().min(1),
  z.strictObject({
    expression: z.string().min(1),
    validate: z.boolean().optional(),
    enforced: z.boolean().optional(),
  }),
]);

const indexColumnOptions = {
  order: z.enum(["asc", "desc"]).optional(),
  nulls: z.enum(["first", "last"]).optional(),
  opclass: name.optional(),
};

const index = z.strictObject({
  columns: z
    .array(
      z.union([
        name,
        z.strictObject({ column: name, ...indexColumnOptions }),
        z.strictObject({ expression: name, ...indexColumnOptions }),
      ]),
    )
    .min(1),
  unique: z.boolean().optional(),
  where: z.string().min(1).optional(),
  include: names.optional(),
  method: z.enum(["btree", "hash", "gin", "gist", "brin", "spgist"]).optional(),
  name: name.optional(),
  leafName: name.optional(),
});

const settings = z.record(name, z.union([z.string(), z.number(), z.boolean()]));
const storageProfile = { options: settings.optional(), toast: settings.optional(), tablespace: name.optional() };
const agedProfile = z.strictObject({ ...storageProfile, after: span, freeze: z.boolean().optional() });

const storage = z.strictObject({
  hot: z.strictObject(storageProfile).optional(),
  warm: agedProfile.optional(),
  cold: agedProfile.optional(),
});

export const tableSchema = z.strictObject({
  table: name,
  schema: name.optional(),
  columns: z.record(name, z.union([name, column])).optional(),
  dropColumns: z.array(name).optional(),
  primaryKey: names.optional(),
  uniques: z.record(name, names).optional(),
  checks: z.record(name, check).optional(),
  foreignKeys: z.record(name, foreignKey).optional(),
  partitionBy: z.array(level).min(1).max(4),
  window: windowSchema,
  onExpire: onExpireSchema,
  grace: span.optional(),
  archive: archiveSchema.optional(),
  holds: holdsSchema.optional(),
  approvedBy: name.optional(),
  indexes: z.record(name, index).optional(),
  rowSecurity: rowSecuritySchema.optional(),
  grants: grantsSchema.optional(),
  leafSchema: name.optional(),
  replicaIdentity: z.union([z.enum(["default", "full", "nothing"]), z.strictObject({ index: name })]).optional(),
  publications: publicationsSchema.optional(),
  statistics: z.record(name, z.int().min(0).max(10_000)).optional(),
  storage: storage.optional(),
  defaultPartition: defaultPartitionSchema.optional(),
  comment: z.string().min(1).optional(),
  analyze: span.optional(),
  schedule: scheduleSchema.optional(),
  functionNames: functionNamesSchema.optional(),
  reason: z.string().optional(),
  dataClass: z.string().optional(),
  owner: z.string().optional(),
  maxDropsPerUpdate: maxDropsSchema.optional(),
  confirmDrops: z.array(z.string()).optional(),
  allowEmpty: z.array(z.string()).optional(),
  restored: restoredSchema.optional(),
  allowRetireBetween: retireHoursSchema.optional(),
  requireBackupSince: backupSchema.optional(),
  paused: z.boolean().optional(),
  resources: resourcesSchema.optional(),
});

/** Fails to compile when the shape and the documented interface drift apart. */
type Shape = z.infer<typeof tableSchema>;
type Same = keyof Shape extends keyof TableSpecArgs ? (keyof TableSpecArgs extends keyof Shape ? true : never) : never;
const _SHAPE_MATCHES_INTERFACE: Same = true;
