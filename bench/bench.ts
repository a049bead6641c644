// What a bench is, and what it is given.
import type { Row } from "./report";

export interface BenchOptions {
  /** Small sizes and one round, to see that everything still runs; the figures mean nothing. */
  readonly quick: boolean;
  /** Ends what is under way. */
  readonly signal: AbortSignal;
  /** Progress, on standard error. */
  readonly say: (text: string) => void;
}

export type Bench = (options: BenchOptions) => Promise<Row[]>;
