import { isConnectionLoss, explainLoss, getSqlState, getMessage } from "./sqlstate";

/** Parts that identify a connection. */
export interface Address {
  readonly host: string;
  readonly port: number;
  readonly database: string;
  readonly user: string;
}

type ConnectionErrorKind =
  | "configuration"
  | "unreachable"
  | "authentication"
  | "no-database"
  | "not-permitted"
  | "unsupported-version"
  | "pooler"
  | "startup-parameter"
  | "tls"
  | "busy"
  | "starting"
  | "other";

/** Reason why there is no connection, for users: sentences, the last without its full stop. Never holds a password. */
export class ConnectionError extends Error {
  constructor(
    readonly kind: ConnectionErrorKind,
    message: string,
    options?: ErrorOptions,
  ) {
    super(message.replace(/\.$/, ""), options);
    this.name = "ConnectionError";
  }
}

/** Explains a failure to connect: target, cause, next step. `hide` removes secrets from the cause. */
export function explainConnectionError(
  error: unknown,
  target: Address,
  hide: (text: string) => string,
): ConnectionError {
  if (error instanceof ConnectionError) return error;
  const kind = classifyError(error);
  const where = `${target.host}:${target.port}, database "${target.database}", user "${target.user}"`;
  const cause = hide(
    isConnectionLoss(error) && getSqlState(error) === undefined ? explainLoss(error) : getMessage(error),
  );
  const message = `cannot connect to ${where}: ${cause.replace(/\.$/, "")}. ${WAYS_ON[kind]}${/timeout expired/.test(cause) ? SILENT_POOLER : ""}`;
  // The driver's own error is not attached: its stack or fields could quote the connection.
  return new ConnectionError(kind, message);
}

const WAYS_ON: Readonly<Record<ConnectionErrorKind, string>> = {
  configuration: "Mend the provider's configuration.",
  unreachable: "Check host and port, that the server runs, and that a firewall lets this machine through.",
  authentication:
    "Check the user and its password (password, passwordCommand, PGPASSWORD or a password file that only you can read), and pg_hba.conf.",
  "no-database": "Create the database first, or mend its name: names are case-sensitive here.",
  "not-permitted": "Ask an administrator to GRANT CONNECT on the database to the role.",
  "unsupported-version": "Use PostgreSQL 15 or newer.",
  pooler:
    "Connect to the server itself, or to a pool in session mode: locks and settings of a session do not survive transaction pooling.",
  "startup-parameter":
    "A connection pooler refuses such a parameter when a connection begins: unset PGOPTIONS, or name the parameter in the pooler's ignore_startup_parameters.",
  tls: "Check sslMode and sslRootCert.",
  busy: "No connection is free for this role: raise max_connections, the role's limit or the pooler's size, or lower poolSize.",
  starting: "The server is starting, stopping or recovering: try again when it accepts connections.",
  other: "Check the connection with psql.",
};

const SILENT_POOLER =
  " A connection pooler is silent as well while it does not reach the server, does not find the database there, or has no connection free.";

function classifyError(error: unknown): ConnectionErrorKind {
  const text = getMessage(error);
  const state = getSqlState(error);
  switch (state) {
    case "28P01":
      return "authentication";
    case "28000":
      return /encryption|SSL/i.test(text) && !/no encryption/.test(text) ? "tls" : "authentication";
    case "3D000":
      return "no-database";
    case "42501":
      return "not-permitted";
    case "53300":
      return "busy";
    case "57P03":
    case "57P01":
    case "57P02":
      return "starting";
    case "08P01":
      return classifyPoolerError(text);
    case undefined:
      // Accepted and then dropped, as by a server that is stopping.
      return isConnectionLoss(error) ? "unreachable" : classifyText(text);
    default:
      return "other";
  }
}

/** Returns the kind of an error from PgBouncer, which has one code for most of them, and other texts before 1.20. */
function classifyPoolerError(text: string): ConnectionErrorKind {
  if (/startup parameter/i.test(text)) return "startup-parameter";
  if (/no such database|database .* does not exist/i.test(text)) return "no-database";
  if (/no such user|auth/i.test(text)) return "authentication";
  if (/query_wait_timeout|no more connections|too many/i.test(text)) return "busy";
  if (/cannot connect to server|server_login_retry|server login|server conn|shutting down|paus/i.test(text))
    return "starting";
  if (/SSL|TLS/.test(text)) return "tls";
  return "other";
}

/** Returns the kind by the text: errors of sockets, TLS and the driver have no reliable code. */
function classifyText(text: string): ConnectionErrorKind {
  if (/SASL|password/i.test(text)) return "authentication";
  if (/certificate|SSL|TLS|self.signed|altname/i.test(text)) return "tls";
  if (/ECONN|ENOTFOUND|EAI_AGAIN|EHOST|ENETUNREACH|ETIMEDOUT|EPIPE|ENOENT|EACCES|timeout|terminated/i.test(text))
    return "unreachable";
  return "other";
}
