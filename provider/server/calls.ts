import { CallStopped } from "../runtime/failures";

/** A running call. */
interface RunningCall {
  readonly signal: AbortSignal;
  /** Stops this one call, with the reason for its signal and its error. */
  stop(reason: CallStopped): void;
  end(): void;
}

/** Running calls of this process, so that all can be stopped and waited for. */
export class Calls {
  private readonly running = new Set<AbortController>();
  private waiting: (() => void)[] = [];
  private stopped: CallStopped | undefined;

  /** Registers a call. After stopAll its signal is aborted from the start. */
  begin(timeoutSeconds: number | undefined): RunningCall {
    const controller = new AbortController();
    const timer = timeoutSeconds === undefined ? undefined : stopAfter(controller, timeoutSeconds);
    this.running.add(controller);
    if (this.stopped !== undefined) controller.abort(this.stopped);
    return {
      signal: controller.signal,
      stop: (reason) => controller.abort(reason),
      end: () => {
        clearTimeout(timer);
        this.running.delete(controller);
        if (this.running.size === 0) this.waiting.splice(0).forEach((resolve) => resolve());
      },
    };
  }

  /** Aborts running calls and all later ones. */
  stopAll(reason: CallStopped): void {
    this.stopped ??= reason;
    for (const controller of this.running) controller.abort(reason);
  }

  /** Resolves when no call is running. */
  waitUntilDrained(): Promise<void> {
    if (this.running.size === 0) return Promise.resolve();
    return new Promise((resolve) => this.waiting.push(resolve));
  }
}

/** Limit of setTimeout: 31 bits of milliseconds (24.8 days); a longer time-out is none. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

function stopAfter(controller: AbortController, seconds: number): NodeJS.Timeout | undefined {
  if (seconds * 1000 > LONGEST_TIMER_MS) return undefined;
  const reason = new CallStopped("timeout", `not finished within the ${seconds} s of its customTimeouts`);
  return setTimeout(() => controller.abort(reason), seconds * 1000);
}
