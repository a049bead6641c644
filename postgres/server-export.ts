import type { Database } from "./database";

/** The extension aws_s3, as the connected role sees it. */
export interface ServerExport {
  readonly version: string;
  /** Whether it has the function that writes rows into a bucket, and the role may call it. */
  readonly usable: boolean;
}

/** Undefined: the database does not have it. */
export async function readServerExport(database: Database): Promise<ServerExport | undefined> {
  const [row] = await database.read(
    `select e.extversion as version, exists (
  select from pg_catalog.pg_proc p join pg_catalog.pg_namespace n on n.oid = p.pronamespace
  where n.nspname = 'aws_s3' and p.proname = 'query_export_to_s3'
    and pg_catalog.has_schema_privilege(n.oid, 'usage') and pg_catalog.has_function_privilege(p.oid, 'execute')
) as usable
from pg_catalog.pg_extension e where e.extname = 'aws_s3'`,
    [],
  );
  return row && { version: String(row["version"]), usable: row["usable"] === true };
}
