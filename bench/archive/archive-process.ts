// Started by archive.ts, bundled like the plugin: archives or restores one table, and reports the time and memory.
import { readFileSync } from "node:fs";
import { mkdtemp, readdir, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";
import { Client } from "pg";
import { from as copyFrom, to as copyTo } from "pg-copy-streams";
import type { ChunkCodec } from "../../archive/codec/spool/chunk-codec";
import { openCodec } from "../../archive/codec/parquet/codec";
import { chooseParquetColumns, type SourceColumn } from "../../core/archive/format/parquet-columns";
import { COPY_SETTINGS } from "../../core/rows/copy-settings";

const SPOOL_BYTES = 256_000_000;

async function main(verb: string, url: string, table: string, folder: string): Promise<void> {
  const client = new Client({ connectionString: url, application_name: "bench" });
  await client.connect();
  for (const [name, value] of Object.entries(COPY_SETTINGS)) await client.query("select set_config($1, $2, false)", [name, value]); // prettier-ignore
  const { rows } = await client.query<SourceColumn>(
    `select attname as name, format_type(atttypid, atttypmod) as type, typtype as kind, typcategory as category
       from pg_attribute join pg_type t on t.oid = atttypid where attrelid = $1::regclass and attnum > 0 order by attnum`,
    [table],
  );
  const started = performance.now();
  const spool = await mkdtemp(join(folder, "spool-"));
  const codec = await openCodec(chooseParquetColumns(rows), { directory: spool, maxTextBytes: 2 * SPOOL_BYTES });
  if (verb === "archive") await archive(client, codec, table, folder);
  else await restore(client, codec, table, folder);
  await codec.close();
  await rm(spool, { recursive: true });
  const ms = performance.now() - started;
  await client.end();
  const parts = await partsOf(folder);
  const bytes = (await Promise.all(parts.map(async (part) => (await stat(part)).size))).reduce((a, b) => a + b, 0);
  const peak = Number(/^VmHWM:\s+(\d+)/m.exec(readFileSync("/proc/self/status", "utf8"))?.[1]) / 1024;
  console.log(JSON.stringify({ ms, bytes, parts: parts.length, peak }));
}

/** Archives a table; one part is proved while the next one is read, as in the real archive. */
async function archive(client: Client, codec: ChunkCodec, table: string, folder: string): Promise<void> {
  const { rows } = await client.query<{ blocks: number; bytes: number }>(
    "select (pg_relation_size($1) / 8192)::int as blocks, pg_relation_size($1)::float8 as bytes",
    [table],
  );
  const { blocks, bytes } = rows[0] ?? { blocks: 0, bytes: 1 };
  const step = Math.ceil((blocks * SPOOL_BYTES) / bytes);
  let proving: Promise<void> = Promise.resolve();
  for (let block = 0; block < blocks; block += step) {
    const where = `ctid >= '(${block},0)'::tid and ctid < '(${Math.min(block + step, blocks)},0)'::tid`;
    const text = client.query(copyTo(`copy (select * from only ${table} where ${where}) to stdout (format csv, force_quote *)`)); // prettier-ignore
    const file = join(folder, `part-${String(block).padStart(9, "0")}.parquet`);
    const chunk = await codec.encode(text, file);
    await proving;
    proving = codec.prove(file).then((proof) => {
      if (proof.textSha256 !== chunk.textSha256) throw new Error(`${file} does not give its rows back`);
    });
  }
  await proving;
}

async function restore(client: Client, codec: ChunkCodec, table: string, folder: string): Promise<void> {
  for (const part of await partsOf(folder))
    await pipeline(await codec.read(part), client.query(copyFrom(`copy ${table} from stdin (format csv)`)));
}

async function partsOf(folder: string): Promise<string[]> {
  const names = await readdir(folder);
  return names.filter((name) => name.endsWith(".parquet")).sort().map((name) => join(folder, name)); // prettier-ignore
}

const [verb = "", table = "", folder = ""] = process.argv.slice(2);
// Not on the command line, which every user of the machine sees.
void main(verb, process.env["BENCH_URL"] ?? "", table, folder);
