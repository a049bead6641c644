import { MAX_IDENTIFIER_BYTES } from "../names/identifier";
import type { Report } from "../problems/problem";
import type { RoleGrants } from "./grants";

/** The declaration, as far as it can be checked without a database. */
export interface DeclaredPrerequisites {
  readonly schemas: readonly string[];
  readonly extensions: readonly string[];
  readonly publications: readonly string[];
  readonly roles: Readonly<Record<string, RoleGrants & { readonly memberOf: readonly string[] }>>;
  /** Names of the given connection settings. */
  readonly connection: readonly string[];
}

/** Connection settings that `@pulumi/postgresql` does not take: it would connect elsewhere, or without a password. */
const NOT_TAKEN = ["url", "passwordCommand"] as const;

/** Reports declarations that could not be created, or would have another effect than intended. */
export function reportPrerequisites(declared: DeclaredPrerequisites, tables: readonly string[], report: Report): void {
  const { connection, roles } = declared;
  for (const setting of NOT_TAKEN)
    if (connection.includes(setting))
      report(
        "connection",
        `prerequisites are created by @pulumi/postgresql, which has no ${setting}.`,
        "Give prerequisites.connection with host, port, database and user; a password goes into PGPASSWORD, not into a program.",
      );
  if (Object.keys(roles).length > 0 && !connection.includes("database"))
    report("connection", "grants name their database, and the connection has none.", "Declare its database.");
  const names = {
    schemas: declared.schemas,
    extensions: declared.extensions,
    publications: declared.publications,
    roles: Object.keys(roles),
  };
  for (const [path, list] of Object.entries(names)) for (const name of list) reportName(path, name, report);
  for (const [role, { for: purpose, memberOf, tables: read }] of Object.entries(roles)) {
    if (purpose === "archive" && memberOf.length === 0)
      report(
        `roles.${role}.memberOf`,
        "an archiver detaches and drops partitions, which only an owner of the table may.",
        "Name the role that owns the tables.",
      );
    for (const key of read ?? [])
      if (!tables.includes(key))
        report(
          `roles.${role}.tables`,
          `the program has no table "${key}".`,
          `Known are ${tables.join(", ") || "none"}.`,
        );
  }
}

function reportName(path: string, name: string, report: Report): void {
  const bytes = new TextEncoder().encode(name).length;
  if (name === "" || name.includes("\0") || bytes > MAX_IDENTIFIER_BYTES)
    report(path, `${JSON.stringify(name)} is no name.`, `A name has 1 to ${MAX_IDENTIFIER_BYTES} bytes and no NUL.`);
}
