import { parseUrl, type SslMode } from "./url";

/** How one database is reached and how patient we are with it. Plain data: the environment is read by whoever makes it. */
export interface DatabaseConfig {
  /** `postgresql://user:password@host:port/database?sslmode=…`. Fields given beside it win. */
  readonly url?: string;
  readonly host?: string;
  readonly port?: number;
  readonly database?: string;
  readonly user?: string;
  readonly password?: string;
  /** A shell command that prints the password: keeps it out of the Pulumi state altogether. */
  readonly passwordCommand?: string;
  /** As in libpq. @default "prefer", or PGSSLMODE */
  readonly sslMode?: SslMode;
  /** File with the certificate authority, for the verifying modes. */
  readonly sslRootCert?: string;
  readonly applicationName: string;
  /** All connections to the database together, at least 2. @default DEFAULT_POOL_SIZE */
  readonly poolSize?: number;
  readonly managementSchema: string;
  /** For one connection, with all that belongs to it. @default 10000 */
  readonly connectTimeoutMs?: number;
  /** How long a strong lock may be waited for at a time. @default DEFAULT_LOCK_TIMEOUT_MS */
  readonly lockTimeoutMs?: number;
  /** How long a strong lock may be tried for altogether. @default DEFAULT_LOCK_BUDGET_MS */
  readonly lockBudgetMs?: number;
  /** How long a statement may run that stops nobody. @default DEFAULT_WAIT_BUDGET_MS */
  readonly waitBudgetMs?: number;
}

/**
 * Texts that must never be printed: the passwords as written, decoded and encoded. What the environment or a command
 * supplies is known only after connecting: `Database.secrets` has it too.
 */
export function secretsOf(config: Pick<DatabaseConfig, "url" | "password">): string[] {
  const fromUrl = config.url === undefined ? [] : passwordsInUrl(config.url);
  return spellings([...(config.password === undefined ? [] : [config.password]), ...fromUrl]);
}

/** `host:port/database as user`, for messages; what is not configured is left to libpq's rules and named so. */
export function describeTarget(config: Omit<DatabaseConfig, "applicationName" | "managementSchema">): string {
  const url = config.url === undefined ? undefined : parseUrl(config.url);
  const given = url !== undefined && "problem" in url ? {} : (url ?? {});
  const host = config.host ?? given.host ?? "localhost";
  const port = config.port ?? given.port ?? 5432;
  const database = config.database ?? given.database ?? "(default database)";
  return `${host}:${port}/${database} as ${config.user ?? given.user ?? "(default user)"}`;
}

/** All spellings under which a secret may turn up, longest first so that replacing one leaves no rest of another. */
export function spellings(secrets: readonly string[]): string[] {
  const all = secrets.flatMap((secret) => [secret, encodeURIComponent(secret), decoded(secret)]);
  return [...new Set(all)].filter((secret) => secret !== "").sort((a, b) => b.length - a.length);
}

/** Also for a URL that cannot be parsed: a password with a raw `#` or `/` is the usual reason why it cannot. */
function passwordsInUrl(url: string): string[] {
  const authority = /^[a-z]+:\/\/[^:@/]*:(.*)@/is.exec(url)?.[1];
  const short = /^[a-z]+:\/\/[^:@/]*:([^@]*)@/is.exec(url)?.[1];
  const query = /[?&]password=([^&#]*)/i.exec(url)?.[1];
  return [authority, short, query].filter((text) => text !== undefined);
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
