import type { ObservedColumn, ObservedTable } from "../observed";
import type { Problem } from "../problem";
import { keyKind } from "../time/key";
import { formatPath } from "./shape-problems";
import type { ColumnSpec, TableShape } from "./spec";

/**
 * Compares a declared table with the one that exists. An equal one is adopted; every difference is told. Nothing is ever
 * replaced: a change of key or strategy needs a migration, other changes are made by whoever owns the columns.
 */
export function tableProblems(spec: TableShape, table: ObservedTable): Problem[] {
  const name = `"${table.schema}.${table.name}"`;
  if (table.kind === "plain") {
    return [
      mismatch(
        "table",
        `${name} exists as a plain table.`,
        "Converting it needs a migration, which this version does not have; choose another name, or convert it by hand and declare it without columns.",
      ),
    ];
  }
  if (table.kind === "other") {
    return [mismatch("table", `${name} exists and is not a table.`, "Choose another name.")];
  }
  return [
    ...keyProblems(spec, table, name),
    ...(spec.columns ? columnProblems(spec.columns, table, name) : []),
    ...primaryKeyProblems(spec, table, name),
  ];
}

function keyProblems(spec: TableShape, table: ObservedTable, name: string): Problem[] {
  const key = table.key;
  const wanted = spec.window.key;
  if (!key || key.strategy !== "range" || key.columns.length !== 1 || key.columns[0] !== wanted.column) {
    const found = key
      ? `${key.strategy} (${key.columns.map((column) => column ?? "an expression").join(", ")})`
      : "nothing";
    return [
      mismatch(
        "partitionBy[0].range",
        `${name} is partitioned by ${found}, not by range ("${wanted.column}").`,
        "The key of a table never changes in place: declare what exists, or migrate the rows into a new table.",
      ),
    ];
  }
  const type = key.types[0] ?? "";
  if (keyKind(type, wanted.encoding) === undefined) {
    return [
      mismatch(
        "partitionBy[0].key",
        `the key "${wanted.column}" of ${name} has type ${type}, which does not hold a key of kind "${wanted.encoding}".`,
        'Set key to how the column writes time: "epoch-s", "epoch-ms", "epoch-us" for integers, "uuidv7" for uuid.',
      ),
    ];
  }
  const column = table.columns.find((candidate) => candidate.name === wanted.column);
  if (column?.nullable) {
    return [
      mismatch(
        "partitionBy[0].range",
        `the key "${wanted.column}" of ${name} may be NULL.`,
        `Set it: ALTER TABLE … ALTER COLUMN "${wanted.column}" SET NOT NULL.`,
      ),
    ];
  }
  return [];
}

function columnProblems(declared: readonly ColumnSpec[], table: ObservedTable, name: string): Problem[] {
  const problems: Problem[] = [];
  for (const column of declared) {
    const found = table.columns.find((candidate) => candidate.name === column.name);
    const difference = found ? columnDifference(column, found) : "is missing";
    if (difference === undefined) continue;
    problems.push(
      mismatch(
        formatPath(["columns", column.name]),
        `column "${column.name}" of ${name} ${difference}.`,
        "Change the table with your migration tool, or the declaration; columns of an existing table are not altered.",
      ),
    );
  }
  for (const column of table.columns) {
    if (declared.some((candidate) => candidate.name === column.name)) continue;
    problems.push(
      mismatch(
        formatPath(["columns", column.name]),
        `${name} has a column "${column.name}" (${column.type}) that is not declared.`,
        "Declare it, or leave out columns altogether.",
      ),
    );
  }
  return problems;
}

function columnDifference(declared: ColumnSpec, found: ObservedColumn): string | undefined {
  const wanted = canonicalType(declared.type);
  if (wanted !== canonicalType(found.type)) return `has type ${found.type}, declared is ${declared.type}`;
  if (declared.nullable !== found.nullable)
    return found.nullable ? "may be NULL, declared is NOT NULL" : "is NOT NULL, declared is nullable";
  if (declared.identity !== found.identity)
    return `has identity ${found.identity ?? "none"}, declared is ${declared.identity ?? "none"}`;
  return undefined;
}

function primaryKeyProblems(spec: TableShape, table: ObservedTable, name: string): Problem[] {
  if (!spec.columns) return [];
  const found = table.constraints.find((constraint) => constraint.kind === "primary")?.columns;
  const wanted = spec.primaryKey;
  if ((found ?? []).join("\0") === (wanted ?? []).join("\0")) return [];
  return [
    mismatch(
      "primaryKey",
      `the primary key of ${name} is (${found?.join(", ") ?? "none"}), declared is (${wanted?.join(", ") ?? "none"}).`,
      "Declare what exists, or change the table with your migration tool.",
    ),
  ];
}

const TYPE_ALIASES: Readonly<Record<string, string>> = {
  bigserial: "bigint",
  serial8: "bigint",
  int8: "bigint",
  serial: "integer",
  serial4: "integer",
  int: "integer",
  int4: "integer",
  smallserial: "smallint",
  serial2: "smallint",
  int2: "smallint",
  bool: "boolean",
  float8: "double precision",
  float4: "real",
  float: "double precision",
  decimal: "numeric",
  varchar: "character varying",
  char: "character",
  timestamptz: "timestamp with time zone",
  timestamp: "timestamp without time zone",
  timetz: "time with time zone",
  time: "time without time zone",
};

/** The name that PostgreSQL itself prints for a type: `varchar(20)[]` becomes `character varying(20)[]`. */
export function canonicalType(type: string): string {
  const text = type
    .toLowerCase()
    .replace(/\s+/g, " ")
    .replace(/\s*\(\s*/, "(")
    .replace(/\s*,\s*/, ",")
    .replace(/\s*\)/, ")")
    .trim();
  const match = /^([a-z0-9_]+)(\([^)]*\))?((\[\d*\])*)$/.exec(text);
  if (!match) return text;
  const [, declared = "", precision = "", arrays = ""] = match;
  const name = TYPE_ALIASES[declared] ?? declared;
  const [word = "", ...rest] = name.split(" ");
  const full = precisionOf(name, precision);
  const placed = word.startsWith("time") ? [`${word}${full}`, ...rest].join(" ") : `${name}${full}`;
  return `${placed}${arrays.replace(/\d/g, "")}`;
}

/** The server prints a precision that may be left out. */
function precisionOf(name: string, declared: string): string {
  if (declared === "" && (name === "character" || name === "bit")) return "(1)";
  return name === "numeric" ? declared.replace(/^\((\d+)\)$/, "($1,0)") : declared;
}

function mismatch(path: string, message: string, fix: string): Problem {
  return { path, code: "table-mismatch", message, fix };
}
