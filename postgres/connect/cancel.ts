import { setTimeout as sleep } from "node:timers/promises";
import type { Connections } from "./connections";
import { query } from "../queries";
import type { Session } from "./session";

/** A cancel between two statements has no effect, so it is repeated until the work has ended. */
const REPEAT_MS = 200;

/** After this time the connection is cut instead: the server notices within a second. */
const LIMIT_MS = 5_000;

/** Runs `body` on a session; on the signal, the running statement is cancelled from another session. */
export async function runCancellable<T>(
  connections: Connections,
  session: Session,
  signal: AbortSignal,
  body: () => Promise<T>,
): Promise<T> {
  let ended = false;
  let cancelling: Promise<void> | undefined;
  const cancelOnAbort = (): void => {
    cancelling ??= cancelUntil(connections, session, () => ended);
  };
  signal.addEventListener("abort", cancelOnAbort, { once: true });
  try {
    if (signal.aborted) cancelOnAbort();
    return await body();
  } finally {
    ended = true;
    signal.removeEventListener("abort", cancelOnAbort);
    // A cancel still under way must not hit the next user of the session.
    await cancelling;
  }
}

/** Cancels the statements of these backends, over the service session, or a new one if that does not answer. */
export async function cancelBackends(connections: Connections, pids: readonly number[]): Promise<void> {
  if (pids.length === 0) return;
  const told = await Promise.race([tell(connections, pids), sleep(LIMIT_MS / 2, false, { ref: false })]);
  if (told) return;
  const { session } = await connections.connector.openSession(false);
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
    const service = await connections.getServiceSession();
    await service.query(query("locks/backend-pids-cancel"), [pids.map(String)]);
    return true;
  } catch {
    return false;
  }
}
