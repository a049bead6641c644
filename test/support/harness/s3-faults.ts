// An HTTP proxy before an object store that breaks things on purpose, by the operation of S3 that is asked for.
import { createServer, type IncomingMessage, request, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { buffer } from "node:stream/consumers";

export type Operation =
  | "PutObject"
  | "CreateMultipartUpload"
  | "UploadPart"
  | "CompleteMultipartUpload"
  | "AbortMultipartUpload"
  | "HeadObject"
  | "GetObject"
  | "ListObjects"
  | "ListUploads"
  | "BucketSetting";

export type Fault =
  /** Answered in the store's place. */
  | {
      readonly kind: "answer";
      readonly status: number;
      readonly code: string;
      readonly message?: string;
      readonly xml?: string;
    }
  /** The connection is cut before the store is asked, after the request has come. */
  | { readonly kind: "reset" }
  /** Nothing comes, ever. */
  | { readonly kind: "silence" }
  /** The store does it, and its answer is lost. */
  | { readonly kind: "lost reply" }
  /** One byte of the request's content is another one. */
  | { readonly kind: "flipped" }
  /** The answer is cut off in the middle: the connection is. */
  | { readonly kind: "cut" }
  /** One byte of the answer's content is another one. */
  | { readonly kind: "flipped answer" }
  /** Headers of the answer say something else. */
  | { readonly kind: "headers"; readonly headers: Readonly<Record<string, string | undefined>> };

export interface Asked {
  readonly operation: Operation;
  /** How often this operation was asked for, from 1. */
  readonly nth: number;
  readonly url: string;
}

export interface FaultyStore {
  readonly endpoint: string;
  /** From now on; the counts begin anew. */
  rule(judge: (asked: Asked) => Fault | undefined): void;
  /** Since the last rule. */
  readonly asked: readonly Asked[];
  close(): Promise<void>;
}

export async function startFaultyStore(endpoint: string): Promise<FaultyStore> {
  let judge: (asked: Asked) => Fault | undefined = () => undefined;
  let asked: Asked[] = [];
  const server = createServer((incoming, outgoing) => {
    const operation = operationOf(incoming);
    const nth = asked.filter((one) => one.operation === operation).length + 1;
    const one = { operation, nth, url: incoming.url ?? "" };
    asked.push(one);
    handle(endpoint, incoming, outgoing, judge(one)).catch(() => incoming.socket.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    endpoint: `http://127.0.0.1:${String((server.address() as AddressInfo).port)}`,
    rule: (next) => {
      judge = next;
      asked = [];
    },
    get asked() {
      return asked;
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function operationOf({ method, url = "" }: IncomingMessage): Operation {
  const query = new URL(url, "http://store").searchParams;
  if (method === "HEAD") return "HeadObject";
  if (method === "POST") return query.has("uploads") ? "CreateMultipartUpload" : "CompleteMultipartUpload";
  if (method === "DELETE") return "AbortMultipartUpload";
  if (method === "PUT") return query.has("partNumber") ? "UploadPart" : "PutObject";
  if (query.has("uploads")) return "ListUploads";
  if (query.has("list-type")) return "ListObjects";
  return ["location", "versioning", "object-lock", "encryption"].some((name) => query.has(name))
    ? "BucketSetting"
    : "GetObject";
}

async function handle(
  endpoint: string,
  incoming: IncomingMessage,
  outgoing: ServerResponse,
  fault: Fault | undefined,
): Promise<void> {
  const content = await buffer(incoming);
  if (fault?.kind === "silence") return;
  if (fault?.kind === "reset") return void incoming.socket.resetAndDestroy();
  if (fault?.kind === "answer") return answer(incoming, outgoing, fault);
  const reply = await forward(endpoint, incoming, fault?.kind === "flipped" ? flipped(content) : content);
  const body = await buffer(reply);
  if (fault?.kind === "lost reply") return void incoming.socket.resetAndDestroy();
  const headers = { ...reply.headers, ...(fault?.kind === "headers" ? fault.headers : {}) };
  for (const [name, value] of Object.entries(headers)) if (value === undefined) delete headers[name];
  outgoing.writeHead(reply.statusCode ?? 500, headers);
  if (fault?.kind === "cut")
    return void outgoing.write(body.subarray(0, body.length / 2), () => incoming.socket.resetAndDestroy());
  outgoing.end(fault?.kind === "flipped answer" ? flipped(body) : body);
}

function answer(incoming: IncomingMessage, outgoing: ServerResponse, fault: Extract<Fault, { kind: "answer" }>): void {
  const { code, message = "said by the test", xml = "" } = fault;
  const body = `<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>${code}</Code><Message>${message}</Message>${xml}</Error>`;
  outgoing.writeHead(fault.status, { "content-type": "application/xml", date: new Date().toUTCString() });
  outgoing.end(incoming.method === "HEAD" ? undefined : body);
}

/** The headers as they are: the signature covers the host that the client knows. */
function forward(endpoint: string, incoming: IncomingMessage, content: Buffer): Promise<IncomingMessage> {
  const { hostname, port } = new URL(endpoint);
  const { expect: _answeredHere, ...headers } = incoming.headers;
  return new Promise((resolve, reject) => {
    const asked = request({ hostname, port, method: incoming.method, path: incoming.url, headers }, resolve);
    asked.once("error", reject);
    asked.end(content);
  });
}

function flipped(content: Buffer): Buffer {
  const changed = Buffer.from(content);
  const middle = Math.floor(changed.length / 2);
  if (changed.length > 0) changed[middle] = (changed[middle] ?? 0) ^ 1;
  return changed;
}
