import {
  decidePressure,
  explainPressure,
  FREE,
  keepWaiting,
  type Pressure,
  resolveLimits,
} from "../core/conversion/pace/pressure";
import { formatTableId } from "../core/names/resource-id";
import type { CopyRecord } from "../postgres/conversion/journal";
import { type PressureReading, readPressure } from "../postgres/conversion/read-pressure";
import { type CopyJob, describeCopy, type Stopped } from "./copy-job";
import { CheckpointCount } from "./pace";

/** Time between two looks at the server: one statement that takes no lock, on another session than the work. */
const LOOK_EVERY_MS = 1_000;

/** What the work is judged by: one that writes by all of it, one that compares by the sessions that wait for it. */
type Kind = "writes" | "reads";

/** Looks at the server beside the work, so that also what happens during one of its statements is seen. */
export class PressureWatch {
  /** As it was seen last. */
  pressure: Pressure = FREE;
  private readonly checkpoints = new CheckpointCount();
  private wasWaitedFor = false;
  private ended = false;
  private timer: NodeJS.Timeout | undefined;
  private looking: Promise<void> | undefined;

  constructor(
    private readonly job: CopyJob,
    private readonly record: CopyRecord,
    private readonly kind: Kind,
  ) {}

  /** The table, as the commands of an operator name it. */
  get table(): string {
    const { schema, name } = this.job.source.table;
    return formatTableId({ schema, table: name });
  }

  /** Looks now. A look that fails changes nothing: the work itself finds out whether the server is there. */
  async look(): Promise<void> {
    this.looking = (this.looking ?? Promise.resolve()).then(() => this.lookOnce());
    await this.looking;
  }

  /** Looks from time to time until it is ended. */
  start(): void {
    this.timer = setTimeout(() => {
      void this.look().then(() => {
        if (!this.ended) this.start();
      });
    }, LOOK_EVERY_MS);
  }

  async end(): Promise<void> {
    this.ended = true;
    clearTimeout(this.timer);
    await this.looking;
  }

  /** True if a session was seen to wait for the work since this was asked last. */
  takeWaiting(): boolean {
    const waited = this.wasWaitedFor;
    this.wasWaitedFor = false;
    return waited;
  }

  private async lookOnce(): Promise<void> {
    const { work } = this.job;
    try {
      const reading = await readPressure(work.database, this.record);
      if (reading) this.see(reading);
    } catch (error) {
      tellOnce(work, `${describeCopy(this.job)}: what the server bears cannot be read, and is not looked after`, error);
    }
  }

  private see({ server, redo, hidden, control }: PressureReading): void {
    const { work } = this.job;
    if (hidden > 0 && this.kind === "writes")
      tellOnce(
        work,
        `${describeCopy(this.job)}: how far ${hidden} replicas are behind is hidden from this role, and the copy does not wait for them; GRANT pg_monitor TO it shows it`,
      );
    if (server.waiting.length > 0) this.wasWaitedFor = true;
    const often = this.checkpoints.count(redo, performance.now());
    const wal = server.wal && { ...server.wal, checkpointsLastMinute: often };
    const judged = this.kind === "reads" ? keepWaiting(server) : { ...server, wal };
    this.pressure = decidePressure(judged, resolveLimits(control));
  }
}

/** Runs a part of the work beside a watch, which has looked once before it begins. */
export async function whileWatching<T>(
  job: CopyJob,
  record: CopyRecord,
  kind: Kind,
  body: (watch: PressureWatch) => Promise<T>,
): Promise<T> {
  const watch = new PressureWatch(job, record, kind);
  await watch.look();
  watch.start();
  try {
    return await body(watch);
  } finally {
    await watch.end();
  }
}

/** What this process has said already, by the database that it is about. */
const told = new WeakMap<object, Set<string>>();

function tellOnce({ database, log }: CopyJob["work"], message: string, error?: unknown): void {
  const known = told.get(database) ?? new Set();
  told.set(database, known);
  if (known.has(message)) return;
  known.add(message);
  log.info(error === undefined ? message : `${message}: ${error instanceof Error ? error.message : String(error)}`);
}

/** Returns why a run ended that had no time left. */
export function describeTimeOver({ pressure, table }: PressureWatch): Stopped {
  return pressure.kind === "wait"
    ? `its time is over, and it waited: ${explainPressure(table, pressure)}`
    : "its time is over";
}
