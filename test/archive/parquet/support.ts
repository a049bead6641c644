// Rows of a real table through the codec and back.
import { mkdtempSync } from "node:fs";
import { rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PassThrough, Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import type { Client } from "pg";
import { from as copyFrom, to as copyTo } from "pg-copy-streams";
import { afterAll, afterEach } from "vitest";
import {
  type ParquetColumn,
  chooseParquetColumns,
  type SourceColumn,
} from "../../../core/archive/format/parquet-columns";
import { COPY_SETTINGS } from "../../../core/rows/copy-settings";
import { openCodecOf } from "../../../archive/codec/open-codec";
import type { ChunkCodec, CodecSettings } from "../../../archive/codec/spool/chunk-codec";
import { samples } from "./samples";

/** A folder of the test file's own, and codecs that are closed after each test. */
export function withCodecs() {
  const folder = mkdtempSync(join(tmpdir(), "pgpartition-test-"));
  let opened: ChunkCodec[] = [];
  afterEach(async () => {
    await Promise.all(opened.map((codec) => codec.close()));
    opened = [];
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));
  return {
    path: (name: string) => join(folder, name),
    open: async (
      columns: readonly ParquetColumn[],
      settings: Partial<CodecSettings> = {},
      format: "parquet" | "csv" = "parquet",
    ) => {
      const codec = await openCodecOf(format, columns, { directory: folder, maxTextBytes: 256_000_000, ...settings });
      opened.push(codec);
      return codec;
    },
  };
}

/** Types of our own that the samples speak of, in a schema that is there. */
export async function makeTypes(on: { query(sql: string): Promise<unknown> }, schema = "public"): Promise<void> {
  await on.query(`set search_path = ${schema}, public;
    create extension if not exists hstore with schema public;
    create type mood as enum ('sad', 'so so', 'a"b', '');
    create type pair as (a int, b text);
    create type "Odd.Type" as enum ('x');
    create domain money_amount as numeric(10,2) check (value is null or value >= 0);
    create domain positive as int; create domain more_positive as positive;
    create domain moods as mood; create domain day as date;
    reset search_path`);
}

/** A table `every` with a column of each type, and rows with each sample; gives how many. */
export async function makeEvery(client: Client, version: number): Promise<number> {
  const known = samples.filter(({ since = 15 }) => version >= since);
  const columns = known.map(({ type }, index) => `v${String(index)} ${type}`).join(", ");
  await client.query(`create table every (n int, "N" text, "a ""b"",\nc" text, ${columns})`);
  for (const [index, { values }] of known.entries())
    for (const value of [...values, null])
      await client.query(`insert into every (n, v${String(index)}) values (1, $1)`, [value]);
  return known.reduce((sum, { values }) => sum + values.length + 1, 0);
}

export async function columnsOf(client: Client, table: string): Promise<ParquetColumn[]> {
  const { rows } = await client.query<SourceColumn & { base: string | null }>(
    `select a.attname as name, format_type(a.atttypid, a.atttypmod) as type, t.typtype as kind, t.typcategory as category,
            case when t.typtype = 'd' then format_type(t.typbasetype, t.typtypmod) end as base
       from pg_attribute a join pg_type t on t.oid = a.atttypid
      where a.attrelid = $1::regclass and a.attnum > 0 and not a.attisdropped order by a.attnum`,
    [table],
  );
  return chooseParquetColumns(rows.map(({ base, ...column }) => ({ ...column, ...(base === null ? {} : { base }) })));
}

/** What the export sends for a table. */
export async function copyOf(client: Client, table: string): Promise<Buffer> {
  await applySettings(client);
  return collect(client.query(copyTo(`copy ${table} to stdout (format csv, force_quote *)`)));
}

/** Loads what a codec gives back into another table. */
export async function load(client: Client, table: string, text: Readable): Promise<void> {
  await applySettings(client);
  await pipeline(text, client.query(copyFrom(`copy ${table} from stdin (format csv)`)));
}

export async function collect(stream: Readable): Promise<Buffer> {
  const pieces: Buffer[] = [];
  for await (const piece of stream) pieces.push(piece as Buffer);
  return Buffer.concat(pieces);
}

/** The text in pieces of odd lengths, as a network would bring it. */
export function inPieces(text: Buffer | string, bytes = 10_007): Readable {
  const buffer = Buffer.from(text);
  const pieces = Array.from({ length: Math.ceil(buffer.length / bytes) }, (_, at) =>
    buffer.subarray(at * bytes, (at + 1) * bytes),
  );
  return Readable.from(pieces, { objectMode: false }).pipe(new PassThrough());
}

async function applySettings(client: Client): Promise<void> {
  for (const [name, value] of Object.entries(COPY_SETTINGS))
    await client.query("select set_config($1, $2, false)", [name, value]);
}
