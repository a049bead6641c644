import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  chooseParquetColumns,
  parquetColumnSchema,
  type SourceColumn,
} from "../../../core/archive/format/parquet-columns";
import { chooseForm } from "../../../core/archive/format/parquet-forms";

const column = (name: string, type = "text", kind = "b", base?: string): SourceColumn => ({
  name,
  type,
  kind,
  category: "",
  ...(base === undefined ? {} : { base }),
});

describe("the form of a column in a Parquet file", () => {
  it.each([
    ["smallint", "SMALLINT"],
    ["integer", "INTEGER"],
    ["bigint", "BIGINT"],
    ["oid", "BIGINT"],
    ["boolean", "BOOLEAN"],
    ["real", "FLOAT"],
    ["double precision", "DOUBLE"],
    ["date", "DATE"],
    ["timestamp without time zone", "TIMESTAMP"],
    ["timestamp(3) without time zone", "TIMESTAMP"],
    ["timestamp with time zone", "TIMESTAMPTZ"],
    ["timestamp(0) with time zone", "TIMESTAMPTZ"],
    ["bytea", "BLOB"],
    ["numeric", "DOUBLE"],
    ["numeric(10,2)", "DECIMAL(10,2)"],
    ["numeric(5,0)", "DECIMAL(5,0)"],
    ["numeric(38,10)", "DECIMAL(38,10)"],
    ["numeric(39,2)", "DOUBLE"],
    ["numeric(5,5)", "DECIMAL(6,5)"],
    ["numeric(3,5)", "DECIMAL(6,5)"],
    ["numeric(38,38)", "DOUBLE"],
    ["numeric(5,-2)", "DECIMAL(7,0)"],
    ["numeric(2,-1000)", "DOUBLE"],
    ["uuid", "VARCHAR"],
    ["time without time zone", "VARCHAR"],
    ["interval", "VARCHAR"],
    ["integer[]", "VARCHAR"],
    ["timestamp with time zone[]", "VARCHAR"],
    ["jsonb", "VARCHAR"],
    ['"date"', "VARCHAR"],
    ["app.date", "VARCHAR"],
    ["constructor", "VARCHAR"],
  ])("of %s is %s", (type, form) => expect(chooseForm({ type, kind: "b" })).toBe(form));

  it("of a domain is that of the type below it, of other kinds text", () => {
    expect(chooseForm({ type: "price", kind: "d", base: "numeric(10,2)" })).toBe("DECIMAL(10,2)");
    expect(chooseForm({ type: "price", kind: "d" })).toBe("VARCHAR");
    for (const kind of ["e", "c", "r", "m"]) expect(chooseForm({ type: "integer", kind })).toBe("VARCHAR");
  });
});

describe("the columns of a Parquet file", () => {
  const names = (...list: string[]) => chooseParquetColumns(list.map((name) => column(name))).map((one) => one.column);

  it("are called as in the table", () => expect(names("id", "Ts", 'a"b')).toEqual(["id", "Ts", 'a"b']));

  it("are told apart where only the case differs", () =>
    expect(names("a", "A", "a_2", "B", "b")).toEqual(["a", "A_3", "a_2", "B", "b_2"]));

  it("do not hide behind the folders of the archive", () =>
    expect(names("table", "From", "GEN", "branch", "file_row_number")).toEqual([
      "table_2",
      "From_2",
      "GEN_2",
      "branch_2",
      "file_row_number_2",
    ]));

  it("have an additional text only where their form may lose it", () => {
    const [id, at, taken] = chooseParquetColumns([
      column("id", "bigint"),
      column("at", "timestamp with time zone"),
      column("AT__text"),
    ]);
    expect(id).toEqual({ name: "id", type: "bigint", column: "id", form: "BIGINT" });
    expect(at).toMatchObject({ column: "at", text: "at__text_2" });
    expect(taken?.column).toBe("AT__text");
  });

  it("are none in a table without columns, which is refused", () =>
    expect(() => chooseParquetColumns([])).toThrow("a table without columns has no text to archive"));

  it("never share a name, whatever the table's are, and keep their order", () => {
    const name = fc.oneof(fc.constantFrom("a", "A", "a__text", "A__text_2", "a_2", "table", "from", "é", "É"), fc.string({ minLength: 1 })); // prettier-ignore
    const lists = fc.uniqueArray(fc.tuple(name, fc.constantFrom("date", "text", "numeric")), { selector: ([own]) => own, minLength: 1 }); // prettier-ignore
    fc.assert(
      fc.property(lists, (list) => {
        const columns = chooseParquetColumns(list.map(([own, type]) => column(own, type)));
        const inFile = columns.flatMap((one) => (one.text === undefined ? [one.column] : [one.column, one.text]));
        expect(new Set(inFile.map((one) => one.toLowerCase())).size).toBe(inFile.length);
        expect(columns.map((one) => one.name)).toEqual(list.map(([own]) => own));
        for (const one of columns) expect(parquetColumnSchema.parse(JSON.parse(JSON.stringify(one)))).toEqual(one);
      }),
    );
  });
});
