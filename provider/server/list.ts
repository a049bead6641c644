import { once } from "node:events";
import type { handleServerStreamingCall, ServerWritableStream } from "@grpc/grpc-js";
import { ListResponse } from "@pulumi/pulumi/proto/provider_pb";
import type { ListRequest } from "@pulumi/pulumi/proto/provider_pb";
import { decode } from "../runtime/property-codec";
import { CallStopped } from "../runtime/failures";
import type { ListItem } from "../runtime/handler";
import { containsUnknown } from "../runtime/values";
import { createCallContext, findHandler } from "./core";
import type { Core } from "./core";
import { toGrpcError } from "./grpc-errors";
import { answer } from "./unary";

type Stream = ServerWritableStream<ListRequest, ListResponse>;

/** Serves List: objects that could be imported, in pages. A page's token is the number of items before it. */
export function list(core: Core): handleServerStreamingCall<ListRequest, ListResponse> {
  return (stream) => {
    const running = core.calls.begin(undefined);
    stream.on("cancelled", () => running.stop(new CallStopped("cancelled", "the engine hung up")));
    void answer(core, running.signal, () => writePage(core, stream, running.signal))
      .then(
        () => stream.end(),
        // destroy() would break the stream without a status; this is how grpc-js ends one with an error.
        (error: unknown) => stream.emit("error", toGrpcError(error, running.signal, core.redactor.clean)),
      )
      .finally(() => running.end());
  };
}

async function writePage(core: Core, stream: Stream, signal: AbortSignal): Promise<void> {
  const request = stream.request;
  const handler = findHandler(core, request.getToken());
  if (handler.list === undefined) throw new Error(`resource type "${handler.token}" cannot be listed`);
  const query = decode(request.getQuery()).value;
  if (containsUnknown(query)) return write(stream, createComputed());

  const limit = request.getLimit() > 0 ? request.getLimit() : undefined;
  const from = Number(request.getContinuationToken() || 0);
  const to = Math.min(limit ?? Infinity, request.getPageSize() > 0 ? from + request.getPageSize() : Infinity);
  let position = 0;
  for await (const item of handler.list(createCallContext(core, signal), { query, limit })) {
    signal.throwIfAborted();
    if (position >= to) return position === limit ? undefined : write(stream, createContinuation(position));
    if (position >= from) await write(stream, toResult(item));
    position += 1;
  }
}

async function write(stream: Stream, response: ListResponse): Promise<void> {
  if (!stream.write(response)) await once(stream, "drain");
}

function toResult(item: ListItem): ListResponse {
  const result = new ListResponse.Result();
  result.setId(item.id);
  result.setName(item.name);
  return new ListResponse().setResult(result);
}

function createContinuation(position: number): ListResponse {
  const next = new ListResponse.Continuation();
  next.setContinuationToken(String(position));
  return new ListResponse().setContinuation(next);
}

function createComputed(): ListResponse {
  return new ListResponse().setComputed(new ListResponse.Computed());
}
