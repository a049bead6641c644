/** Receiver of messages for users: the engine's log in the provider, the terminal in the command line. */
export interface Log {
  info(message: string): void;
  warn(message: string): void;
  debug(message: string): void;
  /** Shows the current activity; the next one replaces it. */
  status(message: string): void;
}

const nothing = (): void => undefined;

/** Log that discards everything. */
export const QUIET: Log = { info: nothing, warn: nothing, debug: nothing, status: nothing };
