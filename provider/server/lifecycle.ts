import { CreateResponse, ReadResponse, UpdateResponse } from "@pulumi/pulumi/proto/provider_pb";
import type { CreateRequest, DeleteRequest, ReadRequest, UpdateRequest } from "@pulumi/pulumi/proto/provider_pb";
import { Empty } from "google-protobuf/google/protobuf/empty_pb";
import { decode, encode } from "../runtime/property-codec";
import type { Decoded } from "../runtime/property-codec";
import { PartialFailure } from "../runtime/failures";
import { carrySecrets } from "./carry";
import { getHandler, createResourceContext } from "./core";
import type { Core } from "./core";

/** Serves Create, Read, Update, Delete: decode, call the handler, encode. */
export async function create(core: Core, request: CreateRequest, signal: AbortSignal): Promise<CreateResponse> {
  const inputs = decode(request.getProperties());
  const ctx = createResourceContext(core, signal, request, inputs.secrets);
  const preview = request.getPreview();
  const result = await keepSecrets([inputs], () =>
    getHandler(core, request).create(ctx, { inputs: inputs.value, preview }),
  );
  const response = new CreateResponse();
  response.setId(result.id);
  response.setProperties(encode(result.outputs, carrySecrets(result.outputs, [inputs], result.secrets)));
  response.setRefreshBeforeUpdate(result.refreshBeforeUpdate ?? false);
  return response;
}

export async function read(core: Core, request: ReadRequest, signal: AbortSignal): Promise<ReadResponse> {
  const inputs = decode(request.getInputs());
  const outputs = decode(request.getProperties());
  const ctx = createResourceContext(core, signal, request, inputs.secrets);
  const result = await keepSecrets([inputs, outputs], () =>
    getHandler(core, request).read(ctx, {
      id: request.getId(),
      oldInputs: request.hasInputs() ? inputs.value : undefined,
      oldOutputs: request.hasProperties() ? outputs.value : undefined,
    }),
  );
  const response = new ReadResponse();
  if (result === undefined) return response; // an empty id: gone
  response.setId(result.id);
  response.setInputs(encode(result.inputs, carrySecrets(result.inputs, [inputs], result.secretInputs)));
  response.setProperties(encode(result.outputs, carrySecrets(result.outputs, [inputs, outputs], result.secrets)));
  response.setRefreshBeforeUpdate(result.refreshBeforeUpdate ?? false);
  return response;
}

export async function update(core: Core, request: UpdateRequest, signal: AbortSignal): Promise<UpdateResponse> {
  const news = decode(request.getNews());
  const olds = decode(request.getOlds());
  const ctx = createResourceContext(core, signal, request, news.secrets);
  const result = await keepSecrets([news], () =>
    getHandler(core, request).update(ctx, {
      id: request.getId(),
      oldInputs: decode(request.getOldInputs()).value,
      oldOutputs: olds.value,
      news: news.value,
      ignoreChanges: request.getIgnorechangesList(),
      preview: request.getPreview(),
    }),
  );
  const response = new UpdateResponse();
  response.setProperties(encode(result.outputs, carrySecrets(result.outputs, [news], result.secrets)));
  response.setRefreshBeforeUpdate(result.refreshBeforeUpdate ?? false);
  return response;
}

export async function remove(core: Core, request: DeleteRequest, signal: AbortSignal): Promise<Empty> {
  const inputs = decode(request.getOldInputs());
  const ctx = createResourceContext(core, signal, request, inputs.secrets);
  const outputs = decode(request.getProperties());
  await getHandler(core, request).delete(ctx, {
    id: request.getId(),
    oldInputs: inputs.value,
    oldOutputs: outputs.value,
  });
  return new Empty();
}

/** Carries secrets into a partial failure too: the part that was created is saved like a success. */
async function keepSecrets<T>(sources: readonly Decoded[], work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof PartialFailure)) throw error;
    const secrets = carrySecrets(error.state.outputs, sources, error.state.secrets);
    throw new PartialFailure({ ...error.state, secrets });
  }
}
