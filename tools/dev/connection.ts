// The git-ignored file with the dev stack's database connection.
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { workFolder } from "../paths";

export interface Connection {
  readonly host: string;
  readonly port: number;
  readonly database: string;
  readonly user: string;
  readonly password: string;
}

export const connectionFile = join(workFolder, "dev.json");

/** Lets only the owner read the file: it contains the password. */
export function writeConnection(connection: Connection, file = connectionFile): void {
  mkdirSync(dirname(file), { recursive: true });
  // An existing file would retain its mode.
  rmSync(file, { force: true });
  writeFileSync(file, `${JSON.stringify(connection, undefined, 2)}\n`, { mode: 0o600 });
}

export function removeConnection(file = connectionFile): void {
  rmSync(file, { force: true });
}

/** Returns the parts of a DATABASE_URL; a missing part is an error here, not left to libpq's defaults. */
export function parseDatabaseUrl(text: string): Connection {
  if (!URL.canParse(text))
    throw new Error("DATABASE_URL is not a URL: postgresql://user:password@host:5432/database is expected");
  const url = new URL(text);
  if (url.protocol !== "postgres:" && url.protocol !== "postgresql:") {
    throw new Error(`DATABASE_URL begins with "${url.protocol}": "postgresql:" is expected`);
  }
  const connection = {
    host: decodeURIComponent(url.hostname).replace(/^\[|\]$/g, ""),
    port: url.port === "" ? 5432 : Number(url.port),
    database: decodeURIComponent(url.pathname.slice(1)),
    user: decodeURIComponent(url.username),
    password: decodeURIComponent(url.password),
  };
  const missing = (["host", "database", "user"] as const).filter((part) => connection[part] === "");
  if (missing.length > 0) throw new Error(`DATABASE_URL has no ${missing.join(", no ")}`);
  return connection;
}
