/** Where messages for people go: the engine's log in the provider, the terminal in the command line. */
export interface Log {
  info(message: string): void;
  warn(message: string): void;
  debug(message: string): void;
  /** What is going on right now; the next one replaces it. */
  status(message: string): void;
}

const nothing = (): void => undefined;

/** Where there is no one to tell. */
export const QUIET: Log = { info: nothing, warn: nothing, debug: nothing, status: nothing };
