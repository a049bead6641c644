import { Server, ServerCredentials } from "@grpc/grpc-js";
import type { handleUnaryCall } from "@grpc/grpc-js";
import { ResourceProviderService } from "@pulumi/pulumi/proto/provider_grpc_pb";
import type { IResourceProviderServer } from "@pulumi/pulumi/proto/provider_grpc_pb";
import { GetMappingResponse, GetMappingsResponse } from "@pulumi/pulumi/proto/provider_pb";
import { EngineLog } from "./engine-log";
import { GRPC_OPTIONS } from "./grpc-options";
import type { ProviderModule } from "../runtime/provider-module";
import { Redactor } from "../runtime/redact";
import { Calls } from "./calls";
import * as checks from "./check-and-diff";
import * as config from "./configure";
import { getTimeoutSeconds } from "./core";
import type { Core } from "./core";
import { invoke } from "./plugin";
import * as lifecycle from "./lifecycle";
import { list } from "./list";
import * as plugin from "./plugin";
import { serveUnary } from "./unary";

export interface ProviderServer {
  readonly port: number;
  readonly redactor: Redactor;
  readonly log: EngineLog;
  /** Stops running calls, waits for them within the bound, closes module and socket. */
  close(): Promise<void>;
}

export interface ServerOptions {
  /** Address of the engine's log service; Handshake and Attach replace it. */
  readonly engineAddress?: string;
  /** File that receives the machine-readable plan. @default none */
  readonly planFile?: string;
  /** Time that calls may take to stop after Cancel. Below 5 s, which is all that the engine waits. @default 4000 */
  readonly stopMs?: number;
}

const STOP_MS = 4_000;
/** Time between abandoning the calls and the answer to Cancel, so that their own answers come first. */
const CANCEL_MARGIN_MS = 500;

/** Serves the module as a Pulumi resource provider on a free port of the loopback interface. */
export async function serveProvider(module: ProviderModule, options: ServerOptions = {}): Promise<ProviderServer> {
  const redactor = new Redactor();
  const log = new EngineLog(redactor.clean, options.planFile);
  if (options.engineAddress !== undefined) log.connect(options.engineAddress);
  const stopMs = options.stopMs ?? STOP_MS;
  const core: Core = { module, calls: new Calls(), log, redactor, abandonMs: stopMs };

  const server = new Server(GRPC_OPTIONS);
  server.addService(ResourceProviderService, createService(core, stopMs + CANCEL_MARGIN_MS));
  const port = await bind(server);
  const close = async (): Promise<void> => {
    await plugin.cancel(core, stopMs + CANCEL_MARGIN_MS);
    await module.close();
    log.close();
    server.forceShutdown();
  };
  return { port, redactor, log, close };
}

function createService(core: Core, cancelMs: number): IResourceProviderServer {
  return {
    handshake: serveAlways((request) => plugin.handshake(core, request)),
    attach: serveAlways((request) => plugin.attach(core, request)),
    getPluginInfo: serveAlways(() => plugin.getPluginInfo(core)),
    cancel: serveAlways(() => plugin.cancel(core, cancelMs)),
    getSchema: serveUnary(core, (request) => plugin.getSchema(core, request)),
    checkConfig: serveUnary(core, (request, signal) => config.checkConfig(core, request, signal)),
    diffConfig: serveUnary(core, (request, signal) => config.diffConfig(core, request, signal)),
    configure: serveUnary(core, (request, signal) => config.configure(core, request, signal)),
    check: serveUnary(core, (request, signal) => checks.check(core, request, signal)),
    diff: serveUnary(core, (request, signal) => checks.diff(core, request, signal)),
    create: serveUnary(core, (request, signal) => lifecycle.create(core, request, signal), getTimeoutSeconds),
    read: serveUnary(core, (request, signal) => lifecycle.read(core, request, signal), getTimeoutSeconds),
    update: serveUnary(core, (request, signal) => lifecycle.update(core, request, signal), getTimeoutSeconds),
    delete: serveUnary(core, (request, signal) => lifecycle.remove(core, request, signal), getTimeoutSeconds),
    invoke: serveUnary(core, (request, signal) => invoke(core, request, signal)),
    list: list(core),
    // "A provider should return an empty response (not an error) if it doesn't have a mapping": provider.proto.
    getMapping: serveAlways(() => Promise.resolve(new GetMappingResponse())),
    getMappings: serveAlways(() => Promise.resolve(new GetMappingsResponse())),
    parameterize: plugin.refuseMethod(`${core.module.name} is not a parameterized provider`),
    construct: plugin.refuseMethod(`components of ${core.module.name} are classes of its npm package`),
    call: plugin.refuseMethod(`resources of ${core.module.name} have no methods`),
  };
}

/** Serves calls that are answered also after Cancel, and that Cancel must not wait for. */
function serveAlways<Request, Response>(
  run: (request: Request) => Promise<Response>,
): handleUnaryCall<Request, Response> {
  return (call, callback) => {
    run(call.request).then(
      (response) => callback(null, response),
      (error: Error) => callback(error),
    );
  };
}

function bind(server: Server): Promise<number> {
  return new Promise((resolve, reject) => {
    server.bindAsync("127.0.0.1:0", ServerCredentials.createInsecure(), (error, port) =>
      error === null ? resolve(port) : reject(error),
    );
  });
}
