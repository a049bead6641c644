import type { ServerMethod } from "../core/archive/part-settings";
import type { Database } from "./database";

/** An extension by which the server writes, as the connected role sees it. */
export interface ServerExport {
  readonly version: string;
  /** Whether the role may use it: pg_parquet asks for no right when it writes to us. */
  readonly usable: boolean;
}

/** Undefined: the database does not have it. */
export async function readServerExport(database: Database, method: ServerMethod): Promise<ServerExport | undefined> {
  const [row] = await database.read(
    `select e.extversion as version, e.extname = 'pg_parquet' or exists (
  select from pg_catalog.pg_proc p join pg_catalog.pg_namespace n on n.oid = p.pronamespace
  where n.nspname = 'aws_s3' and p.proname = 'query_export_to_s3'
    and pg_catalog.has_schema_privilege(n.oid, 'usage') and pg_catalog.has_function_privilege(p.oid, 'execute')
) as usable
from pg_catalog.pg_extension e where e.extname = $1`,
    [method],
  );
  return row && { version: String(row["version"]), usable: row["usable"] === true };
}
