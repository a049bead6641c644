import { z } from "zod";
import type { TableSpecArgs } from "./args";
import { columnsShape } from "./column";
import { defaultPartitionSchema } from "./default-partition";
import { functionNamesSchema } from "../schedule/function-names";
import { shapesOf } from "../option/option";
import { TABLE_OPTIONS, WINDOW_OPTIONS } from "./options";
import { WINDOW } from "../window/window";
import type { Matching } from "../option/matching";
import { levelShape } from "../levels/level-args";
import { publicationsShape } from "./publications";
import { grantsSchema, rowSecuritySchema } from "./security";
import { nameShape as name, namesShape as names, spanShape } from "../option/shapes";

/** Shape of a declared table: types, allowed words, no unknown property. The meaning of values is checked in parse.ts. */

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
  columns: columnsShape.optional(),
  ...shapesOf(TABLE_OPTIONS),
  partitionBy: z.array(levelShape).min(1).max(4),
  window: z.strictObject(shapesOf(WINDOW)),
  ...shapesOf(WINDOW_OPTIONS),
  indexes: z.record(name, index).optional(),
  rowSecurity: rowSecuritySchema.optional(),
  grants: grantsSchema.optional(),
  leafSchema: name.optional(),
  replicaIdentity: z.union([z.enum(["default", "full", "nothing"]), z.strictObject({ index: name })]).optional(),
  publications: publicationsShape.optional(),
  statistics: z.record(name, z.int().min(0).max(10_000)).optional(),
  storage: storage.optional(),
  defaultPartition: defaultPartitionSchema.optional(),
  functionNames: functionNamesSchema.optional(),
});

/** Fails to compile, naming the options, if the shape and the documented interface differ. */
const _SHAPE_MATCHES_INTERFACE: Matching<TableSpecArgs, z.infer<typeof tableSchema>> = true;
