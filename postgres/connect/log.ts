/** Receiver of messages for users: the engine's log in the provider, the terminal in the command line. */
export interface Log {
  info(message: string): void;
  warn(message: string): void;
  debug(message: string): void;
  /** Shows the current activity; the next one replaces it. */
  status(message: string): void;
}

const doNothing = (): void => undefined;

/** Log that discards everything. */
export const QUIET: Log = { info: doNothing, warn: doNothing, debug: doNothing, status: doNothing };
