import { homedir, userInfo } from "node:os";
import { join } from "node:path";
import type { DatabaseConfig } from "./database-config";
import { type Address, ConnectionError } from "./connection-error";
import { isSslMode, parseUrl, type SslMode, type UrlParts } from "./url";

/** Target of a connection, complete but for the password. */
export interface Target extends Address {
  /** Password given directly, by the configuration or PGPASSWORD. */
  readonly password: string | undefined;
  readonly passwordCommand: string | undefined;
  readonly passFile: string;
  readonly sslMode: SslMode;
  readonly sslRootCert: string | undefined;
  /** File in which libpq looks for an authority by default. */
  readonly defaultRootCert: string;
  readonly options: string | undefined;
  readonly connectTimeoutMs: number;
}

export type Environment = Readonly<Record<string, string | undefined>>;

/** Long enough for a server that wakes up, short enough that the preview does not seem to hang. */
const CONNECT_TIMEOUT_MS = 10_000;

/**
 * Completes the configuration as libpq does: URL, then the PG* variables, then defaults
 * (https://www.postgresql.org/docs/current/libpq-envars.html). The default host is localhost, not a socket.
 */
export function resolveTarget(config: DatabaseConfig, env: Environment): Target {
  const url = parseUrlParts(config);
  const user = config.user ?? url.user ?? set(env["PGUSER"]) ?? userInfo().username;
  const home = set(env["HOME"]) ?? homedir();
  return {
    host: config.host ?? url.host ?? set(env["PGHOST"]) ?? "localhost",
    port: config.port ?? url.port ?? parsePort(env),
    database: config.database ?? url.database ?? set(env["PGDATABASE"]) ?? user,
    user,
    password: getGivenPassword(config, url, env),
    passwordCommand: config.passwordCommand,
    passFile: set(env["PGPASSFILE"]) ?? join(home, ".pgpass"),
    sslMode: config.sslMode ?? url.sslMode ?? parseSslMode(env),
    sslRootCert: config.sslRootCert ?? url.sslRootCert ?? set(env["PGSSLROOTCERT"]),
    defaultRootCert: join(home, ".postgresql", "root.crt"),
    options: set(env["PGOPTIONS"]),
    connectTimeoutMs: config.connectTimeoutMs ?? parseTimeout(env),
  };
}

/** Returns `host:port/database as user`. */
export function nameTarget(target: Address): string {
  return `${target.host}:${target.port}/${target.database} as ${target.user}`;
}

function parseUrlParts(config: DatabaseConfig): UrlParts {
  if (config.url === undefined) return {};
  const parsed = parseUrl(config.url);
  if ("problem" in parsed) throw new ConnectionError("configuration", `the connection URL ${parsed.problem}.`);
  return parsed;
}

/** Returns the given password. A command precedes the environment: it was declared for this database, PGPASSWORD for any. */
function getGivenPassword(config: DatabaseConfig, url: UrlParts, env: Environment): string | undefined {
  const declared = config.password ?? url.password;
  if (declared !== undefined || config.passwordCommand !== undefined) return declared;
  return set(env["PGPASSWORD"]);
}

function parsePort(env: Environment): number {
  const port = Number(set(env["PGPORT"]) ?? 5432);
  if (Number.isInteger(port) && port > 0 && port < 65_536) return port;
  throw new ConnectionError("configuration", `PGPORT is "${env["PGPORT"] ?? ""}"; a port is a number from 1 to 65535.`);
}

function parseSslMode(env: Environment): SslMode {
  const mode = set(env["PGSSLMODE"]) ?? "prefer";
  // libpq's "allow" tries without TLS first; trying TLS first is the stricter reading of the same wish.
  if (mode === "allow") return "prefer";
  if (isSslMode(mode)) return mode;
  throw new ConnectionError(
    "configuration",
    `PGSSLMODE is "${mode}"; use disable, prefer, require, verify-ca or verify-full.`,
  );
}

function parseTimeout(env: Environment): number {
  const seconds = Number(set(env["PGCONNECT_TIMEOUT"]) ?? 0);
  return seconds > 0 ? seconds * 1000 : CONNECT_TIMEOUT_MS;
}

function set(value: string | undefined): string | undefined {
  return value === "" ? undefined : value;
}
