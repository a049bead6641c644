// What pg_parquet is asked for: no server of ours has it, so that DuckDB writes the file from the very values that the server gives.
import { createHash } from "node:crypto";
import { createWriteStream, writeFileSync } from "node:fs";
import { pipeline } from "node:stream/promises";
import { DuckDBInstance } from "@duckdb/node-api";
import type { Client } from "pg";
import { to as copyTo } from "pg-copy-streams";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { ParquetColumn } from "../../../core/archive/columns";
import { serverSelectList } from "../../../core/archive/server-parquet";
import { testVersions, withDatabase } from "../../support/database";
import { withPgParquet } from "../../support/harness/pg-parquet";
import { SERVER_PARQUET_FORMAT } from "../../../postgres/export-parquet";
import { collect, columnsOf, copyOf, makeEvery, makeTypes, withCodecs } from "./support";

const codecs = withCodecs();

describe.each(testVersions())("a Parquet file that PostgreSQL %i makes itself", (version) => {
  const server = withDatabase(version);
  let client: Client;
  let rows: number;

  beforeAll(async () => {
    client = await server.connect();
    await makeTypes(client);
    rows = await makeEvery(client, version);
  });
  afterAll(() => client.end());

  it("gives back every type byte for byte, with typed values and PostgreSQL's own text beside them", async () => {
    const columns = await columnsOf(client, "every");
    const text = await copyOf(client, "every");
    const asked = `copy (select ${serverSelectList(columns)} from every) to stdout (format csv, force_quote *)`;
    const values = codecs.path(`${String(version)}-values.csv`);
    writeFileSync(values, await collect(client.query(copyTo(asked))));
    const file = codecs.path(`${String(version)}.parquet`);
    await writeParquet(columns, values, file);
    const codec = await codecs.open(columns);
    const textSha256 = createHash("sha256").update(text).digest("hex");
    expect(await codec.prove(file)).toEqual({ rows, textBytes: text.length, textSha256 });
  });
});

it("is the same by the extension itself, where there is one", async (context) => {
  await withPgParquet(context, async (client) => {
    await client.query("drop schema if exists samples cascade");
    await client.query("create schema samples");
    await makeTypes(client, "samples");
    await client.query("set search_path = samples, public");
    const rows = await makeEvery(client, 15);
    const columns = await columnsOf(client, "every");
    const text = await copyOf(client, "every");
    const file = codecs.path("real.parquet");
    const asked = `copy (select ${serverSelectList(columns)} from every) to stdout with (${SERVER_PARQUET_FORMAT})`;
    await pipeline(client.query(copyTo(asked)), createWriteStream(file));
    const codec = await codecs.open(columns);
    const textSha256 = createHash("sha256").update(text).digest("hex");
    expect(await codec.prove(file)).toEqual({ rows, textBytes: text.length, textSha256 });
  });
});

/** As the extension does: each column with the type that the server gives it. */
async function writeParquet(columns: readonly ParquetColumn[], values: string, target: string): Promise<void> {
  const fields = columns.flatMap(({ column, form, text }) => [
    { name: column, form },
    ...(text === undefined ? [] : [{ name: text, form: "VARCHAR" }]),
  ]);
  const quoted = (name: string): string => `"${name.replaceAll('"', '""')}"`;
  const typed = fields.map(({ name, form }, at) => {
    const value = form === "BLOB" ? `unhex(substr(t${String(at)}, 3))` : `cast(t${String(at)} as ${form})`;
    return `${value} as ${quoted(name)}`;
  });
  const texts = fields.map((_, at) => `t${String(at)}: 'VARCHAR'`).join(", ");
  const instance = await DuckDBInstance.create(":memory:");
  const connection = await instance.connect();
  try {
    await connection.run("set timezone = 'UTC'");
    await connection.run(
      `copy (select ${typed.join(", ")} from read_csv('${values}', auto_detect = false, header = false, delim = ',', quote = '"', escape = '"', new_line = '\\n',
         nullstr = '', allow_quoted_nulls = false, parallel = false, columns = {${texts}})) to '${target}' (format parquet)`,
    );
  } finally {
    connection.closeSync();
    instance.closeSync();
  }
}
