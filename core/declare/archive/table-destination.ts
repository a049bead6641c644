import { z } from "zod";
import type { Problem } from "../../problems/problem";
import { quoteQualified } from "../../names/identifier";
import type { ArchiveTableArgs } from "./archive-args";
import { encodeSegment } from "../../store/layout";

/** A parsed archive table. */
export interface ArchiveTable {
  readonly schema: string;
  readonly name: string;
  /** Undefined: in the same database. */
  readonly url?: string;
}

/** Shape that users write. */
export const archiveTableSchema = z.strictObject({
  table: z.string().min(1),
  database: z.strictObject({ url: z.string().min(1) }).optional(),
});

/** Shape on the wire. */
export const archiveTableWireSchema = z.object({
  schema: z.string().min(1),
  name: z.string().min(1),
  url: z.string().min(1).optional(),
});

/** Reads a declared archive table; problems are at `path`. */
export function parseArchiveTable(declared: ArchiveTableArgs, path: string, problems: Problem[]): ArchiveTable {
  const [, schema = "", name = ""] = /^([^.]+)\.([^.]+)$/.exec(declared.table) ?? [];
  if (name === "")
    problems.push({
      path: `${path}.table`,
      code: "invalid-value",
      message: `${JSON.stringify(declared.table)} does not name a table with its schema.`,
      fix: 'Write "schema.table", such as "archive.events".',
    });
  const url = declared.database?.url;
  if (url !== undefined) problems.push(...findUrlProblems(url, `${path}.database.url`));
  return { schema, name, ...(url === undefined ? {} : { url }) };
}

/** Returns problems of the URL of an archive's database. Never quotes it: it may contain a password. */
export function findUrlProblems(url: string, path: string): Problem[] {
  const wrong = explainWrongUrl(url);
  if (wrong === undefined) return [];
  const fix =
    'Write "postgresql://user@host:5432/database"; the password is taken from PGPASSFILE, ~/.pgpass or PGPASSWORD.';
  return [{ path, code: "invalid-value", message: `${wrong}.`, fix }];
}

function explainWrongUrl(text: string): string | undefined {
  let url: URL;
  try {
    url = new URL(text);
  } catch {
    return "it is not a connection URL";
  }
  if (!["postgres:", "postgresql:"].includes(url.protocol)) return 'it does not begin with "postgresql://"';
  if (url.password !== "" || url.searchParams.has("password") || url.searchParams.has("sslpassword"))
    return "it contains a password, which would be in the program and in state";
  if (url.pathname.length < 2 && !url.searchParams.has("dbname")) return "it names no database";
  return undefined;
}

/**
 * Returns the location of an archive table as the ledger records it: `table://host:port/database/schema.table`, without a host
 * for the same database, and without users and passwords.
 */
export function formatTablePlace({ schema, name, url }: ArchiveTable, database: string): string {
  const host = url === undefined ? "" : new URL(url).host;
  return `table://${host}/${encodeSegment(database)}/${encodeSegment(schema)}.${encodeSegment(name)}`;
}

/** Explains why an archive table cannot be read as objects, with the SQL that reads it. Undefined: not an archive table. */
export function explainTableInsteadOfStore(
  place: string,
  table: { readonly schema: string; readonly table: string },
): string | undefined {
  const [, host = "", database = "", schema = "", name = ""] =
    /^table:\/\/([^/]*)\/([^/]+)\/([^/.]+)\.([^/.]+)/.exec(place) ?? [];
  if (name === "") return undefined;
  const archive = quoteQualified(decodeURIComponent(schema), decodeURIComponent(name));
  const where = host === "" ? "this database" : `database "${decodeURIComponent(database)}" of ${host}`;
  return (
    `the archive is stored as rows in the table ${archive} of ${where}, and no file is fetched: query that table. To have the rows in their table again: ` +
    `INSERT INTO ${quoteQualified(table.schema, table.table)} (…) SELECT … FROM ${archive} WHERE …` +
    (host === "" ? "" : "; from another server by COPY … TO and COPY … FROM")
  );
}

/** Describes a table for people: `archive.events`, with the database if it is another one. */
export function describeArchiveTable({ schema, name, url }: ArchiveTable): string {
  if (url === undefined) return `${schema}.${name}`;
  const { host, pathname, searchParams } = new URL(url);
  return `${schema}.${name} in ${host === "" ? "" : `${host}/`}${pathname.slice(1) || (searchParams.get("dbname") ?? "")}`;
}
