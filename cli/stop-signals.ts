/** How a run learns that it is to end. */
export interface Stop {
  /** Aborted by the first signal: ends between two steps. */
  readonly soon: AbortSignal;
  /** Aborted by the second one: cancels the running statement. */
  readonly now: AbortSignal;
  /** From then on signals end the process as usual. */
  readonly close: () => void;
}

const SIGNALS = ["SIGINT", "SIGTERM"] as const;

export function listenToStop(told: () => void): Stop {
  const soon = new AbortController();
  const now = new AbortController();
  const close = (): void => SIGNALS.forEach((signal) => void process.off(signal, stop));
  const stop = (): void => {
    if (soon.signal.aborted) {
      now.abort();
      // A third one ends the process, whatever it waits for.
      close();
      return;
    }
    soon.abort();
    told();
  };
  for (const signal of SIGNALS) process.on(signal, stop);
  return { soon: soon.signal, now: now.signal, close };
}
