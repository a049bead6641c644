import { BRANCH_KEY, type CatalogTable, FROM_KEY, GENERATION_KEY } from "./catalog";

/**
 * Text of a view of Athena that reads of each range the last generation alone: a range that was restored and archived again
 * lies in the store twice, and nothing there is ever deleted.
 */
export function latestGenerations(catalog: string, table: CatalogTable): string {
  const source = `${quoted(catalog)}.${quoted(table.name)}`;
  const names = [...table.columns, ...table.partitionKeys].map(({ name }) => `g.${quoted(name)}`);
  const range = [BRANCH_KEY, FROM_KEY].filter((key) => table.partitionKeys.some(({ name }) => name === key)).join(", ");
  const same = [...range.split(", "), GENERATION_KEY].map((key) => `g.${key} = l.${key}`).join(" AND ");
  return (
    `SELECT ${names.join(", ")} FROM ${source} g JOIN ` +
    `(SELECT ${range}, max(${GENERATION_KEY}) AS ${GENERATION_KEY} FROM ${source} GROUP BY ${range}) l ON ${same}`
  );
}

/** How Glue keeps such a view: its text and columns as JSON, in base 64, in a comment. */
export function viewText(catalog: string, table: CatalogTable): string {
  const columns = [...table.columns, ...table.partitionKeys].map(({ name, type }) => ({ name, type: trinoType(type) }));
  const view = { originalSql: latestGenerations(catalog, table), catalog: "awsdatacatalog", schema: catalog, columns };
  return `/* Presto View: ${Buffer.from(JSON.stringify(view), "utf8").toString("base64")} */`;
}

const TRINO: Readonly<Record<string, string>> = {
  int: "integer",
  float: "real",
  binary: "varbinary",
  string: "varchar",
};

function trinoType(hive: string): string {
  return TRINO[hive] ?? hive;
}

function quoted(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}
