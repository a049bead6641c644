import { BRANCH_KEY, type CatalogTable, FROM_KEY, GENERATION_KEY } from "./catalog";

/**
 * Returns the text of an Athena view that reads only the last generation of each range: a range that was restored and archived
 * again is in the store twice, and nothing is ever deleted there.
 */
export function buildLatestGenerationsQuery(catalog: string, table: CatalogTable): string {
  const source = `${quoteTrino(catalog)}.${quoteTrino(table.name)}`;
  const names = [...table.columns, ...table.partitionKeys].map(({ name }) => `g.${quoteTrino(name)}`);
  const range = [BRANCH_KEY, FROM_KEY].filter((key) => table.partitionKeys.some(({ name }) => name === key)).join(", ");
  const same = [...range.split(", "), GENERATION_KEY].map((key) => `g.${key} = l.${key}`).join(" AND ");
  return (
    `SELECT ${names.join(", ")} FROM ${source} g JOIN ` +
    `(SELECT ${range}, max(${GENERATION_KEY}) AS ${GENERATION_KEY} FROM ${source} GROUP BY ${range}) l ON ${same}`
  );
}

/** Encodes such a view as Glue stores it: its text and columns as JSON, in base 64, in a comment. */
export function encodeView(catalog: string, table: CatalogTable): string {
  const columns = [...table.columns, ...table.partitionKeys].map(({ name, type }) => ({
    name,
    type: toTrinoType(type),
  }));
  const view = {
    originalSql: buildLatestGenerationsQuery(catalog, table),
    catalog: "awsdatacatalog",
    schema: catalog,
    columns,
  };
  return `/* Presto View: ${Buffer.from(JSON.stringify(view), "utf8").toString("base64")} */`;
}

const TRINO: Readonly<Record<string, string>> = {
  int: "integer",
  float: "real",
  binary: "varbinary",
  string: "varchar",
};

function toTrinoType(hive: string): string {
  return TRINO[hive] ?? hive;
}

function quoteTrino(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}
