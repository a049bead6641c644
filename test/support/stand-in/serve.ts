// The process of a stand-in: prints the port of its service, and ends with its engine.
import { Console } from "node:console";
import { watchEngine } from "../../../provider/server/engine-watch";
import { serveProvider } from "../../../provider/server/server";
import { type StandIn, standInModule } from "./module";

export async function serveStandIn(standIn: StandIn): Promise<void> {
  // The engine reads the port from stdout, where nothing else may come.
  globalThis.console = new Console(process.stderr, process.stderr);
  const engineAddress = process.argv.slice(2).find((argument) => !argument.startsWith("-"));
  const server = await serveProvider(standInModule(standIn), engineAddress === undefined ? {} : { engineAddress });
  watchEngine({ close: () => server.close(), exit: (code) => process.exit(code) });
  process.stdout.write(`${String(server.port)}\n`);
}
