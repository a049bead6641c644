import type { Log } from "../../postgres/connect/log";
import { waitForTurn } from "../../postgres/execute/table-lock";

/** Lets one at a time do its work, in the order in which they came. */
export class Turns {
  /** The first one works. */
  private readonly line: Turn[] = [];

  /** @param what gerund or noun before a name, for what is told: `conversion of` */
  constructor(private readonly what: string) {}

  /**
   * Runs `body` once all have ended that came before, whether they failed or not, and says for which one it waits. One that is cancelled
   * meanwhile leaves the line.
   */
  async take<T>(
    name: string,
    { signal, log }: { readonly signal: AbortSignal; readonly log: Pick<Log, "status"> },
    body: () => Promise<T>,
  ): Promise<T> {
    let leave = (): void => undefined;
    const own: Turn = { name, ended: new Promise((resolve) => (leave = resolve)) };
    this.line.push(own);
    try {
      for (let first = this.line[0]; first && first !== own; first = this.line[0]) {
        const waiting = `${this.what} ${name}: waits for the ${this.what} ${first.name}`;
        log.status(waiting);
        await waitForTurn(first.ended, signal, waiting);
      }
      return await body();
    } finally {
      this.line.splice(this.line.indexOf(own), 1);
      leave();
    }
  }
}

interface Turn {
  readonly name: string;
  readonly ended: Promise<void>;
}
