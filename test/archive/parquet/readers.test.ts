// What others see in the files: pyarrow, and DuckDB over the folders of an archive.
import { execFile } from "node:child_process";
import { mkdir } from "node:fs/promises";
import { promisify } from "node:util";
import { DuckDBInstance } from "@duckdb/node-api";
import { describe, expect, it } from "vitest";
import { formatArchiveFolder } from "../../../core/store/layout";
import { chooseParquetColumns } from "../../../core/archive/format/parquet-columns";
import { parseInstant } from "../../../core/time/instant";
import { pyarrowReader } from "../../../tools/archive/pyarrow";
import { skipBecause, type Skipping } from "../../support/skip";
import { inPieces, withCodecs } from "./support";

/** Type in PostgreSQL, type in pyarrow, and of each value: as PostgreSQL prints it, as Python does, and what stands beside it. */
const forms: readonly (readonly [string, string, ...(readonly [string, string | null, string?])[]])[] = [
  ["smallint", "int16", ["-32768", "-32768"], ["7", "7"]],
  ["integer", "int32", ["2147483647", "2147483647"], ["7", "7"]],
  ["bigint", "int64", ["9223372036854775807", "9223372036854775807"], ["7", "7"]],
  ["oid", "int64", ["4294967295", "4294967295"], ["7", "7"]],
  ["boolean", "bool", ["t", "True"], ["f", "False"]],
  ["numeric(10,2)", "decimal128(10, 2)", ["12.50", "12.50"], ["NaN", null, "NaN"]],
  ["numeric", "double", ["12.5", "12.5"], ["12.50", "12.5", "12.50"]],
  ["real", "float", ["0.5", "0.5"], ["NaN", "nan", "NaN"]],
  ["double precision", "double", ["1e+300", "1e+300"], ["-Infinity", "-inf", "-Infinity"]],
  ["date", "date32[day]", ["2024-02-29", "2024-02-29"], ["0044-03-15 BC", null, "0044-03-15 BC"]],
  ["timestamp without time zone", "timestamp[us]", ["2024-02-29 12:34:56.000001", "2024-02-29 12:34:56.000001"], ["infinity", null, "infinity"]], // prettier-ignore
  ["timestamp with time zone", "timestamp[us, tz=UTC]", ["2024-02-29 12:34:56.5+00", "2024-02-29 12:34:56.500000+00:00"], ["10000-01-01 00:00:00+00", null, "10000-01-01 00:00:00+00"]], // prettier-ignore
  ["bytea", "binary", ["\\x00ff", "00ff"], ["\\x", ""]],
  ["uuid", "string", ["00000000-0000-0000-0000-000000000001", "00000000-0000-0000-0000-000000000001"], ["7", "7"]],
  ["time without time zone", "string", ["24:00:00", "24:00:00"], ["00:00:00", "00:00:00"]],
  ["jsonb", "string", ['{"a": 1}', '{"a": 1}'], ["null", "null"]],
  ["text[]", "string", ["{a,NULL}", "{a,NULL}"], ["{}", "{}"]],
];

describe("readers of an archive", () => {
  const codecs = withCodecs();
  const column = (name: string, type: string) => ({ name, type, kind: "b", category: "" });
  const quoted = (values: readonly string[]) =>
    `${values.map((value) => `"${value.replace(/"/g, '""')}"`).join(",")}\n`;

  /** Two months of a table with a column that is called like a folder. */
  async function archiveOfTwoMonths(root: string): Promise<void> {
    const codec = await codecs.open(chooseParquetColumns([column("id", "bigint"), column("from", "text")]));
    for (const month of ["01", "02"]) {
      const bounds = { from: parseInstant(`2024-${month}-01T00:00:00Z`, "UTC"), to: undefined };
      const place = { database: "db", schema: "public", table: "orders", path: [], bounds, generation: 1 };
      const folder = `${root}/${formatArchiveFolder(place)}`;
      await mkdir(folder, { recursive: true });
      await codec.encode(inPieces(quoted([month, `sender ${month}`])), `${folder}part-00001.parquet`);
    }
  }

  it("pyarrow knows every form, and finds the text beside the values that it cannot hold", async (context) => {
    const columns = chooseParquetColumns(forms.map(([type], at) => column(`c${at}`, type)));
    const codec = await codecs.open(columns);
    const file = codecs.path("forms.parquet");
    const rows = [2, 3].map((value) => quoted(forms.map((form) => (form[value] as readonly string[])[0] ?? "")));
    await codec.encode(inPieces(`${rows.join("")}${",".repeat(forms.length - 1)}\n`), file);
    const read = await pyarrow(context, file);
    for (const [at, [type, expected, ...values]] of forms.entries()) {
      expect([type, read.types[`c${at}`]]).toEqual([type, expected]);
      for (const [row, [, python, beside]] of values.entries()) {
        expect([type, read.rows[row]?.[`c${at}`]]).toEqual([type, python]);
        expect([type, read.rows[row]?.[`c${at}__text`] ?? undefined]).toEqual([type, beside]);
      }
    }
    expect(new Set(Object.values(read.rows[2] ?? {}))).toEqual(new Set([null]));
  });

  it("pyarrow reads the folders of a table as one", async (context) => {
    const root = codecs.path("lake-of-python");
    await archiveOfTwoMonths(root);
    const { rows } = await pyarrow(context, `${root}/db/public`);
    expect(rows.map((row) => [row["id"], row["from_2"], row["table"]])).toEqual([
      ["1", "sender 01", "orders"],
      ["2", "sender 02", "orders"],
    ]);
  });

  it("DuckDB passes over the files of other ranges", async () => {
    const root = codecs.path("lake");
    await archiveOfTwoMonths(root);
    const instance = await DuckDBInstance.create(":memory:");
    const connection = await instance.connect();
    const source = `read_parquet('${root}/db/public/**/*.parquet', hive_partitioning = true)`;
    const query = `select id, from_2 from ${source} where "table" = 'orders' and "from" >= '20240201'`;
    expect((await connection.runAndReadAll(query)).getRows()).toEqual([[2n, "sender 02"]]);
    const plan = await connection.runAndReadAll(`explain analyze ${query}`);
    expect(String(plan.getRows())).toMatch(/Total Files Read: 1\b/);
    connection.closeSync();
    instance.closeSync();
  });
});

async function pyarrow(context: Skipping, path: string) {
  const reader = await pyarrowReader();
  if ("reason" in reader) return skipBecause(context, reader.reason);
  const { stdout } = await promisify(execFile)(reader.program, [...reader.args, path]);
  return JSON.parse(stdout) as {
    readonly types: Readonly<Record<string, string>>;
    readonly rows: readonly Readonly<Record<string, string | null>>[];
  };
}
