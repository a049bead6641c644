import { z } from "zod";
import type { ConnectionArgs } from "../components";
import type { Problem } from "../core/problems/problem";
import type { StackConfig } from "./config";

/** Access to environment and files; a parameter, so that tests need neither. */
export interface Outside {
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Reads a file below the repository; undefined if it does not exist. */
  readonly readFile: (path: string) => string | undefined;
}

/** Connection with the password still plain: the program makes it a secret before anything else sees it. */
export type PlainConnection = { readonly [K in keyof ConnectionArgs]?: string | number };

type ResolvedConnection = { readonly connection: PlainConnection } | { readonly problems: readonly Problem[] };

export function resolveConnection(config: StackConfig, outside: Outside): ResolvedConnection {
  const { database } = config;
  if ("file" in database)
    return config.environment === "dev" ? fromFile(database.file, outside) : refuseOutsideDev(config);
  const { password, passwordEnv, passwordCommand, ...server } = database;
  const sources = Object.entries({ password, passwordEnv, passwordCommand }).filter(([, value]) => value !== undefined);
  if (sources.length > 1) {
    const names = sources.map(([name]) => name).join(" and ");
    return refuseSetting("database", `the password is given by ${names}.`, "Remove one of them.");
  }
  if (passwordEnv === undefined) return { connection: omitUndefined({ ...server, password, passwordCommand }) };
  const found = outside.environment[passwordEnv];
  if (found === undefined || found === "") {
    return refuseSetting(
      "database.passwordEnv",
      `the environment variable ${passwordEnv} is not set.`,
      "Set it to the password of the database user.",
    );
  }
  return { connection: omitUndefined({ ...server, password: found }) };
}

const fileContent = z.object({
  host: z.string().min(1),
  port: z.int().min(1).max(65535),
  database: z.string().min(1),
  user: z.string().min(1),
  password: z.string(),
});

/** Reads the connection file. It holds a password: no message shows any of its text. */
function fromFile(path: string, outside: Outside): ResolvedConnection {
  const text = outside.readFile(path);
  if (text === undefined) {
    return refuseSetting(
      "database.file",
      `the connection file ${path} does not exist: the development database is not running.`,
      "Start it with `npm run dev` in another terminal, and leave it running.",
    );
  }
  const parsed = fileContent.safeParse(parseJson(text));
  if (parsed.success) return { connection: parsed.data };
  const wrong = parsed.error.issues.map((issue) => issue.path.join(".") || "the whole").join(", ");
  return refuseSetting(
    "database.file",
    `${path} is not a connection (wrong: ${wrong}).`,
    "Delete it and run `npm run dev` again.",
  );
}

function refuseOutsideDev(config: StackConfig): ResolvedConnection {
  return refuseSetting(
    "database.file",
    `a connection file is for development, and environment is ${config.environment}.`,
    "Use host, port, database, user and passwordEnv, or set environment to dev.",
  );
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function refuseSetting(path: string, message: string, fix: string): ResolvedConnection {
  return { problems: [{ path, code: "invalid-value", message, fix }] };
}

function omitUndefined(values: Readonly<Record<string, string | number | undefined>>): PlainConnection {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined));
}
