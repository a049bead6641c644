// A process that serves one plugin after the other, each with a memory and a socket of its own, and the programs of the runs of the
// engine: most runs are about the database, and starting processes for each is most of what they cost. Bundled as the plugin is;
// global-setup.ts starts it.
import { Console } from "node:console";
import { once } from "node:events";
import { connect, createServer, type Socket } from "node:net";
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

/** Serves an engine that attaches: it starts a plugin for each provider of a preview or update, and here opens a connection. */
async function serveAttached(request: PluginRequest): Promise<Served> {
  const ending = new Set<Promise<void>>();
  const sockets = new Set<Socket>();
  const serveOne = async (engine: Socket): Promise<void> => {
    // Not by once(): it fails at an error of the socket, and the plugin would then keep its sessions.
    const gone = new Promise<void>((resolve) => engine.once("close", () => resolve()));
    const plugin = await serveProvider(createProviderModule(), request);
    const inner = connect(plugin.port, "127.0.0.1");
    for (const [from, to] of [[engine, inner] as const, [inner, engine] as const])
      from.on("error", () => to.destroy()).pipe(to);
    await gone;
    inner.destroy();
    await plugin.close();
  };
  const front = createServer((engine) => {
    sockets.add(engine);
    ending.add(serveOne(engine));
  }).listen(0, "127.0.0.1");
  await once(front, "listening");
  const address = front.address();
  const close = async (): Promise<void> => {
    front.close();
    for (const socket of sockets) socket.destroy();
    await Promise.all(ending);
  };
  return { port: typeof address === "object" ? (address?.port ?? 0) : 0, close };
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

function start(request: Exclude<HostRequest, { readonly close: number }>): Promise<Served> {
  if ("language" in request) return serveLanguage("", runWarm);
  if (request.plugin.engineAddress === undefined) return serveAttached(request.plugin);
  return serveProvider(createProviderModule(), request.plugin);
}

function serve(socket: Socket): void {
  const open = new Map<number, Served>();
  const answer = async (request: HostRequest): Promise<HostAnswer> => {
    if (!("close" in request)) {
      const server = await start(request);
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
