import { z } from "zod";
import type { Problem } from "../core/problems/problem";
import { findRemovedOption } from "../core/problems/removed";
import { formatPath, toShapeProblems } from "../core/problems/shape-problems";
import { refuseTime } from "../core/declare/option/time-text";
import { parseInstant } from "../core/time/instant";
import { clockConfigSchema, databaseSchemas, type StackConfig, stackConfigSchema } from "./config";

/** The configuration of one stack as Pulumi hands it over: `namespace:key` to text. */
export type RawConfig = Readonly<Record<string, string>>;

type ReadConfig = { readonly config: StackConfig } | { readonly problems: readonly Problem[] };

/** Reads and checks the shape of everything in the two namespaces of this project. Returns all problems, never the password. */
export function readStackConfig(raw: RawConfig, project: string): ReadConfig {
  const { values, password } = takePassword(readNamespace(raw, project));
  const schema = chooseSchema(values["database"]);
  const parsed = schema.safeParse(values, { reportInput: true });
  const problems = [
    ...(parsed.success ? [] : toProblems(parsed.error, schema, "")),
    ...findClockProblems(readNamespace(raw, "pgpartition")),
  ];
  if (!parsed.success || problems.length > 0) return { problems };
  const { database } = parsed.data;
  return {
    config: { ...parsed.data, database: password === undefined ? database : { ...database, password } } as StackConfig,
  };
}

/** Reads one namespace: lists, objects, numbers and booleans are JSON, texts are plain. */
function readNamespace(raw: RawConfig, name: string): Record<string, unknown> {
  const own = Object.entries(raw).filter(([key]) => key.startsWith(`${name}:`));
  return Object.fromEntries(own.map(([key, text]) => [key.slice(name.length + 1), decode(text)]));
}

function decode(text: string): unknown {
  if (!/^\s*([[{]|true\s*$|false\s*$)/.test(text)) return text;
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

const HIDDEN = "(hidden)";

/** Removes the password before anything is checked: messages show the values they complain about. */
function takePassword(values: Record<string, unknown>): { values: Record<string, unknown>; password?: string } {
  const { database } = values;
  if (database === undefined) return { values };
  if (typeof database !== "object" || database === null || Array.isArray(database))
    return { values: { ...values, database: HIDDEN } };
  if (!("password" in database)) return { values };
  const { password } = database;
  if (typeof password !== "string" || password === "")
    return { values: { ...values, database: { ...database, password: [HIDDEN] } } };
  return { values: { ...values, database: { ...database, password: HIDDEN } }, password };
}

/** Returns the schema for the form of the database setting that was meant, so that messages refer to it alone. */
function chooseSchema(database: unknown): typeof stackConfigSchema {
  const meant =
    typeof database === "object" && database !== null && "file" in database
      ? databaseSchemas.file
      : databaseSchemas.server;
  return stackConfigSchema.extend({ database: meant }) as unknown as typeof stackConfigSchema;
}

function findClockProblems(values: Record<string, unknown>): Problem[] {
  const parsed = clockConfigSchema.safeParse(values, { reportInput: true });
  if (!parsed.success) return toProblems(parsed.error, clockConfigSchema, "pgpartition:");
  const { asOf } = parsed.data;
  if (asOf === undefined) return [];
  try {
    parseInstant(asOf, "UTC");
    return [];
  } catch {
    return [refuseTime("pgpartition:asOf", asOf)];
  }
}

/** Converts like toShapeProblems, and for an unknown key adds the keys that are allowed there. */
function toProblems(error: z.ZodError, schema: z.ZodType, prefix: string): Problem[] {
  const others = error.issues.filter((issue) => issue.code !== "unrecognized_keys");
  const unknown = error.issues.flatMap((issue) => {
    if (issue.code !== "unrecognized_keys") return [];
    const allowed = listKeysAt(schema, issue.path);
    return issue.keys.map((key): Problem => {
      const path = [...issue.path, key];
      const unknown = { message: `the key "${key}" does not exist here.`, fix: `Allowed are: ${allowed.join(", ")}.` };
      return { path: formatPath(path), code: "unknown-property", ...(findRemovedOption(path) ?? unknown) };
    });
  });
  const found = [...(others.length > 0 ? toShapeProblems(new z.ZodError(others)) : []), ...unknown];
  return found.map((problem) => ({ ...problem, path: `${prefix}${problem.path}` }));
}

function listKeysAt(schema: unknown, path: readonly PropertyKey[]): string[] {
  const inner = schema instanceof z.ZodOptional ? schema.unwrap() : schema;
  if (!(inner instanceof z.ZodObject)) return [];
  const [first, ...rest] = path;
  return first === undefined ? Object.keys(inner.shape) : listKeysAt(inner.shape[String(first)], rest);
}
