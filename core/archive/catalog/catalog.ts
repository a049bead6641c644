import type { TableSpec } from "../../declare/table/spec";
import { canonicalizeType } from "../../table/compare/compare";
import type { Instant } from "../../time/instant";
import type { ParquetColumn, SourceColumn } from "../format/parquet-columns";
import { chooseParquetColumns } from "../format/parquet-columns";
import { buildProjection } from "./catalog-projection";
import { formatTableFolder } from "../../store/layout";

/** A column as Glue describes it. */
interface CatalogColumn {
  readonly name: string;
  /** Hive type: `bigint`, `decimal(10,2)`. */
  readonly type: string;
}

/** The archives of one table as a table of a catalogue, with a view of it. */
export interface CatalogTable {
  /** Every generation of every range. */
  readonly name: string;
  /** The last generation of each range, for queries. */
  readonly view: string;
  readonly columns: readonly CatalogColumn[];
  readonly partitionKeys: readonly CatalogColumn[];
  /** Below the location of the store, without leading and trailing slashes. */
  readonly folder: string;
  /** Settings of the partition projection, except for the template of the location. */
  readonly projection: Readonly<Record<string, string>>;
  /** Folder of one archive below that of the table, with the names of the partition keys in it. */
  readonly template: string;
}

interface CatalogRequest {
  readonly database: string;
  /** Folders of its branches; empty for a table partitioned by time alone. */
  readonly branches: readonly string[];
  readonly since: Instant;
  readonly now: Instant;
  readonly domains: Readonly<Record<string, string>>;
}

/** Names reserved for folders; columns of the file never have them. */
export const FROM_KEY = "archive_from";
export const GENERATION_KEY = "archive_gen";
export const BRANCH_KEY = "archive_branch";

/**
 * More archives than one range realistically has; each costs a listing of S3 for each range of a query, and a generation beyond
 * it would not be found.
 */
const MAX_GENERATIONS = 9;

/** Describes how a declared table with columns is found and read in its archive. */
export function describeCatalogTable(
  spec: TableSpec,
  { database, branches, since, now, domains }: CatalogRequest,
): CatalogTable {
  const { schema, table } = spec;
  const name = toCatalogName(`${schema}_${table}`);
  const branched = branches.length > 0;
  return {
    name: `${name}_generations`,
    view: name,
    columns: chooseParquetColumns((spec.columns ?? []).map((column) => toSourceColumn(column, domains))).flatMap(
      toCatalogColumns,
    ),
    partitionKeys: [
      ...(branched ? [{ name: BRANCH_KEY, type: "string" }] : []),
      { name: FROM_KEY, type: "string" },
      { name: GENERATION_KEY, type: "int" },
    ],
    folder: formatTableFolder({ database, schema, table }).replace(/\/$/, ""),
    projection: {
      "projection.enabled": "true",
      ...(branched
        ? { [`projection.${BRANCH_KEY}.type`]: "enum", [`projection.${BRANCH_KEY}.values`]: branches.join(",") }
        : {}),
      ...buildProjection(FROM_KEY, spec.window, since, now),
      [`projection.${GENERATION_KEY}.type`]: "integer",
      [`projection.${GENERATION_KEY}.range`]: `1,${MAX_GENERATIONS}`,
    },
    template: `${branched ? `branch=\${${BRANCH_KEY}}/` : ""}from=\${${FROM_KEY}}/gen=\${${GENERATION_KEY}}`,
  };
}

/** Converts to a name that Athena allows: lower case, digits and underscores. */
export function toCatalogName(text: string): string {
  return text.toLowerCase().replace(/[^a-z0-9_]/g, "_");
}

function toSourceColumn(
  { name, type }: { readonly name: string; readonly type: string },
  domains: Readonly<Record<string, string>>,
): SourceColumn {
  const base = domains[type];
  // Types that are not built in (an enum, a composite type, an array) are exported as text.
  return {
    name,
    category: "",
    ...(base === undefined ? toBuiltinType(type) : { type, kind: "d", base: canonicalizeType(base) }),
  };
}

function toBuiltinType(type: string): Pick<SourceColumn, "type" | "kind"> {
  return { type: canonicalizeType(type), kind: "b" };
}

const HIVE: Readonly<Record<string, string>> = {
  SMALLINT: "smallint",
  INTEGER: "int",
  BIGINT: "bigint",
  BOOLEAN: "boolean",
  FLOAT: "float",
  DOUBLE: "double",
  DATE: "date",
  TIMESTAMP: "timestamp",
  TIMESTAMPTZ: "timestamp",
  BLOB: "binary",
  VARCHAR: "string",
};

/**
 * Returns the typed column, and its text column if it has one. Glue has lower case only, and files are read case-insensitively.
 */
function toCatalogColumns({ column, form, text }: ParquetColumn): CatalogColumn[] {
  const typed = { name: column.toLowerCase(), type: HIVE[form] ?? form.toLowerCase() };
  return text === undefined ? [typed] : [typed, { name: text.toLowerCase(), type: "string" }];
}
