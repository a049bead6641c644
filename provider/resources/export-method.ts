import type { ServerMethod } from "../../core/archive/part-settings";
import type { WindowSpec } from "../../core/spec/spec";
import { readServerExport, type ServerExport } from "../../postgres/server-export";
import type { Runtime } from "../runtime";

/** Why the server cannot write the archives that a table wants it to write. Asked before one is due as well. */
export async function exportMethodTrouble(runtime: Runtime, spec: WindowSpec): Promise<string | undefined> {
  const method = spec.archive?.method;
  if (method === undefined) return undefined;
  try {
    const problem = problemOf(method, await readServerExport(runtime.database, method));
    return problem && `${problem.message} ${problem.fix}`;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

function problemOf(
  method: ServerMethod,
  found: ServerExport | undefined,
): { readonly message: string; readonly fix: string } | undefined {
  if (method === "pg_parquet")
    return found
      ? undefined
      : {
          message: "the database does not have the extension pg_parquet.",
          fix: "Put it into shared_preload_libraries, restart the server and run CREATE EXTENSION pg_parquet, or remove the method.",
        };
  const role = "and give the instance a role of IAM for s3Export (docs/archive.md)";
  if (!found)
    return {
      message: "the database does not have the extension aws_s3, which RDS and Aurora have.",
      fix: `Run CREATE EXTENSION aws_s3 CASCADE ${role}, or remove the method.`,
    };
  if (found.usable) return undefined;
  return {
    message: `aws_s3 ${found.version} is there, and the connected role may not call aws_s3.query_export_to_s3.`,
    fix: "GRANT USAGE ON SCHEMA aws_s3, aws_commons and EXECUTE ON ALL FUNCTIONS IN SCHEMA aws_s3 to it, or update the extension.",
  };
}
