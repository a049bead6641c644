import { ConnectionError } from "./connection-error";
import type { Session } from "./session";
import { CHECK_INTERVAL, OLDEST_SERVER, SESSION_SETTINGS } from "./settings";
import { sqlState } from "./sqlstate";

/** What a fresh session tells about its server. */
export interface ServerFacts {
  readonly version: number;
  readonly database: string;
  readonly databaseOid: string;
  readonly inRecovery: boolean;
}

/** Makes a fresh session ready in one round trip: its settings, its pid, the server's version. */
export async function setUp(session: Session): Promise<ServerFacts> {
  const [facts, settings] = await Promise.allSettled([session.set(FACTS), applySettings(session, SESSION_SETTINGS)]);
  if (facts.status === "rejected") throw facts.reason;
  const row = facts.value[0] ?? {};
  const version = Number(row["version"]);
  // Before the settings are judged: an older server does not know all of them.
  if (version < OLDEST_SERVER) throw new ConnectionError("unsupported-version", refuseVersion(version));
  if (settings.status === "rejected") await withoutCheckInterval(session, settings.reason);
  session.pid = Number(row["pid"]);
  return {
    version,
    database: String(row["database"]),
    databaseOid: String(row["database_oid"]),
    inRecovery: row["in_recovery"] === true,
  };
}

const FACTS = `
  select current_setting('server_version_num') as version, pg_catalog.pg_backend_pid() as pid, d.oid as database_oid,
         d.datname as database, pg_catalog.pg_is_in_recovery() as in_recovery
  from pg_catalog.pg_database d
  where d.datname = pg_catalog.current_database()`;

const SETTINGS = `
  select pg_catalog.set_config(s.key, s.value, false)
  from pg_catalog.json_each_text($1::pg_catalog.json) s`;

async function applySettings(session: Session, settings: Readonly<Record<string, string>>): Promise<void> {
  await session.set(SETTINGS, [JSON.stringify(settings)]);
}

async function withoutCheckInterval(session: Session, error: unknown): Promise<void> {
  if (sqlState(error) !== "22023") throw error;
  await applySettings(
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
