import type { Connections } from "../connect/connections";
import { formatDuration } from "./obstacles";
import { query } from "../queries";
import type { Session } from "../connect/session";

/** Blockers are sampled after this share of lock_timeout: late enough that a step without a wait costs no query. */
const SAMPLE_AFTER = 0.4;

/** Session that blocks. Never with the text of its query: that may hold data. */
export interface Blocker {
  readonly pid: number;
  readonly application: string | null;
  readonly kind: string | null;
  readonly state: string | null;
  readonly transaction_seconds: string | null;
  readonly query_seconds: string | null;
  readonly prepared: string | null;
  /** Relation of the wanted lock, quoted; null if it is no relation, or was not read. */
  readonly relation: string | null;
}

/** Reads the blockers from the service session while the backend waits: afterwards they are unknown. */
async function readBlockers(connections: Connections, pid: number): Promise<Blocker[]> {
  const service = await connections.getServiceSession();
  // The query names the columns of Blocker.
  return (await service.set(query("locks/blockers"), [pid])) as unknown as Blocker[];
}

/** Looks for blockers once, while the work is under way. */
export async function watchBlockers<T>(
  connections: Connections,
  session: Session,
  lockTimeoutMs: number,
  seen: Blocker[],
  body: () => Promise<T>,
): Promise<T> {
  const look = async (): Promise<void> => {
    const found = await readBlockers(connections, session.pid).catch(() => []);
    if (found.length > 0) seen.splice(0, seen.length, ...found);
  };
  let looking: Promise<void> | undefined;
  const timer = setTimeout(() => (looking = look()), lockTimeoutMs * SAMPLE_AFTER);
  try {
    return await body();
  } finally {
    clearTimeout(timer);
    await looking;
  }
}

export function isAutovacuum({ kind }: Blocker): boolean {
  return kind === "autovacuum worker";
}

/** Returns `pid 4711 ("reporting", idle in transaction, transaction 12 min old, last query began 5 min ago)`. */
export function describeBlockers(blockers: readonly Blocker[]): string {
  if (blockers.length === 0) return "a session that had ended when it was looked up";
  return blockers.map(describeBlocker).join(" and ");
}

function describeBlocker(blocker: Blocker): string {
  if (blocker.pid === 0) return `the prepared transaction "${blocker.prepared ?? "unknown"}"`;
  const facts = [
    `"${blocker.application ?? blocker.kind ?? "unnamed"}"`,
    blocker.state,
    blocker.transaction_seconds === null
      ? "age hidden from this role"
      : `transaction ${formatDuration(Number(blocker.transaction_seconds))} old`,
    blocker.query_seconds === null
      ? undefined
      : `last query began ${formatDuration(Number(blocker.query_seconds))} ago`,
  ];
  return `pid ${blocker.pid} (${facts.filter((fact) => fact !== undefined && fact !== null).join(", ")})`;
}
