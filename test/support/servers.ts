// Which PostgreSQL servers a test run has, and what the tests are told about each.
import type { Version } from "../../tools/postgres/binaries";
import { versions } from "../../tools/postgres/binaries";

/** Where somebody connects, and as whom. */
export interface Login {
  readonly host: string;
  readonly port: number;
  readonly user: string;
  readonly password: string;
}

export interface TestServer {
  readonly version: Version;
  /** For what a test sets up and looks at: always the server itself. */
  readonly superuser: Login;
  /** For the product: a role that owns the databases, through a pooler where the run asks for one. */
  readonly product: Login;
  /** Whether there is a pooler between the product and the server. */
  readonly pooled: boolean;
  /** The server's log, where `alter database … set log_statement = 'all'` makes statements appear. */
  readonly logFile: string;
}

/** Copied for each test file; made by global-setup.ts. */
export const templateDatabase = "pgpartition_template";

/** The oldest and the newest supported version; PGPARTITION_TEST_VERSIONS=15,16,17,18 asks for others. */
export function requestedVersions(text = process.env["PGPARTITION_TEST_VERSIONS"] ?? "15,18"): readonly Version[] {
  const asked = text.split(",").map((part) => part.trim());
  const unknown = asked.filter((part) => !versions.some((version) => String(version) === part));
  if (unknown.length > 0) {
    throw new Error(`PGPARTITION_TEST_VERSIONS: "${unknown.join(",")}" is not among ${versions.join(", ")}`);
  }
  return versions.filter((version) => asked.includes(String(version)));
}

/**
 * As whom the product works: a role that owns database and tables and is nothing else, as on a managed platform.
 * PGPARTITION_TEST_ROLE=superuser asks for the superuser.
 */
export function requestedRole(text = process.env["PGPARTITION_TEST_ROLE"] ?? "owner"): "owner" | "superuser" {
  if (text === "owner" || text === "superuser") return text;
  throw new Error(`PGPARTITION_TEST_ROLE: "${text}" is neither owner nor superuser`);
}

/** PGPARTITION_TEST_POOLER=session puts a PgBouncer between the product and the server. */
export function requestedPooler(text = process.env["PGPARTITION_TEST_POOLER"] ?? "none"): "none" | "session" {
  if (text === "none" || text === "session") return text;
  throw new Error(`PGPARTITION_TEST_POOLER: "${text}" is neither none nor session`);
}

/** PGPARTITION_TEST_SCOPE=all (`npm run test:all`): on the older servers too, what the newest one shows for all in each run. */
export function requestedScope(text = process.env["PGPARTITION_TEST_SCOPE"] ?? "usual"): "usual" | "all" {
  if (text === "usual" || text === "all") return text;
  throw new Error(`PGPARTITION_TEST_SCOPE: "${text}" is neither usual nor all`);
}

/** PGPARTITION_TEST_STARTS=own: each run of the engine starts its plugin, language host and program, as all do in `npm run test:all`. */
export function requestedStarts(
  text = process.env["PGPARTITION_TEST_STARTS"] ?? (requestedScope() === "all" ? "own" : "shared"),
): "shared" | "own" {
  if (text === "shared" || text === "own") return text;
  throw new Error(`PGPARTITION_TEST_STARTS: "${text}" is neither shared nor own`);
}

export const ownerRole = "app_deployer";

/** What the product is told; the role has the superuser's password. */
export function productLogin(superuser: Login): Login {
  return requestedRole() === "owner" ? { ...superuser, user: ownerRole } : superuser;
}

declare module "vitest" {
  interface ProvidedContext {
    servers: readonly TestServer[];
  }
}
