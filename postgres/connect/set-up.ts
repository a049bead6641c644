import { ConnectionError } from "./connection-error";
import type { Session } from "./session";
import { CHECK_INTERVAL, OLDEST_SERVER, SESSION_SETTINGS } from "./session-settings";
import { getSqlState } from "./sqlstate";

/** Facts about the server, read in a fresh session. */
export interface ServerFacts {
  readonly version: number;
  readonly database: string;
  readonly databaseOid: string;
  readonly inRecovery: boolean;
  /** True if the session has prepared statements already, as left by a pooler that does not reset sessions. */
  readonly used: boolean;
}

/** Prepares a fresh session in one round trip: its settings, its pid, the server's version. */
export async function setUp(session: Session): Promise<ServerFacts> {
  const [facts, settings] = await Promise.allSettled([readFacts(session), setAll(session, SESSION_SETTINGS)]);
  // Before the settings are checked: an older server does not know all of them.
  if (facts.status === "rejected") throw facts.reason;
  if (settings.status === "rejected") await setWithoutCheckInterval(session, settings.reason);
  return facts.value;
}

/** Reads only: the session may turn out to be another client's. */
export async function readFacts(session: Session): Promise<ServerFacts> {
  const row = (await session.set(FACTS))[0] ?? {};
  const version = Number(row["version"]);
  if (version < OLDEST_SERVER) throw new ConnectionError("unsupported-version", refuseVersion(version));
  session.pid = Number(row["pid"]);
  return {
    version,
    database: String(row["database"]),
    databaseOid: String(row["database_oid"]),
    inRecovery: row["in_recovery"] === true,
    used: row["used"] === true,
  };
}

/** Applies the settings alone. */
export async function applySettings(session: Session): Promise<void> {
  await setAll(session, SESSION_SETTINGS).catch((error: unknown) => setWithoutCheckInterval(session, error));
}

const FACTS = `
  select current_setting('server_version_num') as version, pg_catalog.pg_backend_pid() as pid, d.oid as database_oid,
         d.datname as database, pg_catalog.pg_is_in_recovery() as in_recovery,
         exists (select from pg_catalog.pg_prepared_statements) as used
  from pg_catalog.pg_database d
  where d.datname = pg_catalog.current_database()`;

const SETTINGS = `
  select pg_catalog.set_config(s.key, s.value, false)
  from pg_catalog.json_each_text($1::pg_catalog.json) s`;

async function setAll(session: Session, settings: Readonly<Record<string, string>>): Promise<void> {
  await session.set(SETTINGS, [JSON.stringify(settings)]);
}

async function setWithoutCheckInterval(session: Session, error: unknown): Promise<void> {
  if (getSqlState(error) !== "22023") throw error;
  await setAll(
    session,
    Object.fromEntries(Object.entries(SESSION_SETTINGS).filter(([name]) => name !== CHECK_INTERVAL)),
  );
}

function refuseVersion(version: number): string {
  const text =
    version >= 100_000
      ? `${Math.floor(version / 10_000)}.${version % 10_000}`
      : `${Math.floor(version / 10_000)}.${Math.floor(version / 100) % 100}`;
  return `the server is PostgreSQL ${text}; versions 15 to 18 are supported. Upgrade it first.`;
}
