import * as pulumi from "@pulumi/pulumi";
import { z } from "zod";
import { parseDeclaredTime } from "../core/declare/option/time-text";
import type { TableSpecArgs } from "../core/declare/table/args";
import { parseTableSpec } from "../core/declare/table/parse";
import type { Problem } from "../core/problems/problem";
import { formatPath, toShapeProblems } from "../core/problems/shape-problems";
import { planWindow } from "../core/window/window-partitions";
import { replaceUnknownPlace } from "./archive-place";
import type { PartitionedDatabaseArgs } from "./partitioned-database";
import type { ConnectionArgs } from "./provider";
import { qualifyName } from "./table-order";

/** Settings whose values are judged elsewhere: by the provider, by the tables, by the component that takes them. */
const anything = z.unknown().optional();

/** A value that may be known only later. */
const laterOr = <S extends z.ZodType>(schema: S) =>
  z
    .unknown()
    .superRefine((value, context) => {
      if (value === undefined || pulumi.Output.isInstance(value) || value instanceof Promise) return;
      const { error } = schema.safeParse(value, { reportInput: true });
      for (const issue of error?.issues ?? []) context.addIssue({ ...issue } as never);
    })
    .optional();

const connectionShape = {
  url: laterOr(z.string()),
  host: laterOr(z.string()),
  port: laterOr(z.int().min(1).max(65_535)),
  database: laterOr(z.string()),
  user: laterOr(z.string()),
  password: laterOr(z.string()),
  passwordCommand: laterOr(z.string()),
  sslMode: laterOr(z.string()),
  sslRootCert: laterOr(z.string()),
} satisfies Record<keyof ConnectionArgs, z.ZodType>;

const defaultsShape = {
  schema: anything,
  onExpire: anything,
  grace: anything,
  owner: anything,
  dataClass: anything,
  maxDropsPerUpdate: anything,
  resources: anything,
  paused: anything,
} satisfies Record<keyof NonNullable<PartitionedDatabaseArgs["defaults"]>, z.ZodType>;

const databaseShape = {
  connection: z.strictObject(connectionShape),
  managementSchema: z.string().optional(),
  sizes: anything,
  tables: z.record(z.string(), z.looseObject({})),
  defaults: z.strictObject(defaultsShape).optional(),
  asOf: z.string().optional(),
  prerequisites: anything,
  trustAsOf: z.boolean().optional(),
  allowDestroy: z.array(z.string()).optional(),
  maxBytesPerUpdate: anything,
  lockTimeoutMs: anything,
  lockBudgetMs: anything,
  poolSize: anything,
} satisfies Record<keyof PartitionedDatabaseArgs, z.ZodType>;

/** Returns the problems of a database and of all of its tables, so that mending one does not reveal the next. */
export function findDatabaseProblems(args: unknown, asOf: string): Problem[] {
  const shape = z.strictObject(databaseShape).safeParse(args ?? {}, { reportInput: true });
  const problems = shape.success ? [] : toShapeProblems(shape.error);
  const { tables, defaults } = (args ?? {}) as Partial<PartitionedDatabaseArgs>;
  const time: Problem[] = [];
  const moment = typeof asOf === "string" ? parseDeclaredTime("asOf", asOf, "UTC", time) : undefined;
  const declared = Object.entries(isObject(tables) ? tables : {}).filter(([, table]) => isObject(table));
  return [
    ...problems,
    ...time,
    ...declared.flatMap(([key, table]) => {
      const whole = { ...(isObject(defaults) ? defaults : {}), ...table };
      return findTableProblems(whole, moment).map((problem) => ({
        ...problem,
        path: [formatPath(["tables", key]), problem.path].filter((part) => part !== "").join("."),
      }));
    }),
    ...findSharedNames(declared, defaults?.schema),
  ];
}

function findTableProblems(table: TableSpecArgs, asOf: ReturnType<typeof parseDeclaredTime>): readonly Problem[] {
  const archived = isObject(table.archive) ? replaceUnknownPlace(table) : table;
  const parsed = parseTableSpec(archived);
  if (!parsed.ok) return parsed.problems;
  return asOf ? planWindow(parsed.value.window, asOf).problems : [];
}

/** Reports two declarations of one table: they would conflict over its window. */
function findSharedNames(tables: readonly (readonly [string, TableSpecArgs])[], schema: string | undefined): Problem[] {
  const seen = new Map<string, string>();
  return tables.flatMap(([key, table]) => {
    const qualified = qualifyName(table, schema);
    const other = seen.get(qualified);
    seen.set(qualified, key);
    if (other === undefined) return [];
    return [
      {
        path: `${formatPath(["tables", key])}.table`,
        code: "name-collision" as const,
        message: `tables "${other}" and "${key}" both declare ${qualified}.`,
        fix: "Declare a table once.",
      },
    ];
  });
}

function isObject(value: unknown): value is object {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
