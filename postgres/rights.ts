import { quote, quoteQualified } from "../core/names/identifier";
import type { ObservedTable } from "../core/observed";

/**
 * What an administrator has to run so that the connected role may manage a table; empty when it may. PostgreSQL lets only
 * the owner attach, detach and drop, so a role either owns the table or is a member of the role that does.
 */
export function missingRights(table: Pick<ObservedTable, "schema" | "name" | "owner" | "rights">): string[] {
  const { rights } = table;
  const role = quote(rights.role);
  return [
    ...(rights.owner
      ? []
      : [
          `GRANT ${quote(table.owner)} TO ${role} (or ALTER TABLE ${quoteQualified(table.schema, table.name)} OWNER TO ${role})`,
        ]),
    ...(rights.createInSchema ? [] : [`GRANT CREATE ON SCHEMA ${quote(table.schema)} TO ${role}`]),
    // Partitions belong to the owner of the table, and PostgreSQL gives nothing to a role that may have nothing there.
    ...(rights.ownerCreates || table.owner === rights.role
      ? []
      : [`GRANT CREATE ON SCHEMA ${quote(table.schema)} TO ${quote(table.owner)}`]),
  ];
}
