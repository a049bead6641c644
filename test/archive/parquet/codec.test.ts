import { createHash, randomBytes } from "node:crypto";
import { readdirSync } from "node:fs";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { Readable } from "node:stream";
import { afterEach, describe, expect, it } from "vitest";
import { ChunkTooLarge, ParquetError, RowTooLarge, TextCutOff } from "../../../archive/codec/spool/codec-errors";
import { chooseParquetColumns } from "../../../core/archive/format/parquet-columns";
import { collect, inPieces, withCodecs } from "./support";

const columns = chooseParquetColumns([
  { name: "id", type: "bigint", kind: "b", category: "N" },
  { name: "v", type: "text", kind: "b", category: "S" },
]);

describe("the Parquet codec", () => {
  const codecs = withCodecs();
  const file = codecs.path("part.parquet");
  const open = (settings = {}) => codecs.open(columns, settings);
  /** What lies in the folder of the codecs, temporary files included. */
  const left = (): string[] => readdirSync(codecs.path("."), { recursive: true }).map(String).filter((name) => /\.(csv|parquet)$/.test(name)); // prettier-ignore
  const sha256 = (text: Buffer | string) => createHash("sha256").update(text).digest("hex");

  afterEach(() => expect(left().filter((name) => name.endsWith(".csv"))).toEqual([]));

  it("says what came and what was written", async () => {
    const text = '"1","a"\n"2",\n"3",""\n';
    const read: number[] = [];
    const codec = await open();
    const chunk = await codec.encode(inPieces(text, 5), file, { onRead: (bytes) => read.push(bytes) });
    const written = await readFile(file);
    expect(chunk).toEqual({
      rows: 3,
      textBytes: text.length,
      textSha256: sha256(text),
      fileBytes: written.length,
      fileSha256: sha256(written),
    });
    expect(read.at(-1)).toBe(text.length);
    expect((await collect(await codec.read(file))).toString()).toBe(text);
  });

  it("writes the same file for the same rows, so that a part that is created again is the same object", async () => {
    const codec = await open();
    const text = Array.from({ length: 5_000 }, (_, row) => `"${row}","${randomBytes(20).toString("hex")}"\n`).join("");
    const first = await codec.encode(inPieces(text, 1_000), file);
    expect(await codec.encode(inPieces(text, 77), codecs.path("again.parquet"))).toEqual(first);
  });

  it("keeps the order and the bytes of many row groups, at both of their limits", async () => {
    const codec = await open();
    const rows = Array.from({ length: 130_000 }, (_, row) => `"${row * 7}",${row % 3 === 0 ? "" : `"${row}\n"`}\n`);
    const long = Array.from({ length: 30 }, (_, row) => `"${row}","${randomBytes(600_000).toString("hex")}\n"\n`);
    for (const text of [rows.join(""), rows.slice(0, 20_000).concat(long, rows.slice(0, 20_000)).join("")]) {
      const chunk = await codec.encode(inPieces(text, 65_000), file);
      expect(await codec.prove(file)).toEqual({ rows: chunk.rows, textBytes: text.length, textSha256: sha256(text) });
    }
  });

  it("archives no rows, too", async () => {
    const codec = await open();
    expect(await codec.encode(Readable.from([]), file)).toMatchObject({
      rows: 0,
      textBytes: 0,
      textSha256: sha256(""),
    });
    expect(await codec.prove(file)).toEqual({ rows: 0, textBytes: 0, textSha256: sha256("") });
    expect(await collect(await codec.read(file))).toHaveLength(0);
  });

  it("keeps NULL apart from nothing in a table of one column", async () => {
    const codec = await codecs.open(columns.slice(1));
    const text = '\n""\n\n\n"a"\n\n';
    expect(await codec.encode(inPieces(text, 1), file)).toMatchObject({ rows: 6 });
    expect((await collect(await codec.read(file))).toString()).toBe(text);
  });

  it("takes fifty columns of many types", async () => {
    const types = ["bigint", "text", "numeric", "double precision", "timestamp with time zone"];
    const many = Array.from({ length: 50 }, (_, at) => ({
      name: `c ${at}`,
      type: types[at % 5] ?? "",
      kind: "b",
      category: "",
    }));
    const codec = await codecs.open(chooseParquetColumns(many));
    const values = ["1", "a,b", "NaN", "-0", "infinity"];
    const row = `${many.map((_, at) => (at % 7 === 0 ? "" : `"${values[at % 5]}"`)).join(",")}\n`;
    await codec.encode(inPieces(row.repeat(3_000)), file);
    expect((await collect(await codec.read(file))).toString()).toBe(row.repeat(3_000));
  });

  it("keeps every column whatever it is called", async () => {
    const names = ["a", "A", "a__text", "A__TEXT", "table", "From", "gen", "branch", "file_row_number", "filename", "rowid", "t0", "v0", 'a"b', "a'b", " ", "\n", "é", "É", "😀", "a,b", "select", "x".repeat(63)]; // prettier-ignore
    const codec = await codecs.open(
      chooseParquetColumns(names.map((name) => ({ name, type: "date", kind: "b", category: "D" }))),
    );
    const text = `${names.map((_, at) => `"2024-01-${String(at + 1).padStart(2, "0")}"`).join(",")}\n${names.map(() => `"infinity"`).join(",")}\n`;
    await codec.encode(inPieces(text), file);
    expect((await collect(await codec.read(file))).toString()).toBe(text);
  });

  it("works in folders with names that DuckDB would take for patterns", async () => {
    const odd = codecs.path("o'[d]d {a,b}*? table=x");
    await mkdir(odd, { recursive: true });
    const codec = await open({ directory: odd });
    await codec.encode(inPieces('"1","a"\n'), `${odd}/from=1.parquet`);
    expect(await codec.prove(`${odd}/from=1.parquet`)).toMatchObject({ rows: 1, textSha256: sha256('"1","a"\n') });
  });

  it("refuses a chunk that is too large, and leaves nothing behind", async () => {
    const codec = await open({ maxTextBytes: 1_000 });
    const text = '"1","abc"\n'.repeat(200);
    const source = inPieces(text, 300);
    const failure = await codec.encode(source, codecs.path("large.parquet")).catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(ChunkTooLarge);
    expect(source.destroyed).toBe(true);
    expect(left()).not.toContain("large.parquet");
    expect(await codec.encode(inPieces(text.slice(0, 1_000)), file)).toMatchObject({ rows: 100 });
  });

  it("tells a row that is too large from a chunk that is", async () => {
    const codec = await open({ maxTextBytes: 1_000 });
    const row = `"1","${"x".repeat(2_000)}"\n`;
    await expect(codec.encode(inPieces(row, 300), file)).rejects.toBeInstanceOf(RowTooLarge);
    await expect(codec.encode(inPieces(row, 300), file)).rejects.toThrow("row 1 of a part is more than 1 MB");
    const endless = Readable.from(
      (function* () {
        yield Buffer.from('"1",""\n"2","');
        for (;;) yield Buffer.alloc(1_000_000, "x");
      })(),
    );
    const other = await open();
    await expect(other.encode(endless, file)).rejects.toThrow("row 2 of a part is more than 64 MB");
  });

  it("takes rows of 20 MB", async () => {
    const codec = await open();
    const row = `"1","${'ab\n""'.repeat(4_000_000)}"\n`;
    const text = Buffer.from(row + '"2",\n' + row);
    const chunk = await codec.encode(inPieces(text, 1 << 20), file);
    expect(await codec.prove(file)).toMatchObject({ rows: 3, textSha256: chunk.textSha256 });
  });

  it("refuses text that was cut off", async () => {
    const codec = await open();
    await expect(codec.encode(inPieces('"1","a"\n"2","b\n'), file)).rejects.toThrow(TextCutOff);
    await expect(codec.encode(inPieces('"1","a"\n"2","b"'), file)).rejects.toThrow("in the middle of row 2");
  });

  it.each([
    ["not-a-number", '"x-secret","a"\n'],
    ["too few columns", '"1"\n"2"\n'],
    ["too many columns", '"1","secret","b"\n'],
    ["a quote alone in a value", '"1","se"cret"x"\n'],
  ])("refuses what is no text of these columns without quoting it: %s", async (_, text) => {
    const codec = await open();
    const failure = await codec.encode(inPieces(text), file).catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(ParquetError);
    expect(String(failure)).toMatch(/writing ".*part.parquet": DuckDB could not take the rows/);
    expect(String(failure)).not.toContain("cret");
  });

  it("refuses bytes that are not UTF-8, with the fix", async () => {
    const codec = await open();
    const failure = await codec.encode(inPieces(Buffer.from([0x22, 0x31, 0x22, 0x2c, 0x22, 0xe9, 0x22, 0x0a])), file).catch((error: unknown) => error); // prettier-ignore
    expect(failure).toMatchObject({ name: "ParquetError", kind: "encoding" });
    expect(String(failure)).toContain("SQL_ASCII");
  });

  it("refuses a file that was cut, altered or is another table's", async () => {
    const codec = await open();
    await codec.encode(inPieces(Array.from({ length: 9_000 }, (_, row) => `"${row}","${"x".repeat(row % 50)}"\n`).join("")), file); // prettier-ignore
    const whole = await readFile(file);
    const broken = codecs.path("broken.parquet");
    const altered = Buffer.from(whole).fill(0xff, 100, 5_000);
    for (const bytes of [whole.subarray(0, whole.length - 100), whole.subarray(4), Buffer.alloc(0), altered]) {
      await writeFile(broken, bytes);
      await expect(codec.prove(broken)).rejects.toMatchObject({ name: "ParquetError", kind: "broken" });
      await expect(codec.read(broken).then(collect)).rejects.toThrow(
        /broken.parquet" is not the Parquet file that was written/,
      );
    }
    const other = await codecs.open(chooseParquetColumns([{ name: "w", type: "text", kind: "b", category: "S" }]));
    await expect(other.prove(file)).rejects.toMatchObject({ kind: "broken" });
    await expect(codec.prove(codecs.path("nowhere.parquet"))).rejects.toMatchObject({ kind: "missing" });
    await expect(codec.read(codecs.path("nowhere.parquet"))).rejects.toMatchObject({ kind: "missing" });
  });

  it("sees one byte that differs", async () => {
    const codec = await codecs.open(
      chooseParquetColumns([{ name: "v", type: "double precision", kind: "b", category: "N" }]),
    );
    const chunk = await codec.encode(inPieces('"1.0"\n"1"\n"1e0"\n'), file);
    expect((await codec.prove(file)).textSha256).toBe(chunk.textSha256);
    await codec.encode(inPieces('"1"\n"1"\n"1e0"\n'), file);
    expect((await codec.prove(file)).textSha256).not.toBe(chunk.textSha256);
  });

  it.each(["double precision", "real", "numeric"])("keeps 0 apart from -0 in a dictionary of %s", async (type) => {
    const codec = await codecs.open(chooseParquetColumns([{ name: "v", type, kind: "b", category: "N" }]));
    const text = '"-0"\n"0"\n"0"\n"-0"\n"1.5"\n'.repeat(3_000);
    await codec.encode(inPieces(text), file);
    expect((await codec.prove(file)).textSha256).toBe(sha256(text));
  });

  it("works on several chunks at a time", async () => {
    const codec = await open();
    const texts = Array.from({ length: 6 }, (_, chunk) =>
      `"${chunk}","${randomBytes(100).toString("hex")}"\n`.repeat(20_000),
    );
    const proofs = await Promise.all(
      texts.map(async (text, at) => {
        await codec.encode(inPieces(text, 50_000), codecs.path(`several-${at}.parquet`));
        return codec.prove(codecs.path(`several-${at}.parquet`));
      }),
    );
    expect(proofs.map((proof) => proof.textSha256)).toEqual(texts.map(sha256));
  });

  it("removes what it decoded when the reader stops early", async () => {
    const codec = await open();
    await codec.encode(inPieces(`"1","${"y".repeat(500)}"\n`.repeat(130_000), 1 << 20), file);
    const text = await codec.read(file);
    for await (const piece of text) {
      expect((piece as Buffer).length).toBeGreaterThan(0);
      break;
    }
    await codec.prove(file);
    expect(left().filter((name) => name.endsWith(".csv"))).toEqual([]);
  });
});
