// A process that serves one plugin after the other, each with a memory and a socket of its own, and the programs of the runs of the
// engine: most runs are about the database, and starting processes for each is most of what they cost. Bundled as the plugin is;
// global-setup.ts starts it.
import { Console } from "node:console";
import { createServer, type Socket } from "node:net";
import { createInterface } from "node:readline";
import { createProviderModule } from "../../../provider/module";
import { serveProvider } from "../../../provider/server/server";
import { endAll } from "../../../tools/stand-ins/language-host/children";
import { serveLanguage } from "../../../tools/stand-ins/language-host/server";
import { reportToProgram, runWarm } from "./warm-program";

interface PluginRequest {
  /** Without it, that of the engine that attaches. */
  readonly engineAddress?: string;
  readonly planFile?: string;
}

/** One line of JSON each. */
export type HostRequest =
  { readonly plugin: PluginRequest } | { readonly language: "nodejs" } | { readonly close: number };
export type HostAnswer = { readonly port: number } | { readonly error: string };

interface Served {
  readonly port: number;
  readonly close: () => void | Promise<void>;
}

/** What would have ended a plugin of its own: the next one that is closed says it. */
let broken: string | undefined;

function serve(socket: Socket): void {
  const open = new Map<number, Served>();
  const answer = async (request: HostRequest): Promise<HostAnswer> => {
    if (!("close" in request)) {
      const server: Served =
        "plugin" in request
          ? await serveProvider(createProviderModule(), request.plugin)
          : await serveLanguage("", runWarm);
      open.set(server.port, server);
      return { port: server.port };
    }
    const server = open.get(request.close);
    open.delete(request.close);
    await server?.close();
    const error = broken;
    broken = undefined;
    return error === undefined ? { port: request.close } : { error };
  };
  createInterface(socket).on("line", (line) => {
    answer(JSON.parse(line) as HostRequest)
      .catch((error: unknown): HostAnswer => ({ error: String(error) }))
      .then((result) => socket.write(`${JSON.stringify(result)}\n`))
      .catch(() => undefined);
  });
  // The end of a test file: what it left open lets go of its database.
  socket.on("error", () => undefined);
  socket.on("close", () => void Promise.all([...open.values()].map(async (server) => server.close())));
}

globalThis.console = new Console(process.stderr, process.stderr);
process.on("exit", endAll);
process.on("uncaughtException", (error) => {
  if (!reportToProgram(error)) broken = error.stack ?? error.message;
});
const server = createServer(serve).listen(0, "127.0.0.1", () => {
  const address = server.address();
  process.stdout.write(`${typeof address === "object" ? String(address?.port) : ""}\n`);
});
// Ends with the run that started it.
process.stdin.on("end", () => process.exit(0)).resume();
