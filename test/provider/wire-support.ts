import { credentials, Metadata, Server, ServerCredentials } from "@grpc/grpc-js";
import type { CallOptions, ClientUnaryCall, ServiceError } from "@grpc/grpc-js";
import { EngineService } from "@pulumi/pulumi/proto/engine_grpc_pb";
import type { LogRequest } from "@pulumi/pulumi/proto/engine_pb";
import { ResourceProviderClient } from "@pulumi/pulumi/proto/provider_grpc_pb";
import { Empty } from "google-protobuf/google/protobuf/empty_pb";
import { GRPC_OPTIONS } from "../../provider/server/grpc-options";
import type { ResourceHandler } from "../../provider/runtime/handler";
import type { ProviderModule } from "../../provider/runtime/provider-module";
import { serveProvider } from "../../provider/server/server";
import type { ServerOptions } from "../../provider/server/server";

export const TOKEN = "fake:index:Thing";
export const URN = `urn:pulumi:dev::shop::pkg:index:Parent$${TOKEN}::my::thing`;

/** A handler that accepts everything and echoes it; a test breaks one method. */
export function fakeHandler(broken: Partial<ResourceHandler> = {}): ResourceHandler {
  return {
    token: TOKEN,
    check: (_ctx, { news }) => Promise.resolve({ inputs: news, failures: [] }),
    diff: () => Promise.resolve({ changes: false, detailedDiff: {} }),
    create: (_ctx, { inputs }) => Promise.resolve({ id: "id-1", outputs: inputs }),
    read: () => Promise.resolve(undefined),
    update: (_ctx, { news }) => Promise.resolve({ outputs: news }),
    delete: () => Promise.resolve(),
    ...broken,
  };
}

export function fakeModule(handler: ResourceHandler, rest: Partial<ProviderModule> = {}): ProviderModule {
  return {
    name: "fake",
    version: "1.2.3",
    schema: () => '{"name":"fake"}',
    checkConfig: (_ctx, { news }) => Promise.resolve({ inputs: news, failures: [] }),
    diffConfig: () => Promise.resolve({ changes: undefined, detailedDiff: {} }),
    configure: () => Promise.resolve(),
    handlers: [handler],
    functions: {},
    cancel: () => Promise.resolve(),
    close: () => Promise.resolve(),
    ...rest,
  };
}

const open: (() => void | Promise<void>)[] = [];

/** A client over a real socket; closeAll ends it and its server. */
export async function connect(module: ProviderModule, options: ServerOptions = {}): Promise<ResourceProviderClient> {
  const server = await serveProvider(module, { stopMs: 300, ...options });
  const client = new ResourceProviderClient(`127.0.0.1:${server.port}`, credentials.createInsecure(), GRPC_OPTIONS);
  open.push(() => client.close(), server.close);
  return client;
}

export async function closeAll(): Promise<void> {
  for (const close of open.splice(0)) await close();
}

type Callback<Response> = (error: ServiceError | null, response: Response) => void;

/** The three ways to call one method of a generated client; named whole, or inference would see the last one only. */
interface Method<Request, Response> {
  (request: Request, callback: Callback<Response>): ClientUnaryCall;
  (request: Request, metadata: Metadata, callback: Callback<Response>): ClientUnaryCall;
  (request: Request, metadata: Metadata, options: Partial<CallOptions>, callback: Callback<Response>): ClientUnaryCall;
}
type Client = ResourceProviderClient;
type RequestOf<Name extends keyof Client> = Client[Name] extends Method<infer Request, infer _> ? Request : never;
type ResponseOf<Name extends keyof Client> = Client[Name] extends Method<infer _, infer Response> ? Response : never;

/** Calls a method of the client as a promise. */
export function ask<Name extends keyof Client>(
  client: Client,
  name: Name,
  request: RequestOf<Name>,
  options: Partial<CallOptions> = {},
): Promise<ResponseOf<Name>> {
  const method = client[name] as Method<RequestOf<Name>, ResponseOf<Name>>;
  return new Promise((resolve, reject) => {
    method.call(client, request, new Metadata(), options, (error, response) =>
      error === null ? resolve(response) : reject(error),
    );
  });
}

/** The error a call ends with; fails when it succeeds. */
export async function failure(call: Promise<unknown>): Promise<ServiceError> {
  return call.then(
    () => Promise.reject(new Error("the call succeeded")),
    (error: ServiceError) => error,
  );
}

/** Stands in for the engine's log service and keeps what it is told. */
export async function fakeEngine(delayMs = 0): Promise<{ address: string; lines: LogRequest.AsObject[] }> {
  const lines: LogRequest.AsObject[] = [];
  const refuse = (_call: unknown, callback: (error: Error) => void): void => callback(new Error("not here"));
  const server = new Server();
  server.addService(EngineService, {
    log: (call: { request: LogRequest }, callback: (error: null, response: Empty) => void) => {
      lines.push(call.request.toObject());
      setTimeout(() => callback(null, new Empty()), delayMs);
    },
    getRootResource: refuse,
    setRootResource: refuse,
    startDebugging: refuse,
    requirePulumiVersion: refuse,
  });
  const port = await new Promise<number>((resolve, reject) => {
    server.bindAsync("127.0.0.1:0", ServerCredentials.createInsecure(), (error, bound) =>
      error === null ? resolve(bound) : reject(error),
    );
  });
  open.push(() => server.forceShutdown());
  return { address: `127.0.0.1:${port}`, lines };
}
