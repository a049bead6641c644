/**
 * Ends the plugin with its engine. The engine sends SIGINT to the plugin's process group when it closes and SIGKILL 5 s
 * later; when it was killed itself nothing comes, only the parent changes. A plugin left behind would continue to change a
 * database that another run has begun to work on.
 */
interface EngineWatch {
  /** Stops running calls and disconnects. */
  readonly close: () => Promise<void>;
  readonly exit: (code: number) => void;
  /** Live parent id; a wrapper script must `exec` node, or the wrapper remains as the parent. */
  readonly parentPid?: () => number;
  readonly pollMs?: number;
  readonly boundMs?: number;
}

const SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP"] as const;
const POLL_MS = 1_000;
/** Below the 5 s after which the engine kills. */
const CLOSE_BOUND_MS = 4_700;

/** Starts watching; the returned function ends it. */
export function watchEngine(watch: EngineWatch): () => void {
  const parentPid = watch.parentPid ?? (() => process.ppid);
  const parent = parentPid();
  let ending = false;

  const closeAndExit = (): void => {
    if (ending) return; // a second signal does not make closing faster
    ending = true;
    void closeWithin(watch.close, watch.boundMs ?? CLOSE_BOUND_MS).then(() => watch.exit(0));
  };
  const poll = setInterval(() => {
    if (parentPid() !== parent) closeAndExit();
  }, watch.pollMs ?? POLL_MS);
  poll.unref();
  for (const signal of SIGNALS) process.on(signal, closeAndExit);

  return () => {
    clearInterval(poll);
    for (const signal of SIGNALS) process.off(signal, closeAndExit);
  };
}

async function closeWithin(close: () => Promise<void>, boundMs: number): Promise<void> {
  const bound = new Promise<void>((resolve) => setTimeout(resolve, boundMs));
  // No engine is left to report a failure to.
  await Promise.race([close().catch(() => undefined), bound]);
}
