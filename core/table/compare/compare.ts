import { writeNotNullScript } from "./filled-check";
import type { ObservedTable } from "../../observed/observed-table";
import type { Problem } from "../../problems/problem";
import { findKeyKind } from "../../time/key";
import type { TableShape } from "../../declare/table/spec";

/**
 * Reports differences that cannot be changed in place: kind of the relation, partition key, primary key. Differences of columns
 * and other constraints are changes (core/table/alter/).
 */
export function findTableProblems(spec: TableShape, table: ObservedTable): Problem[] {
  const name = `"${table.schema}.${table.name}"`;
  if (table.kind === "plain") {
    return [
      refuseMismatch(
        "table",
        `${name} exists as a plain table.`,
        `Look at it with pgpartition analyze ${table.schema}.${table.name}, then convert it: convertFrom: { historyUntil: "…" }, a bound of the grid ahead of now; or choose another name.`,
      ),
    ];
  }
  if (table.kind === "other") {
    return [refuseMismatch("table", `${name} exists and is not a table.`, "Choose another name.")];
  }
  return [...findKeyProblems(spec, table, name), ...findPrimaryKeyProblems(spec, table, name)];
}

function findKeyProblems(spec: TableShape, table: ObservedTable, name: string): Problem[] {
  const key = table.key;
  const wanted = spec.window.key;
  const { root } = spec;
  if (!key || key.strategy !== root.strategy || key.columns.length !== 1 || key.columns[0] !== root.column) {
    const found = key
      ? `${key.strategy} (${key.columns.map((column) => column ?? "an expression").join(", ")})`
      : "nothing";
    return [
      refuseMismatch(
        `partitionBy[0].${root.strategy}`,
        `${name} is partitioned by ${found}, not by ${root.strategy} ("${root.column}").`,
        "The key of a table never changes in place: declare what exists, or migrate the rows into a new table.",
      ),
    ];
  }
  const column = table.columns.find((candidate) => candidate.name === wanted.column);
  const type = root.strategy === "range" ? (key.types[0] ?? "") : (column?.type ?? "");
  if (findKeyKind(type, wanted.encoding) === undefined) {
    return [
      refuseMismatch(
        "partitionBy[0].key",
        `the key "${wanted.column}" of ${name} has type ${type || "(no such column exists)"}, which does not hold a key of kind "${wanted.encoding}".`,
        'Set key to how the column writes time: "epoch-s", "epoch-ms", "epoch-us" for integers, "uuidv7" for uuid.',
      ),
    ];
  }
  if (column?.nullable) {
    return [
      refuseMismatch(
        "partitionBy[0].range",
        `the key "${wanted.column}" of ${name} may be NULL.`,
        `Rows without it belong to no partition. Writers continue while this sets it, one statement after the other: ${writeNotNullScript(table, wanted.column).join(" ")}`,
      ),
    ];
  }
  return [];
}

function findPrimaryKeyProblems(spec: TableShape, table: ObservedTable, name: string): Problem[] {
  if (!spec.columns) return [];
  const found = table.constraints.find((constraint) => constraint.kind === "primary")?.columns;
  const wanted = spec.primaryKey;
  if ((found ?? []).join("\0") === (wanted ?? []).join("\0")) return [];
  return [
    refuseMismatch(
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

/** Returns the name that PostgreSQL itself prints for a type: `varchar(20)[]` becomes `character varying(20)[]`. */
export function canonicalizeType(type: string): string {
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
  const full = normalizePrecision(name, precision);
  const placed = word.startsWith("time") ? [`${word}${full}`, ...rest].join(" ") : `${name}${full}`;
  return `${placed}${arrays.replace(/\d/g, "")}`;
}

/** Returns the precision as the server prints it, even if it was left out. */
function normalizePrecision(name: string, declared: string): string {
  if (declared === "" && (name === "character" || name === "bit")) return "(1)";
  return name === "numeric" ? declared.replace(/^\((\d+)\)$/, "($1,0)") : declared;
}

function refuseMismatch(path: string, message: string, fix: string): Problem {
  return { path, code: "table-mismatch", message, fix };
}
