import * as pulumi from "@pulumi/pulumi";
import type { Size } from "../core/size";

/**
 * Connection settings of the database. Every value may be an Output. Missing values come from the stack configuration
 * `pgpartition:*`, unless a url is given here, then from PG* variables.
 */
export interface ConnectionArgs {
  /**
   * Connection URL; single values win over its parts. Kept as a secret.
   * @example "postgres://app@db.example.com:5432/app?sslmode=verify-full"
   */
  readonly url?: pulumi.Input<string>;
  /** Name or address of the server. @default PGHOST, else "localhost" */
  readonly host?: pulumi.Input<string>;
  /** Port of the server. Range 1-65535. @default PGPORT, else 5432 */
  readonly port?: pulumi.Input<number>;
  /** Name of the database, case-sensitive. @default PGDATABASE, else the user's name */
  readonly database?: pulumi.Input<string>;
  /** The role that runs the statements: the owner of the tables, or a member of it. Needs no superuser. @default PGUSER */
  readonly user?: pulumi.Input<string>;
  /** Password of the role. Kept as a secret in state; to keep it out of state use passwordCommand, PGPASSWORD or PGPASSFILE. */
  readonly password?: pulumi.Input<string>;
  /**
   * A shell command that prints the password, run once for each operation; for short-lived tokens.
   * @example "aws rds generate-db-auth-token …"
   */
  readonly passwordCommand?: pulumi.Input<string>;
  /** Strictness with which the server's certificate is checked. @default PGSSLMODE, else "prefer" */
  readonly sslMode?: pulumi.Input<"disable" | "prefer" | "require" | "verify-ca" | "verify-full">;
  /** File with the certificate of the authority. @default PGSSLROOTCERT */
  readonly sslRootCert?: pulumi.Input<string>;
}

/** Configuration of one provider: one database. */
export interface ProviderArgs extends ConnectionArgs {
  /** Schema of registry and ledger. @default "pgpartition" */
  readonly managementSchema?: pulumi.Input<string>;
  /**
   * Lets the simulated clock decide which partitions have expired. For tests and demonstrations; **with a wrong clock data is
   * retired early**. @default false
   */
  readonly trustAsOf?: boolean;
  /** The simulated clock, ISO 8601; has an effect only with trustAsOf. @default none */
  readonly asOf?: string;
  /** Tables (`schema.table`) that a destroy may drop **with all their rows**. No value opens every table. @default [] */
  readonly allowDestroy?: readonly string[];
  /**
   * Most bytes that one update may archive or drop out of **all tables** of the database together. The oldest partitions of
   * all tables go first, the rest waits for later updates; a single partition that is larger waits for confirmDrops.
   * @default no limit
   * @example "200 GB"
   */
  readonly maxBytesPerUpdate?: Size;
  /**
   * Longest wait for a lock that blocks others, in milliseconds; then the statement gives up and is retried. Range 10-1000.
   * @default 100
   */
  readonly lockTimeoutMs?: number;
  /**
   * Total time for such retries, and for those of a read that meets a locked table, in milliseconds. After it the step fails
   * and names the blocker. @default 60000
   */
  readonly lockBudgetMs?: number;
  /** Number of connections to the database. Range 2-20. @default 4 */
  readonly poolSize?: number;
}

/** The provider of one database. Connection secrets are marked as such before they leave the program. */
export class Provider extends pulumi.ProviderResource {
  constructor(name: string, args: ProviderArgs, opts?: pulumi.ResourceOptions) {
    super("pgpartition", name, encodeInputs(completeConnection(args)), opts);
  }
}

/** Settings of a connection that may come from the stack configuration, in addition to its url. */
const SINGLE_SETTINGS = [
  "host",
  "port",
  "database",
  "user",
  "password",
  "passwordCommand",
  "sslMode",
  "sslRootCert",
] as const satisfies readonly (keyof ConnectionArgs)[];

/**
 * Adds what the program leaves out of the connection from the stack configuration `pgpartition:*`. Single settings win over the parts of a url, so the
 * two are never mixed: a url of the program is whole, and that of the configuration counts only where the program says nothing.
 */
export function completeConnection<Args extends ConnectionArgs>(args: Args): Args {
  if (args.url !== undefined) return args;
  const config = new pulumi.Config("pgpartition");
  const url = SINGLE_SETTINGS.some((key) => args[key] !== undefined) ? undefined : config.getSecret("url");
  const found = SINGLE_SETTINGS.flatMap((key): [string, unknown][] => {
    if (args[key] !== undefined) return [];
    const value = key === "port" ? config.getNumber(key) : config.get(key);
    if (value === undefined) return [];
    return [[key, key === "password" ? config.requireSecret(key) : value]];
  });
  return { ...args, ...(url ? { url } : {}), ...Object.fromEntries(found) };
}

/** Encodes inputs: strings as they are, everything else as JSON. */
function encodeInputs(args: ProviderArgs): pulumi.Inputs {
  const plain: pulumi.Inputs = {
    host: args.host,
    port: encodeJson(args.port),
    database: args.database,
    user: args.user,
    passwordCommand: args.passwordCommand,
    sslMode: args.sslMode,
    sslRootCert: args.sslRootCert,
    managementSchema: args.managementSchema,
    trustAsOf: encodeJson(args.trustAsOf),
    asOf: args.asOf,
    allowDestroy: encodeJson(args.allowDestroy),
    maxBytesPerUpdate: args.maxBytesPerUpdate,
    lockTimeoutMs: encodeJson(args.lockTimeoutMs),
    lockBudgetMs: encodeJson(args.lockBudgetMs),
    poolSize: encodeJson(args.poolSize),
  };
  return { ...plain, url: markSecret(args.url), password: markSecret(args.password) };
}

function markSecret(value: pulumi.Input<string> | undefined): pulumi.Output<string> | undefined {
  return value === undefined ? undefined : pulumi.secret(value);
}

function encodeJson(value: unknown): pulumi.Output<string> | undefined {
  return value === undefined ? undefined : pulumi.output(value).apply((resolved) => JSON.stringify(resolved));
}
