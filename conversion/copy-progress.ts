import { namePressure, type Pressure } from "../core/conversion/pace/pressure";
import { seldom } from "../jobs/progress";
import { formatDuration } from "../postgres/execute/obstacles";
import type { CopyRecord } from "../postgres/conversion/journal";
import { type CopyJob, describeCopy } from "./copy-job";
import type { Followed } from "./follow";

/** Tells how far a copy has come: share, rows, rate, and the time that remains by that rate. */
export class CopyProgress {
  private readonly started = performance.now();
  private readonly tell: (text: () => string) => void;
  private rows = 0;
  private changes = 0;
  private share = 0;
  /** True while more changes are pending than one transaction reconciles: they go first, and nothing is copied. */
  private behind = false;
  private readonly firstShare: number;

  constructor(
    private readonly job: CopyJob,
    { nextBlock, endBlock = 0 }: Pick<CopyRecord, "nextBlock" | "endBlock">,
    /** Tells why it is slower than it could be. */
    private readonly watch: { readonly pressure: Pressure },
  ) {
    this.tell = seldom((text) => job.work.log.status(text));
    this.firstShare = endBlock === 0 ? 0 : nextBlock / endBlock;
    this.share = this.firstShare;
  }

  copied(rows: number, next: number, end: number): void {
    this.rows += rows;
    this.share = end === 0 ? 1 : next / end;
    this.tell(() => this.describe());
  }

  followed({ changes, complete, emptied }: Followed): void {
    this.changes += changes;
    this.behind = !complete && !emptied;
    this.tell(() => this.describe());
  }

  private describe(): string {
    const seconds = (performance.now() - this.started) / 1000;
    const done = this.share - this.firstShare;
    const left = done > 0 ? `, about ${formatDuration((seconds * (1 - this.share)) / done)} left` : "";
    const rate = Math.round(this.rows / Math.max(seconds, 0.001)).toLocaleString("en");
    return `${describeCopy(this.job)}: ${Math.floor(this.share * 100)} % copied, ${rate} rows a second${left}; ${this.changes.toLocaleString("en")} changes followed${this.describePace()}`;
  }

  private describePace(): string {
    const first = this.behind ? "changes that are pending are followed first" : undefined;
    const held = [first, namePressure(this.watch.pressure)].filter((text) => text !== undefined);
    return held.map((text) => `; ${text}`).join("");
  }
}
