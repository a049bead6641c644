import { z } from "zod";
import { KEY_ENCODINGS } from "../time/key";
import { PERIODS } from "../time/period";
import { MAX_SPAN_COUNT, SPAN_UNITS } from "../time/span";
import type { TableSpecArgs } from "./args";

/**
 * The shape of a declared table: types, allowed words, no unknown property. What a value means is checked in parse.ts.
 * The stack configuration reuses the parts.
 */
export const SPAN_HINT = `Write a whole number from 1 to ${MAX_SPAN_COUNT} and a unit (${SPAN_UNITS.map((unit) => `${unit}s`).join(", ")}), for example "12 months".`;

/** The hint is the error's text, by which shape-problems.ts knows that a length of time was expected. */
const span = z.string({ error: SPAN_HINT });
const name = z.string().min(1);
const names = z.array(name).min(1);

export const windowSchema = z.strictObject({
  lead: z.union([span, z.strictObject({ until: z.string() })]),
  retention: span,
  start: z.string().optional(),
});

export const onExpireSchema = z.enum(["detach", "drop"]);
export const resourcesSchema = z.enum(["partition", "window"]);
export const maxDropsSchema = z.int().min(1).max(1000);

const segment = z.strictObject({
  from: z.string().optional(),
  to: z.string().optional(),
  every: z.enum([...PERIODS, "whole"]),
  name: name.optional(),
});

const level = z.strictObject({
  range: name,
  every: z.enum(PERIODS).optional(),
  grid: z.array(segment).min(1).optional(),
  zone: name.optional(),
  key: z.enum(KEY_ENCODINGS).optional(),
  name: name.optional(),
});

const column = z.strictObject({
  type: name,
  nullable: z.boolean().optional(),
  default: z.string().min(1).optional(),
  identity: z.enum(["always", "by default"]).optional(),
});

const action = z.enum(["no action", "restrict", "cascade", "set null", "set default"]);

const foreignKey = z.strictObject({
  columns: names,
  references: z.strictObject({ schema: name.optional(), table: name, columns: names }),
  onDelete: action.optional(),
  onUpdate: action.optional(),
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

export const tableSchema = z.strictObject({
  table: name,
  schema: name.optional(),
  columns: z.record(name, z.union([name, column])).optional(),
  primaryKey: names.optional(),
  uniques: z.record(name, names).optional(),
  checks: z.record(name, z.string().min(1)).optional(),
  foreignKeys: z.record(name, foreignKey).optional(),
  partitionBy: z.array(level).min(1),
  window: windowSchema,
  onExpire: onExpireSchema,
  grace: span.optional(),
  indexes: z.record(name, index).optional(),
  reason: z.string().optional(),
  dataClass: z.string().optional(),
  owner: z.string().optional(),
  maxDropsPerUpdate: maxDropsSchema.optional(),
  confirmDrops: z.array(z.string()).optional(),
  allowEmpty: z.array(z.string()).optional(),
  paused: z.boolean().optional(),
  resources: resourcesSchema.optional(),
});

/** Fails to compile when the shape and the documented interface drift apart. */
type Shape = z.infer<typeof tableSchema>;
type Same = keyof Shape extends keyof TableSpecArgs ? (keyof TableSpecArgs extends keyof Shape ? true : never) : never;
export const SHAPE_MATCHES_INTERFACE: Same = true;
