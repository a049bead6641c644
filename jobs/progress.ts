import { formatBytes } from "../core/size";

/** Time between two lines of the status column. */
const TELL_MS = 1_000;

/** Limits `tell` to one call a second. */
export function seldom(tell: (text: string) => void): (text: () => string) => void {
  let told = performance.now();
  return (text) => {
    if (performance.now() - told < TELL_MS) return;
    told = performance.now();
    tell(text());
  };
}

/** Part that is done. */
interface DonePart {
  readonly rows: number;
  readonly textBytes: number;
  /** Bytes that it takes where it went. */
  readonly bytes: number;
}

/** Reports how far a job has come: rows and bytes, rate, and what remains by that rate. */
export class Progress {
  private readonly started = performance.now();
  private told = 0;
  private rows = 0;
  private textBytes = 0;
  private doneBytes = 0;
  private parts = 0;
  /** Bytes of the part that is being read. */
  private current = 0;

  constructor(
    /** Gerund and object: `archiving x`. */
    private readonly subject: string,
    private readonly expected: { readonly rows: number | undefined; readonly bytes: number },
    private readonly tell: (text: string) => void,
  ) {}

  /** Starts a part, perhaps again. */
  reading(): void {
    this.current = 0;
  }

  read(bytes: number): void {
    this.current = bytes;
    if (performance.now() - this.told < TELL_MS) return;
    this.say();
  }

  done({ bytes, rows, textBytes }: DonePart): void {
    this.parts += 1;
    this.rows += rows;
    this.textBytes += textBytes;
    this.doneBytes += bytes;
    this.say();
  }

  private say(): void {
    this.told = performance.now();
    const seconds = (this.told - this.started) / 1000;
    const read = this.textBytes + this.current;
    const { rows } = this.expected;
    const ofAll = rows === undefined || rows <= 0 ? "" : ` of ~${rows}`;
    const remaining =
      rows === undefined || rows <= this.rows || this.rows === 0
        ? ""
        : `, about ${duration((seconds * (rows - this.rows)) / this.rows)} left`;
    this.tell(
      `${this.subject}: ${this.rows}${ofAll} rows in ${this.parts} parts (${formatBytes(this.doneBytes)}), ` +
        `${formatBytes(read)} read at ${formatBytes(seconds > 0 ? read / seconds : 0)}/s${remaining}`,
    );
  }
}

function duration(seconds: number): string {
  if (seconds < 90) return `${Math.ceil(seconds)} s`;
  return seconds < 5400 ? `${Math.ceil(seconds / 60)} min` : `${Math.ceil(seconds / 3600)} h`;
}
