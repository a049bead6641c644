// Started by load.ts with a request as its first message; ends when its parent does.
import { setTimeout as sleep } from "node:timers/promises";
import { Client } from "pg";
import type { Latencies, LoadRequest, Stream } from "./load";

let running = true;

async function main(request: LoadRequest): Promise<void> {
  const streams = await Promise.all(
    request.streams.map(async (stream) => ({ stream, clients: await connect(request, stream) })),
  );
  process.send?.("ready");
  const measured = streams.map(({ stream, clients }) => drive(stream, clients));
  process.once("message", () => (running = false));
  process.send?.(await Promise.all(measured));
}

function connect(request: LoadRequest, stream: Stream): Promise<Client[]> {
  return Promise.all(
    Array.from({ length: stream.clients }, async () => {
      const client = new Client({ connectionString: request.url, application_name: request.application });
      await client.connect();
      return client;
    }),
  );
}

/** Runs one stream. Requests are due at equal distances; the next free client takes the next due one. */
async function drive(stream: Stream, clients: readonly Client[]): Promise<Latencies> {
  const start = performance.now();
  const taken: number[] = [];
  const errors = new Set<string>();
  let next = 0;
  const work = async (client: Client): Promise<void> => {
    while (running) {
      const due = start + (next * 1_000) / stream.perSecond;
      next += 1;
      if (due > performance.now()) await sleep(due - performance.now());
      const key = 1 + Math.floor(Math.random() * stream.keys);
      await client
        .query({ name: stream.name, text: stream.sql, values: [key] })
        .catch((error: unknown) => errors.add(String(error)));
      taken.push(performance.now() - due);
    }
    await client.end();
  };
  await Promise.all(clients.map(work));
  taken.sort((a, b) => a - b);
  const at = (part: number): number => taken[Math.min(taken.length - 1, Math.floor(taken.length * part))] ?? 0;
  return { name: stream.name, requests: taken.length, p50: at(0.5), p99: at(0.99), max: at(1), errors: [...errors] };
}

process.once("message", (request) => void main(request as LoadRequest));
process.once("disconnect", () => process.exit());
