// A small Node language host for machines where Pulumi's own (`pulumi-language-nodejs`) is not available: it starts the
// program, the policy packs and the plugins written for Node, and passes their output to the engine.
import * as grpc from "@grpc/grpc-js";
import { LanguageRuntimeService } from "@pulumi/pulumi/proto/language_grpc_pb";
import { endAll } from "./children";
import { handlers } from "./handlers";
import { exitWithParent } from "./parent";

/** Limit of the engine; a program's config or a plugin's output may be large. */
const maxMessageBytes = 400 * 1024 * 1024;

function main(): void {
  exitWithParent();
  process.on("exit", endAll);
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, () => process.exit(0));

  const server = new grpc.Server({
    "grpc.max_receive_message_length": maxMessageBytes,
    "grpc.max_send_message_length": maxMessageBytes,
  });
  server.addService(LanguageRuntimeService, handlers(engineAddress()));
  server.bindAsync("127.0.0.1:0", grpc.ServerCredentials.createInsecure(), (error, port) => {
    if (error !== null) throw error;
    // The engine reads the port from the first line of standard output.
    process.stdout.write(`${String(port)}\n`);
  });
}

/** Returns the address on the command line, after flags such as --tracing=…; Handshake repeats it. */
function engineAddress(): string {
  return process.argv.slice(2).find((argument) => !argument.startsWith("-")) ?? "";
}

main();
