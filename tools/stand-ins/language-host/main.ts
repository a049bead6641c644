// A small Node language host for machines where Pulumi's own (`pulumi-language-nodejs`) is not available: it starts the
// program, the policy packs and the plugins written for Node, and passes their output to the engine.
import { endAll } from "./children";
import { exitWithParent } from "./parent";
import { serveLanguage } from "./server";

async function main(): Promise<void> {
  exitWithParent();
  process.on("exit", endAll);
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, () => process.exit(0));
  const { port } = await serveLanguage(engineAddress());
  // The engine reads the port from the first line of standard output.
  process.stdout.write(`${String(port)}\n`);
}

/** Returns the address on the command line, after flags such as --tracing=…; Handshake repeats it. */
function engineAddress(): string {
  return process.argv.slice(2).find((argument) => !argument.startsWith("-")) ?? "";
}

void main();
