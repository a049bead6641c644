// Types of a bench and of its options.
import type { Row } from "./report";

export interface BenchOptions {
  /** Small sizes and one round, to see that everything still runs; the figures mean nothing. */
  readonly quick: boolean;
  /** Ends the running bench. */
  readonly signal: AbortSignal;
  /** Reports progress on standard error. */
  readonly say: (text: string) => void;
}

export type Bench = (options: BenchOptions) => Promise<Row[]>;
