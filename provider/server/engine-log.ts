import { appendFileSync } from "node:fs";
import { credentials } from "@grpc/grpc-js";
import { EngineClient } from "@pulumi/pulumi/proto/engine_grpc_pb";
import { LogRequest, LogSeverity } from "@pulumi/pulumi/proto/engine_pb";
import { formatPlanLine } from "../../core/plan/report/plan-record";
import type { ResourceLog } from "../runtime/call-context";
import { GRPC_OPTIONS } from "./grpc-options";
import { toWellFormed } from "../runtime/redact";

/** Time after which a line that the engine has not accepted is dropped: a log never blocks the work. */
const SEND_DEADLINE_MS = 5_000;

/**
 * The engine's log, one line after the other in the order written: several in flight could arrive in any order. Nothing
 * here throws; without an engine (a test, a plugin started by hand) lines are dropped.
 */
export class EngineLog {
  private client: EngineClient | undefined;
  private queue: LogRequest[] = [];
  private sending: Promise<void> = Promise.resolve();
  private busy = false;

  /**
   * @param clean takes secrets out of a message before it is queued
   * @param planFile file of the machine-readable plan
   */
  constructor(
    private readonly clean: (text: string) => string,
    private readonly planFile?: string,
  ) {}

  /** Connects to the engine at `127.0.0.1:port`; a later call replaces it (argv, then Handshake, then Attach). */
  connect(address: string): void {
    this.client?.close();
    this.client = new EngineClient(address, credentials.createInsecure(), GRPC_OPTIONS);
  }

  /** Returns the log of one resource; without a URN, of the whole stack. */
  createResourceLog(urn = ""): ResourceLog {
    const writeAs = (severity: LogSeverity) => (message: string) => this.write(urn, severity, message, false);
    return {
      debug: writeAs(LogSeverity.DEBUG),
      info: writeAs(LogSeverity.INFO),
      warn: writeAs(LogSeverity.WARNING),
      error: writeAs(LogSeverity.ERROR),
      status: (message) => this.write(urn, LogSeverity.INFO, message, true),
      record: (record) => this.append(formatPlanLine({ urn, ...record })),
    };
  }

  /** Resolves when the engine has all lines so far, or after the bound. */
  async flush(boundMs: number): Promise<void> {
    if (!this.busy) return;
    let timer: NodeJS.Timeout | undefined;
    const bound = new Promise<void>((resolve) => (timer = setTimeout(resolve, boundMs)));
    await Promise.race([this.sending, bound]);
    clearTimeout(timer);
  }

  close(): void {
    this.client?.close();
    this.client = undefined;
    this.queue = [];
  }

  private append(line: string): void {
    if (this.planFile === undefined) return;
    try {
      appendFileSync(this.planFile, `${toWellFormed(this.clean(line))}\n`, { mode: 0o600 });
    } catch (error) {
      this.write("", LogSeverity.WARNING, `the plan cannot be written to "${this.planFile}": ${String(error)}`, false);
    }
  }

  private write(urn: string, severity: LogSeverity, message: string, ephemeral: boolean): void {
    if (this.client === undefined) return;
    const request = new LogRequest();
    request.setUrn(urn);
    request.setSeverity(severity);
    request.setMessage(toWellFormed(this.clean(message)));
    request.setEphemeral(ephemeral);
    // An unsent status is out of date: fast progress must not queue up before the lines that matter.
    if (ephemeral) this.queue = this.queue.filter((other) => !(other.getEphemeral() && other.getUrn() === urn));
    this.queue.push(request);
    if (!this.busy) this.sending = this.drain();
  }

  private async drain(): Promise<void> {
    this.busy = true;
    for (let next = this.queue.shift(); next !== undefined; next = this.queue.shift()) await this.send(next);
    this.busy = false;
  }

  private send(request: LogRequest): Promise<void> {
    return new Promise((resolve) => {
      const client = this.client;
      if (client === undefined) return resolve();
      try {
        client.makeUnaryRequest(
          "/pulumirpc.Engine/Log",
          (value: LogRequest) => Buffer.from(value.serializeBinary()),
          () => undefined,
          request,
          // eslint-disable-next-line no-restricted-syntax -- gRPC takes its deadlines as points in time
          { deadline: Date.now() + SEND_DEADLINE_MS },
          () => resolve(),
        );
      } catch {
        resolve(); // closed meanwhile
      }
    });
  }
}
