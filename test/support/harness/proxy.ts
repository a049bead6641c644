// A TCP proxy before PostgreSQL that breaks things on purpose.
import { connect, createServer, type Server, type Socket } from "node:net";

/** What happens to one chunk on its way. `cut-after`: it is delivered, then both sides are cut. */
type Verdict = "pass" | "cut" | "cut-after" | "swallow";

interface Chunk {
  /** Position of the connection, from 1. */
  readonly connection: number;
  readonly direction: "to server" | "to client";
  /** Bytes of this connection and direction before the chunk. */
  readonly offset: number;
  readonly data: Buffer;
  /** The bytes as text: SQL is found by it. */
  readonly text: string;
}

interface ProxyRule {
  /** Asked for each chunk, in order. */
  readonly judge?: (chunk: Chunk) => Verdict;
  /** Delay of each chunk in each direction. */
  readonly delayMs?: number;
  /** Refuse new connections. */
  readonly refuse?: boolean;
}

export interface Proxy {
  readonly host: string;
  readonly port: number;
  /** From now on. */
  rule(rule: ProxyRule): void;
  /** Cuts what is open, without a word: RST. */
  cutAll(): void;
  readonly connections: number;
  close(): Promise<void>;
}

export async function startProxy(target: { readonly host: string; readonly port: number }): Promise<Proxy> {
  let rule: ProxyRule = {};
  let connections = 0;
  const pairs = new Set<readonly [Socket, Socket]>();
  const server = createServer((client) => {
    if (rule.refuse === true) return void client.resetAndDestroy();
    connections += 1;
    const upstream = connect(target);
    const pair = [client, upstream] as const;
    pairs.add(pair);
    const end = (): void => {
      pairs.delete(pair);
      for (const socket of pair) socket.destroy();
    };
    for (const socket of pair) {
      socket.setNoDelay(true);
      socket.on("error", end).on("close", end);
    }
    const context = { connection: connections, rule: () => rule, cut: () => reset(pair) };
    pipe(client, upstream, "to server", context);
    pipe(upstream, client, "to client", context);
  });
  const port = await listen(server);
  const cutAll = (): void => pairs.forEach(reset);
  return {
    host: "127.0.0.1",
    port,
    rule: (next) => void (rule = next),
    cutAll,
    get connections() {
      return connections;
    },
    close: () => {
      cutAll();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
}

interface Context {
  readonly connection: number;
  readonly rule: () => ProxyRule;
  readonly cut: () => void;
}

function pipe(from: Socket, to: Socket, direction: Chunk["direction"], context: Context): void {
  let offset = 0;
  let turn = Promise.resolve();
  from.on("data", (data: Buffer) => {
    turn = turn.then(async () => {
      const { judge, delayMs } = context.rule();
      const verdict =
        judge?.({ connection: context.connection, direction, offset, data, text: data.toString("latin1") }) ?? "pass";
      offset += data.length;
      if (delayMs !== undefined) await new Promise((resolve) => setTimeout(resolve, delayMs));
      if (verdict === "cut") return context.cut();
      if (verdict === "swallow" || to.destroyed) return;
      await new Promise<void>((resolve) => to.write(data, () => resolve()));
      if (verdict === "cut-after") context.cut();
    });
  });
}

function reset(pair: readonly [Socket, Socket]): void {
  for (const socket of pair) socket.resetAndDestroy();
}

function listen(server: Server): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once("error", reject).listen(0, "127.0.0.1", () => {
      const address = server.address();
      resolve(typeof address === "object" && address !== null ? address.port : 0);
    });
  });
}

/** Cuts once, at the first statement that matches: before it arrives, after it was delivered, or before its answer is. */
export function cutOnce(
  pattern: RegExp,
  moment: "before" | "during" | "after",
): { rule: ProxyRule; readonly done: () => boolean } {
  let armed: number | undefined;
  let done = false;
  const judge = (chunk: Chunk): Verdict => {
    if (done) return "pass";
    if (armed === undefined) {
      if (chunk.direction !== "to server" || !pattern.test(chunk.text)) return "pass";
      if (moment === "after") armed = chunk.connection;
      else done = true;
      return moment === "before" ? "cut" : moment === "during" ? "cut-after" : "pass";
    }
    if (chunk.direction !== "to client" || chunk.connection !== armed) return "pass";
    done = true;
    return "cut";
  };
  return { rule: { judge }, done: () => done };
}
