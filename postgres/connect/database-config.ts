import { parseUrl, type SslMode } from "./url";

/** Address of one database, and time limits for it. Plain data: the caller reads the environment. */
export interface DatabaseConfig {
  /** `postgresql://user:password@host:port/database?sslmode=…`. Separate fields take precedence. */
  readonly url?: string;
  readonly host?: string;
  readonly port?: number;
  readonly database?: string;
  readonly user?: string;
  readonly password?: string;
  /** Shell command that prints the password: keeps it out of the Pulumi state altogether. */
  readonly passwordCommand?: string;
  /** As in libpq. @default "prefer", or PGSSLMODE */
  readonly sslMode?: SslMode;
  /** File with the certificate authority, for the verifying modes. */
  readonly sslRootCert?: string;
  readonly applicationName: string;
  /** Greatest number of connections to the database, at least 2. @default DEFAULT_POOL_SIZE */
  readonly poolSize?: number;
  readonly managementSchema: string;
  /** Time to establish one connection, with everything that belongs to it. @default 10000 */
  readonly connectTimeoutMs?: number;
  /** Time to wait for a strong lock in one attempt. @default DEFAULT_LOCK_TIMEOUT_MS */
  readonly lockTimeoutMs?: number;
  /** Time for all attempts to get a strong lock. @default DEFAULT_LOCK_BUDGET_MS */
  readonly lockBudgetMs?: number;
  /** Time for a statement that blocks no other session. @default DEFAULT_WAIT_BUDGET_MS */
  readonly waitBudgetMs?: number;
}

/**
 * Returns texts that must never be printed: the passwords as written, decoded and encoded. Those from the environment or a
 * command are known only after connecting: `Database.secrets` has them too.
 */
export function listSecrets(config: Pick<DatabaseConfig, "url" | "password">): string[] {
  const fromUrl = config.url === undefined ? [] : findPasswordsInUrl(config.url);
  return listSpellings([...(config.password === undefined ? [] : [config.password]), ...fromUrl]);
}

/** Returns `host:port/database as user`, for messages; parts left to libpq's rules are named so. */
export function describeTarget(config: Omit<DatabaseConfig, "applicationName" | "managementSchema">): string {
  const url = config.url === undefined ? undefined : parseUrl(config.url);
  const given = url !== undefined && "problem" in url ? {} : (url ?? {});
  const host = config.host ?? given.host ?? "localhost";
  const port = config.port ?? given.port ?? 5432;
  const database = config.database ?? given.database ?? "(default database)";
  return `${host}:${port}/${database} as ${config.user ?? given.user ?? "(default user)"}`;
}

/** Returns all spellings of secrets, longest first so that replacing one leaves no rest of another. */
export function listSpellings(secrets: readonly string[]): string[] {
  const all = secrets.flatMap((secret) => [secret, encodeURIComponent(secret), tryDecode(secret)]);
  return [...new Set(all)].filter((secret) => secret !== "").sort((a, b) => b.length - a.length);
}

/** Finds passwords also in a URL that cannot be parsed: a password with a raw `#` or `/` is the usual reason. */
function findPasswordsInUrl(url: string): string[] {
  const authority = /^[a-z]+:\/\/[^:@/]*:(.*)@/is.exec(url)?.[1];
  const short = /^[a-z]+:\/\/[^:@/]*:([^@]*)@/is.exec(url)?.[1];
  const query = /[?&]password=([^&#]*)/i.exec(url)?.[1];
  return [authority, short, query].filter((text) => text !== undefined);
}

function tryDecode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
