/** libpq's modes, weakest first (https://www.postgresql.org/docs/current/libpq-ssl.html); its `allow` is read as `prefer`. */
export const SSL_MODES = ["disable", "prefer", "require", "verify-ca", "verify-full"] as const;
export type SslMode = (typeof SSL_MODES)[number];

export interface UrlParts {
  host?: string;
  port?: number;
  database?: string;
  user?: string;
  password?: string;
  sslMode?: SslMode;
  sslRootCert?: string;
}

/** Reads a connection URL. The problem never quotes the URL: it may hold a password. */
export function parseUrl(text: string): UrlParts | { readonly problem: string } {
  const url = attempt(() => new URL(text));
  if (url === undefined) {
    return {
      problem:
        'is not a URL such as "postgresql://user@host:5432/database"; percent-encode special characters of the password',
    };
  }
  if (!["postgres:", "postgresql:"].includes(url.protocol)) {
    return { problem: `begins with "${url.protocol}//" where "postgresql://" is wanted` };
  }
  const query = url.searchParams;
  const sslMode = query.get("sslmode") ?? undefined;
  if (sslMode !== undefined && !isSslMode(sslMode)) {
    return { problem: `has sslmode "${sslMode}"; allowed are ${SSL_MODES.join(", ")}` };
  }
  const port = url.port || query.get("port") || undefined;
  return omitUndefined({
    host: decodeOr(url.hostname.replace(/^\[|\]$/g, "")) || query.get("host") || undefined,
    port: port === undefined ? undefined : Number(port),
    database: decodeOr(url.pathname.slice(1)) || query.get("dbname") || undefined,
    user: decodeOr(url.username) || query.get("user") || undefined,
    password: decodeOr(url.password) || query.get("password") || undefined,
    sslMode,
    sslRootCert: query.get("sslrootcert") ?? undefined,
  });
}

export function isSslMode(text: string): text is SslMode {
  return (SSL_MODES as readonly string[]).includes(text);
}

function decodeOr(text: string): string {
  return attempt(() => decodeURIComponent(text)) ?? text;
}

function attempt<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch {
    return undefined;
  }
}

type Defined<T> = { [K in keyof T]: Exclude<T[K], undefined> };

function omitUndefined<T extends object>(value: T): Partial<Defined<T>> {
  return Object.fromEntries(Object.entries(value).filter(([, inner]) => inner !== undefined)) as Partial<Defined<T>>;
}
