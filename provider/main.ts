import { Console } from "node:console";
import { watchEngine } from "./server/engine-watch";
import { createProviderModule } from "./module";
import { serveProvider } from "./server/server";
import { describe } from "./server/grpc-errors";

/** Longest time that an internal error may take to end the process. */
const FAIL_BOUND_MS = 5_000;

/** Runs the process that the engine starts: prints the port of its service on the first line, and nothing after it. */
async function main(args: readonly string[]): Promise<void> {
  // The engine reads the port from stdout, so libraries print to stderr, which the engine shows with --debug.
  globalThis.console = new Console(process.stderr, process.stderr);
  const engineAddress = findEngineAddress(args);
  const planFile = process.env["PGPARTITION_PLAN_FILE"];
  const server = await serveProvider(createProviderModule(), {
    ...(engineAddress === undefined ? {} : { engineAddress }),
    ...(planFile === undefined ? {} : { planFile }),
  });

  const fail = (error: unknown): void => {
    server.log.createResourceLog().error(`internal error of the provider: ${describe(error)}`);
    console.error(server.redactor.clean(error instanceof Error ? (error.stack ?? error.message) : String(error)));
    // As graceful as a requested stop: statements of other calls must not continue in the database without this process.
    setTimeout(() => process.exit(1), FAIL_BOUND_MS);
    void server.log
      .flush(FAIL_BOUND_MS)
      .then(server.close)
      .finally(() => process.exit(1));
  };
  process.on("uncaughtException", fail);
  process.on("unhandledRejection", fail);
  watchEngine({ close: () => server.close(), exit: (code) => process.exit(code) });
  process.stdout.write(`${server.port}\n`);
}

/** Returns the first argument that is not one of the engine's logging flags; undefined when started by hand. */
function findEngineAddress(args: readonly string[]): string | undefined {
  const rest = args.filter((arg, index) => arg !== "--tracing" && args[index - 1] !== "--tracing");
  return rest.find((arg) => !arg.startsWith("-"));
}

void main(process.argv.slice(2));
