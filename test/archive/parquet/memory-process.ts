// Bundled and started by memory.test.ts: archives rows of one length, as the plugin would, and says how much memory that took.
import { randomBytes } from "node:crypto";
import { readFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { monitorEventLoopDelay } from "node:perf_hooks";
import { Readable } from "node:stream";
import { openCodecOf } from "../../../archive/codec/open-codec";
import { chooseParquetColumns } from "../../../core/archive/format/parquet-columns";

async function main(
  rowBytes: number,
  chunks: number,
  chunkBytes: number,
  format: "parquet" | "csv" = "parquet",
): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), "pgpartition-test-"));
  const columns = chooseParquetColumns([
    { name: "id", type: "bigint", kind: "b", category: "N" },
    { name: "at", type: "timestamp with time zone", kind: "b", category: "D" },
    { name: "v", type: "text", kind: "b", category: "S" },
  ]);
  const loop = monitorEventLoopDelay({ resolution: 5 });
  loop.enable();
  const codec = await openCodecOf(format, columns, { directory: folder, maxTextBytes: 2 * chunkBytes });
  let proving: Promise<unknown> = Promise.resolve();
  for (let chunk = 0; chunk < chunks; chunk += 1) {
    const file = join(folder, `${chunk}.${format === "csv" ? "csv.zst" : format}`);
    const { textSha256 } = await codec.encode(rows(rowBytes, chunkBytes), file);
    await proving;
    proving = codec.prove(file).then((proof) => {
      if (proof.textSha256 !== textSha256) throw new Error("the proof failed");
    });
  }
  await proving;
  await codec.close();
  await rm(folder, { recursive: true });
  const peak = Number(/^VmHWM:\s+(\d+)/m.exec(readFileSync("/proc/self/status", "utf8"))?.[1]) / 1024;
  console.log(JSON.stringify({ peakMegabytes: peak, loopMs: loop.percentile(99) / 1e6 }));
}

function rows(rowBytes: number, chunkBytes: number): Readable {
  const values = randomBytes(rowBytes).toString("base64").slice(0, rowBytes);
  const value = Buffer.from(values);
  const text = (function* () {
    for (let sent = 0, row = 0; sent < chunkBytes; row += 1) {
      const head = Buffer.from(`"${row}","2024-01-01 00:00:00.${String(100_000 + (row % 90_000))}+00","`);
      const begin = (row * 7) % rowBytes;
      yield* [head, value.subarray(begin), value.subarray(0, begin), END];
      sent += head.length + rowBytes + END.length;
    }
  })();
  return Readable.from(inBlocks(text), { objectMode: false });
}

const END = Buffer.from('\n"\n');

/** As a socket gives them. */
function* inBlocks(pieces: Iterable<Buffer>): Generator<Buffer> {
  let block = Buffer.alloc(BLOCK_BYTES);
  let bytes = 0;
  for (const piece of pieces)
    for (let at = 0; at < piece.length;) {
      const copied = piece.copy(block, bytes, at);
      at += copied;
      bytes += copied;
      if (bytes < BLOCK_BYTES) continue;
      yield block;
      block = Buffer.alloc(BLOCK_BYTES);
      bytes = 0;
    }
  yield block.subarray(0, bytes);
}

const BLOCK_BYTES = 65_536;

const [rowBytes = 0, chunks = 0, chunkBytes = 0] = process.argv.slice(2, 5).map(Number);
void main(rowBytes, chunks, chunkBytes, process.argv[5] === "csv" ? "csv" : "parquet");
