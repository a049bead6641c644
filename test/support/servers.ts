// Which PostgreSQL servers a test run has, and what the tests are told about each.
import type { Version } from "../../tools/postgres/binaries";
import { versions } from "../../tools/postgres/binaries";

export interface TestServer {
  readonly version: Version;
  readonly host: string;
  readonly port: number;
  readonly user: string;
  readonly password: string;
  /** The server's log, where `alter database … set log_statement = 'all'` makes statements appear. */
  readonly logFile: string;
}

/** Copied for each test file; empty until something that all of them need is worth making once. */
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

declare module "vitest" {
  interface ProvidedContext {
    servers: readonly TestServer[];
  }
}
