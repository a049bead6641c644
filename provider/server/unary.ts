import type { handleUnaryCall } from "@grpc/grpc-js";
import { Abandoned, CallStopped } from "../runtime/failures";
import type { Core } from "./core";
import { toGrpcError } from "./grpc-errors";

/** Time for a call's lines, which come before its result; an engine that does not accept them must not block it. */
const FLUSH_MS = 1_000;

/**
 * Turns a plain async function into a gRPC method: gives it the signal of the call, sends its log before its answer, maps
 * its error, and answers for it when it does not stop after its signal.
 */
export function serveUnary<Request, Response>(
  core: Core,
  run: (request: Request, signal: AbortSignal) => Promise<Response>,
  timeoutSeconds: (request: NoInfer<Request>) => number | undefined = () => undefined,
): handleUnaryCall<Request, Response> {
  return (call, callback) => {
    const running = core.calls.begin(timeoutSeconds(call.request));
    call.on("cancelled", () => running.stop(new CallStopped("cancelled", "the engine hung up")));
    void answer(core, running.signal, () => run(call.request, running.signal))
      .then(
        (response) => callback(null, response),
        (error: unknown) => callback(toGrpcError(error, running.signal, core.redactor.clean)),
      )
      .finally(() => running.end());
  };
}

/** Runs the body of a call, streaming ones too, and sends its log lines to the engine before its result. */
export async function answer<T>(core: Core, signal: AbortSignal, body: () => Promise<T>): Promise<T> {
  try {
    signal.throwIfAborted();
    return await waitOrAbandon(body(), signal, core.abandonMs);
  } finally {
    await core.log.flush(FLUSH_MS);
  }
}

/** Returns the work, or, some time after the signal was aborted, an error in its place: the engine waits for no work for ever. */
function waitOrAbandon<T>(work: Promise<T>, signal: AbortSignal, abandonMs: number): Promise<T> {
  return new Promise((resolve, reject) => {
    let timer: NodeJS.Timeout | undefined;
    const abandon = (): void => {
      const message = `did not stop within ${abandonMs / 1000} s of the request; its last statement may still take effect`;
      timer = setTimeout(() => reject(new Abandoned(message)), abandonMs);
    };
    if (signal.aborted) abandon();
    else signal.addEventListener("abort", abandon, { once: true });
    void work.then(resolve, reject).finally(() => {
      clearTimeout(timer);
      signal.removeEventListener("abort", abandon);
    });
  });
}
