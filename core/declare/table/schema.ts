import { z } from "zod";
import { KEY_ENCODINGS } from "../../time/key";
import { PERIODS } from "../../time/period";
import type { TableSpecArgs } from "./args";
import { defaultPartitionSchema } from "./default-partition";
import { shapesOf } from "../option/option";
import { TABLE_OPTIONS, WINDOW_OPTIONS } from "./options";
import { WINDOW } from "../window/window";
import type { Matching } from "../option/matching";
import { publicationsSchema } from "./publications";
import { grantsSchema, rowSecuritySchema } from "./security";
import { nameShape as name, namesShape as names, spanShape } from "../option/shapes";

/** Shape of a declared table: types, allowed words, no unknown property. The meaning of values is checked in parse.ts. */

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
  cleanupAfter: spanShape("30 days").optional(),
});

const hashLevel = z.strictObject({ hash: name, modulus: z.int().min(2).max(64), name: name.optional() });

/** The property identifies the kind of level that is meant, so that errors are about that kind alone. */
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
const agedProfile = z.strictObject({ ...storageProfile, after: spanShape("1 month"), freeze: z.boolean().optional() });

const storage = z.strictObject({
  hot: z.strictObject(storageProfile).optional(),
  warm: agedProfile.optional(),
  cold: agedProfile.optional(),
});

export const tableSchema = z.strictObject({
  table: name,
  schema: name.optional(),
  columns: z.record(name, z.union([name, column])).optional(),
  ...shapesOf(TABLE_OPTIONS),
  partitionBy: z.array(level).min(1).max(4),
  window: z.strictObject(shapesOf(WINDOW)),
  ...shapesOf(WINDOW_OPTIONS),
  indexes: z.record(name, index).optional(),
  rowSecurity: rowSecuritySchema.optional(),
  grants: grantsSchema.optional(),
  leafSchema: name.optional(),
  replicaIdentity: z.union([z.enum(["default", "full", "nothing"]), z.strictObject({ index: name })]).optional(),
  publications: publicationsSchema.optional(),
  statistics: z.record(name, z.int().min(0).max(10_000)).optional(),
  storage: storage.optional(),
  defaultPartition: defaultPartitionSchema.optional(),
});

/** Fails to compile, naming the options, if the shape and the documented interface differ. */
const _SHAPE_MATCHES_INTERFACE: Matching<TableSpecArgs, z.infer<typeof tableSchema>> = true;
