import { quote, quoteLiteral, quoteQualified } from "../../core/names/identifier";
import type { ObservedTable } from "../../core/observed/table";

/**
 * Returns the statements that an administrator has to run, in order, so that the connected role may manage a table; empty if it
 * may. PostgreSQL lets only the owner attach, detach and drop. The table is given to the role; membership in its owner is the
 * alternative, unless that would grant more than tables: a superuser, or a role that administers the server.
 */
export function missingRights(table: Pick<ObservedTable, "schema" | "name" | "owner" | "rights" | "leaves">): string[] {
  const { rights } = table;
  const role = quote(rights.role);
  return [
    // A new owner needs this first.
    ...(rights.createInSchema ? [] : [`GRANT CREATE ON SCHEMA ${quote(table.schema)} TO ${role}`]),
    ...(rights.owner
      ? []
      : [
          `ALTER TABLE ${quoteQualified(table.schema, table.name)} OWNER TO ${role}${ofItsPartitions(table)}` +
            (rights.ownerIsAdmin !== false
              ? ""
              : ` (or, where ${quote(table.owner)} should remain the owner and its rights may be shared: GRANT ${quote(table.owner)} TO ${role})`),
        ]),
    // Partitions belong to the owner of the table, and PostgreSQL refuses an owner without rights on the schema.
    ...(rights.ownerCreates || table.owner === rights.role
      ? []
      : [`GRANT CREATE ON SCHEMA ${quote(table.schema)} TO ${quote(table.owner)}`]),
  ];
}

/** Adds the partitions: ALTER TABLE … OWNER of a partitioned table changes only that table. */
function ofItsPartitions({
  schema,
  name,
  leaves,
  rights,
}: Pick<ObservedTable, "schema" | "name" | "leaves" | "rights">) {
  if (leaves.length === 0) return "";
  const tree = quoteLiteral(quoteQualified(schema, name));
  return `; the same of each of its partitions, as psql does with: SELECT format('ALTER TABLE %s OWNER TO %I', relid, ${quoteLiteral(rights.role)}) FROM pg_partition_tree(${tree}) \\gexec`;
}
