import { quote } from "../names/identifier";
import type { ParquetColumn } from "./columns";

/**
 * What the server is asked for where it makes the Parquet itself (pg_parquet): the columns of our own files, so that one codec
 * reads both. A value has its typed form, and beside it PostgreSQL's own text in every row where the form may print otherwise;
 * the proof decides for each part.
 */
export function serverSelectList(columns: readonly ParquetColumn[]): string {
  return columns.flatMap(written).join(", ");
}

/** By `format`, which prints a value by the output function of its type, as COPY does. A cast would trim a char(n). */
function written({ column, form, name, text }: ParquetColumn): string[] {
  const value = quote(name);
  // A composite value of nothing but NULLs IS NULL, and is a value.
  const printed = `CASE WHEN ${value} IS DISTINCT FROM NULL THEN pg_catalog.format('%s', ${value}) END`;
  if (form === "VARCHAR") return [`${printed} AS ${quote(column)}`];
  if (text === undefined) return [`${value}::${serverType(form)} AS ${quote(column)}`];
  const prints = printsTheSame(form, value);
  const typed = typedValue(form, value);
  return [
    `${typed} AS ${quote(column)}`,
    `${prints === undefined ? printed : `CASE WHEN NOT (${prints}) THEN pg_catalog.format('%s', ${value}) END`} AS ${quote(text)}`,
  ];
}

/** Years that all readers know print alike everywhere. Of numbers nothing is promised: their text is always there. */
function printsTheSame(form: string, value: string): string | undefined {
  if (form === "DATE") return `${value} BETWEEN DATE '0001-01-01' AND DATE '9999-12-31'`;
  if (form === "TIMESTAMP") return between(value, "timestamp");
  if (form === "TIMESTAMPTZ") return between(value, "timestamptz");
  return undefined;
}

function between(value: string, type: string): string {
  return `${value} BETWEEN ${type} '0001-01-01 00:00:00' AND ${type} '9999-12-31 23:59:59.999999'`;
}

/**
 * Without what a form cannot hold: infinite times, NaN in a decimal, numbers beyond a double, of which what is too small is an
 * error as well. The cast stands outside, because the digits of a decimal are lost in a CASE.
 */
function typedValue(form: string, value: string): string {
  return `(CASE WHEN ${fits(form, value)} THEN ${value} END)::${serverType(form)}`;
}

function fits(form: string, value: string): string {
  if (form.startsWith("DECIMAL")) return `${value} <> 'NaN'`;
  return printsTheSame(form, value) ?? `${value} = 0 OR abs(${value}) BETWEEN 1e-300 AND 1e300`;
}

const SERVER_TYPES: Readonly<Record<string, string>> = {
  SMALLINT: "int2",
  INTEGER: "int4",
  BIGINT: "int8",
  BOOLEAN: "bool",
  FLOAT: "float4",
  DOUBLE: "float8",
  DATE: "date",
  TIMESTAMP: "timestamp",
  TIMESTAMPTZ: "timestamptz",
  BLOB: "bytea",
};

function serverType(form: string): string {
  return SERVER_TYPES[form] ?? form.replace("DECIMAL", "numeric");
}
