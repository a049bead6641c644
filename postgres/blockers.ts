import type { Connections } from "./connections";
import { duration } from "./obstacles";
import { query } from "./queries";

/** A session that is in the way. Never with the text of its query: that may hold data. */
export interface Blocker {
  readonly pid: number;
  readonly application: string | null;
  readonly kind: string | null;
  readonly state: string | null;
  readonly transaction_seconds: string | null;
  readonly query_seconds: string | null;
  readonly prepared: string | null;
}

/** Asked from the service session while the backend waits: afterwards nobody knows whom it waited for. */
export async function blockersOf(connections: Connections, pid: number): Promise<Blocker[]> {
  const service = await connections.serviceSession();
  // The columns are those of Blocker: the query names them.
  return (await service.query(query("blockers"), [pid])) as unknown as Blocker[];
}

/** `pid 4711 ("reporting", idle in transaction, transaction 12 min old, last query began 5 min ago)`. */
export function describeBlockers(blockers: readonly Blocker[]): string {
  if (blockers.length === 0) return "a session that was gone when it was looked for";
  return blockers.map(describeBlocker).join(" and ");
}

function describeBlocker(blocker: Blocker): string {
  if (blocker.pid === 0) return `the prepared transaction "${blocker.prepared ?? "unknown"}"`;
  const facts = [
    `"${blocker.application ?? blocker.kind ?? "unnamed"}"`,
    blocker.state,
    blocker.transaction_seconds === null
      ? "age hidden from this role"
      : `transaction ${duration(Number(blocker.transaction_seconds))} old`,
    blocker.query_seconds === null ? undefined : `last query began ${duration(Number(blocker.query_seconds))} ago`,
  ];
  return `pid ${blocker.pid} (${facts.filter((fact) => fact !== undefined && fact !== null).join(", ")})`;
}
