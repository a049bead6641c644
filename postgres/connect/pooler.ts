import { ConnectionError } from "./connection-error";
import type { Session } from "./session";
import type { ServerFacts } from "./set-up";

/**
 * Sessions to ask for their server process, in this order. A pool that hands out the server freed last is detected when the other
 * one is asked, one that hands them out in turn when the same one is asked again.
 */
const ASKED = [0, 0, 1, 1, 0, 1] as const;

/**
 * Refuses a pooler in transaction or statement mode: locks and settings of a session would land on another client's connection. A
 * real connection has the same pid in the server and in the protocol. Behind a pooler they differ; then two idle sessions
 * distinguish the modes, because only in session mode each keeps a server process of its own. Both are only queried: settings
 * would remain in a server process that the application gets next.
 */
export async function refuseTransactionPooling(session: Session, open: () => Promise<Session>): Promise<void> {
  if (getProtocolPid(session) === session.pid) return;
  const other = await open();
  try {
    const seen = [new Set<number>(), new Set<number>()] as const;
    for (const which of ASKED) seen[which].add(await readBackendPid(which === 0 ? session : other));
    const shared = [...seen[0]].some((pid) => seen[1].has(pid));
    if (shared || seen[0].size > 1 || seen[1].size > 1) throw new ConnectionError("pooler", TRANSACTION_POOLING);
  } finally {
    other.destroy();
  }
}

/** Refuses sessions that a pooler hands on as their last user left them: with settings, prepared statements and locks. */
export function refuseUsed({ used }: Pick<ServerFacts, "used">): void {
  if (used) throw new ConnectionError("pooler", HANDED_ON);
}

const TRANSACTION_POOLING =
  "between here and the server is a connection pooler in transaction or statement mode (such as PgBouncer with pool_mode = transaction). " +
  "The advisory lock of a table and the time-outs of a session do not survive it. Nothing was changed. " +
  "Connect to the server itself, usually port 5432, or to a pool in session mode.";

const HANDED_ON =
  "a connection pooler before the server reuses sessions as others left them, with their settings and locks. " +
  "Set server_reset_query = DISCARD ALL, which is PgBouncer's default, or connect to the server itself.";

async function readBackendPid(session: Session): Promise<number> {
  const rows = await session.set("select pg_catalog.pg_backend_pid() as pid");
  return Number(rows[0]?.["pid"]);
}

/** Returns the pid that the server announced when the session began; the driver's types omit its field. */
function getProtocolPid(session: Session): number | null | undefined {
  return (session.client as unknown as { readonly processID?: number | null }).processID;
}
