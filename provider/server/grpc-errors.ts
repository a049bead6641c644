import { Metadata, status } from "@grpc/grpc-js";
import type { ServerErrorResponse } from "@grpc/grpc-js";
import { ConfigureErrorMissingKeys, ErrorResourceInitFailed } from "@pulumi/pulumi/proto/provider_pb";
import { Status } from "@pulumi/pulumi/proto/status_pb";
import { Any } from "google-protobuf/google/protobuf/any_pb";
import { encode } from "../runtime/property-codec";
import { Abandoned, CallStopped, MissingConfig, PartialFailure, Refusal } from "../runtime/failures";
import { toWellFormed } from "../runtime/redact";

/** Errors travel in HTTP/2 trailers, twice; the engine's client accepts 16 MB of them. */
const LONGEST_MESSAGE = 64 * 1024;

/**
 * Converts the error for gRPC: message and causes in one line, no stack, no secrets. The engine takes UNKNOWN as "state
 * unknown" and marks the update as maybe corrupt, and every other code used here as "nothing happened".
 */
export function toGrpcError(error: unknown, signal: AbortSignal, clean: (text: string) => string): ServerErrorResponse {
  const stop = signal.reason instanceof CallStopped ? signal.reason : undefined;
  const message = shorten(toWellFormed(clean(addStop(stop, error))));
  const code = toCode(error, stop);
  const response: ServerErrorResponse = { name: "Error", message, details: message, code };
  const detail = toDetail(error, clean);
  return detail === undefined ? response : { ...response, metadata: packStatus(code, message, detail) };
}

/** Joins the message and those of its causes: `attaching "x" to "y": canceling statement due to lock timeout`. */
export function describe(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const parts = [error.message || error.name];
  if (error instanceof AggregateError) parts.push(error.errors.map(describe).join("; "));
  // Some wrappers repeat the message of their cause.
  const cause = error.cause === undefined ? "" : describe(error.cause);
  if (cause !== "" && !error.message.includes(cause)) parts.push(cause);
  return parts.join(": ");
}

function addStop(stop: CallStopped | undefined, error: unknown): string {
  const said = describe(error);
  return stop === undefined || said.includes(stop.message) ? said : `${stop.message}: ${said}`;
}

function toCode(error: unknown, stop: CallStopped | undefined): status {
  if (error instanceof Abandoned) return status.UNKNOWN;
  if (error instanceof Refusal) return status.FAILED_PRECONDITION;
  if (error instanceof MissingConfig) return status.INVALID_ARGUMENT;
  if (error instanceof CallStopped || stop?.kind === "cancelled") return status.CANCELLED;
  return stop?.kind === "timeout" ? status.DEADLINE_EXCEEDED : status.UNKNOWN;
}

interface Detail {
  readonly type: string;
  readonly bytes: Uint8Array;
}

function toDetail(error: unknown, clean: (text: string) => string): Detail | undefined {
  if (error instanceof PartialFailure) return toInitFailed(error, clean);
  return error instanceof MissingConfig ? toMissingKeys(error) : undefined;
}

function toInitFailed({ state }: PartialFailure, clean: (text: string) => string): Detail {
  const detail = new ErrorResourceInitFailed();
  detail.setId(state.id);
  detail.setProperties(encode(state.outputs, state.secrets));
  if (state.inputs !== undefined) detail.setInputs(encode(state.inputs, state.secrets));
  const cause = state.cause === undefined ? [] : [describe(state.cause)];
  detail.setReasonsList([...state.reasons, ...cause].map((reason) => shorten(toWellFormed(clean(reason)))));
  detail.setRefreshBeforeUpdate(state.refreshBeforeUpdate ?? false);
  return { type: "pulumirpc.ErrorResourceInitFailed", bytes: detail.serializeBinary() };
}

function toMissingKeys(error: MissingConfig): Detail {
  const detail = new ConfigureErrorMissingKeys();
  for (const { name, description } of error.keys) {
    const key = new ConfigureErrorMissingKeys.MissingKey();
    key.setName(name);
    key.setDescription(description);
    detail.addMissingkeys(key);
  }
  return { type: "pulumirpc.ConfigureErrorMissingKeys", bytes: detail.serializeBinary() };
}

/** Packs google.rpc.Status into the trailer where Go's gRPC looks for details; grpc-js has no call for it. */
function packStatus(code: status, message: string, detail: Detail): Metadata {
  const any = new Any();
  any.pack(detail.bytes, detail.type);
  const rich = new Status();
  rich.setCode(code);
  rich.setMessage(message);
  rich.addDetails(any);
  const metadata = new Metadata();
  metadata.add("grpc-status-details-bin", Buffer.from(rich.serializeBinary()));
  return metadata;
}

function shorten(text: string): string {
  return text.length <= LONGEST_MESSAGE ? text : `${text.slice(0, LONGEST_MESSAGE)} … (cut)`;
}
