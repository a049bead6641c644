import type { Size, TableSpecArgs } from "../components";
import { InvalidSpecError } from "../core/problems/problem";
import { type Outside, type PlainConnection, resolveConnection } from "./connection";
import { type RawConfig, readStackConfig } from "./read-config";
import { resolveTables } from "./resolve-tables";

/** Checked configuration of the program. */
export interface Stack {
  readonly connection: PlainConnection;
  readonly tables: Readonly<Record<string, TableSpecArgs>>;
  readonly trustAsOf: boolean;
  readonly allowDestroy: readonly string[];
  /** Undefined: no limit. */
  readonly maxBytesPerUpdate: Size | undefined;
}

/** Reads a stack's configuration; throws InvalidSpecError with all problems found. */
export function requireStack(raw: RawConfig, project: string, stack: string, outside: Outside): Stack {
  const read = readStackConfig(raw, project);
  if ("problems" in read) throw new InvalidSpecError(`the configuration of stack "${stack}"`, read.problems);
  const { config } = read;
  const { tables, problems } = resolveTables(config);
  const resolved = resolveConnection(config, outside);
  if ("problems" in resolved)
    throw new InvalidSpecError(`the configuration of stack "${stack}"`, [...resolved.problems, ...problems]);
  if (problems.length > 0) throw new InvalidSpecError(`the configuration of stack "${stack}"`, problems);
  return {
    connection: resolved.connection,
    tables,
    trustAsOf: config.trustAsOf ?? false,
    allowDestroy: config.allowDestroy ?? [],
    maxBytesPerUpdate: config.maxBytesPerUpdate,
  };
}
