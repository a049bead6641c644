// The gRPC server of the language host, on a free port of the loopback interface.
import * as grpc from "@grpc/grpc-js";
import { LanguageRuntimeService } from "@pulumi/pulumi/proto/language_grpc_pb";
import { handlers } from "./handlers";
import { type RunProgram, runProgram } from "./program";

interface LanguageServer {
  readonly port: number;
  readonly close: () => void;
}

/** Limit of the engine; a program's config or a plugin's output may be large. */
const maxMessageBytes = 400 * 1024 * 1024;

/** `engineAddress` is replaced by that of the engine's Handshake. Programs are started by `run`, as processes by default. */
export function serveLanguage(engineAddress: string, run: RunProgram = runProgram): Promise<LanguageServer> {
  const server = new grpc.Server({
    "grpc.max_receive_message_length": maxMessageBytes,
    "grpc.max_send_message_length": maxMessageBytes,
  });
  server.addService(LanguageRuntimeService, handlers(engineAddress, run));
  return new Promise((resolve, reject) => {
    server.bindAsync("127.0.0.1:0", grpc.ServerCredentials.createInsecure(), (error, port) => {
      if (error !== null) reject(error);
      else resolve({ port, close: () => server.forceShutdown() });
    });
  });
}
