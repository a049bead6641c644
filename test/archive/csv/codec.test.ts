import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import type { Client } from "pg";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { formatServerHeader } from "../../../core/archive/format/csv-sql";
import { testVersions, withDatabase } from "../../support/database";
import { collect, columnsOf, copyOf, inPieces, load, makeEvery, makeTypes, withCodecs } from "../parquet/support";

const sha256 = (bytes: Buffer): string => createHash("sha256").update(bytes).digest("hex");

describe.each(testVersions())("a CSV file of every type of PostgreSQL %i", (version) => {
  const server = withDatabase(version);
  const codecs = withCodecs();
  let client: Client;
  let rows: number;

  beforeAll(async () => {
    client = await server.connect();
    await makeTypes(client);
    rows = await makeEvery(client, version);
  });
  afterAll(() => client.end());

  it("gives back what the server sent, byte for byte, and is loaded to the same rows", async () => {
    const text = await copyOf(client, "every");
    const columns = await columnsOf(client, "every");
    const codec = await codecs.open(columns, {}, "csv");
    const file = codecs.path(`${String(version)}.csv.zst`);
    const chunk = await codec.encode(inPieces(text), file);
    expect(chunk).toMatchObject({ rows, textBytes: text.length, textSha256: sha256(text) });
    expect(sha256(await collect(await codec.read(file)))).toBe(sha256(text));
    expect(await codec.prove(file)).toEqual({ rows, textBytes: text.length, textSha256: sha256(text) });
    await client.query("create table restored (like every)");
    await load(client, "restored", await codec.read(file));
    expect((await copyOf(client, "restored")).equals(text)).toBe(true);
  });
});

describe("a CSV file", () => {
  const codecs = withCodecs();
  const columns = [{ name: "t", type: "text", column: "t", form: "VARCHAR" }];

  it("keeps NULL apart from the empty text, also where a row is nothing else, and is plain CSV below its compression", async (context) => {
    const codec = await codecs.open(columns, {}, "csv");
    const file = codecs.path("nulls.csv.zst");
    const text = '"a"\n\n""\n"\\N"\n"NULL"\n"\r\n"\n"😀"\n';
    expect(await codec.encode(inPieces(text, 3), file)).toMatchObject({ rows: 7, textBytes: Buffer.byteLength(text) });
    expect((await collect(await codec.read(file))).toString()).toBe(text);
    const { stdout, error } = spawnSync("zstd", ["-dc", file]);
    if (error) return context.skip("no zstd here to open the file with another program than ours");
    expect(stdout.toString()).toBe(`"t"\n${text}`);
  });

  it("of no rows is its header; without compression it is read as it is", async () => {
    const codec = await codecs.open(columns, {}, "csv");
    const empty = codecs.path("empty.csv.zst");
    expect(await codec.encode(inPieces(""), empty)).toMatchObject({ rows: 0, textBytes: 0 });
    expect(await codec.prove(empty)).toMatchObject({ rows: 0, textBytes: 0 });
    const plain = codecs.path("plain.csv");
    writeFileSync(plain, `${formatServerHeader(["t"])}"x\ny"\n`);
    expect((await collect(await codec.read(plain))).toString()).toBe('"x\ny"\n');
    expect(await codec.prove(plain)).toMatchObject({ rows: 1, textBytes: 6 });
  });

  it("E15 that was cut, altered, or is of another table is refused", async () => {
    const codec = await codecs.open(columns, {}, "csv");
    const file = codecs.path("damaged.csv.zst");
    const written = await codec.encode(inPieces('"x"\n'.repeat(100_000)), file);
    const whole = readFileSync(file);
    writeFileSync(file, whole.subarray(0, whole.length - 20));
    // What is left of it can be read, and is not what was written.
    expect(await codec.prove(file)).not.toMatchObject({ textSha256: written.textSha256 });
    const altered = Buffer.from(whole);
    altered[20] = (altered[20] ?? 0) ^ 255;
    writeFileSync(file, altered);
    await expect(codec.prove(file)).rejects.toThrow(/is not the CSV file that was written|first line/);
    writeFileSync(file, whole);
    const other = await codecs.open([{ ...columns[0], name: "u" }] as typeof columns, {}, "csv");
    await expect(other.prove(file)).rejects.toThrow(/its first line does not name the columns/);
  });

  it("has rows of many megabytes, read by one that does not know their length", async () => {
    const text = `"short"\n"${'long ""\n'.repeat(3_000_000)}"\n"short"\n`;
    const file = codecs.path("long.csv.zst");
    const chunk = await (await codecs.open(columns, {}, "csv")).encode(inPieces(text, 1_000_003), file);
    const reader = await codecs.open(columns, {}, "csv");
    expect(await reader.prove(file)).toEqual({ rows: 3, textBytes: chunk.textBytes, textSha256: chunk.textSha256 });
  });
});
