import { setTimeout as sleep } from "node:timers/promises";
import type { Connections } from "./connections";
import { query } from "../queries";
import type { Session } from "./session";

/** A cancel that arrives between two statements does nothing, so it is sent again until the work has ended. */
const REPEAT_MS = 200;

/** After this the connection is cut instead: the server notices within a second. */
const LIMIT_MS = 5_000;

/** Runs `body` on a session; when the signal comes, what the session runs is cancelled from another session. */
export async function cancellable<T>(
  connections: Connections,
  session: Session,
  signal: AbortSignal,
  body: () => Promise<T>,
): Promise<T> {
  let ended = false;
  let cancelling: Promise<void> | undefined;
  const onAbort = (): void => {
    cancelling ??= cancelUntil(connections, session, () => ended);
  };
  signal.addEventListener("abort", onAbort, { once: true });
  try {
    if (signal.aborted) onAbort();
    return await body();
  } finally {
    ended = true;
    signal.removeEventListener("abort", onAbort);
    // A cancel that is still on its way must not hit whoever gets the session next.
    await cancelling;
  }
}

/** Tells the backends to stop what they run. Asked on the service session, or on a new one when that one does not answer. */
export async function cancelBackends(connections: Connections, pids: readonly number[]): Promise<void> {
  if (pids.length === 0) return;
  const told = await Promise.race([tell(connections, pids), sleep(LIMIT_MS / 2, false, { ref: false })]);
  if (told) return;
  const { session } = await connections.connector.open(false);
  await session.query(query("locks/backend-pids-cancel"), [pids.map(String)]).finally(() => session.destroy());
}

async function cancelUntil(connections: Connections, session: Session, ended: () => boolean): Promise<void> {
  const deadline = performance.now() + LIMIT_MS;
  while (!ended() && performance.now() < deadline) {
    await cancelBackends(connections, [session.pid]).catch(() => undefined);
    for (let waited = 0; waited < REPEAT_MS && !ended(); waited += 20) await sleep(20);
  }
  if (!ended()) session.destroy();
}

async function tell(connections: Connections, pids: readonly number[]): Promise<boolean> {
  try {
    const service = await connections.serviceSession();
    await service.query(query("locks/backend-pids-cancel"), [pids.map(String)]);
    return true;
  } catch {
    return false;
  }
}
