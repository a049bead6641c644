import { ConnectionError } from "./connection-error";
import type { Session } from "./session";

/** How often both sessions are asked: a pool that hands out servers in turn shows itself by the second. */
const ROUNDS = 3;

/**
 * Refuses a pooler in transaction mode: locks and settings of a session would land on somebody else's connection. A real
 * connection is known by its pid, which the server and the protocol agree on. Behind a pooler they differ; then two idle
 * sessions tell the modes apart, because only in session mode each keeps a server process of its own.
 */
export async function refuseTransactionPooling(session: Session, open: () => Promise<Session>): Promise<void> {
  if (protocolPid(session) === session.pid) return;
  const other = await open();
  try {
    const pids = [new Set<number>(), new Set<number>()] as const;
    for (let round = 0; round < ROUNDS; round += 1) {
      pids[0].add(await backendPid(session));
      pids[1].add(await backendPid(other));
    }
    const shared = [...pids[0]].some((pid) => pids[1].has(pid));
    if (shared || pids[0].size > 1 || pids[1].size > 1) throw new ConnectionError("pooler", TRANSACTION_POOLING);
  } finally {
    other.destroy();
  }
}

const TRANSACTION_POOLING =
  "between here and the server is a connection pooler in transaction mode (such as PgBouncer with pool_mode = transaction). " +
  "The advisory lock of a table and the time-outs of a session do not survive it. " +
  "Connect to the server itself, usually port 5432, or to a pool in session mode.";

async function backendPid(session: Session): Promise<number> {
  const rows = await session.set("select pg_catalog.pg_backend_pid() as pid");
  return Number(rows[0]?.["pid"]);
}

/** What the server announced when the session began; the driver keeps it under a name that its types leave out. */
function protocolPid(session: Session): number | null | undefined {
  return (session.client as unknown as { readonly processID?: number | null }).processID;
}
