import { quote, quoteLiteral, quoteQualified } from "../../core/names/identifier";
import type { ObservedTable } from "../../core/observed/observed-table";
import type { Database } from "../database";
import { query } from "../queries";

/**
 * Returns the statements that an administrator has to run, in order, so that the connected role may manage a table; empty if it
 * may. PostgreSQL lets only the owner attach, detach and drop. The table is given to the role; membership in its owner is the
 * alternative, unless that would grant more than tables: a superuser, or a role that administers the server.
 */
export function listMissingRights(
  table: Pick<ObservedTable, "schema" | "name" | "owner" | "rights" | "partitions">,
): string[] {
  const { rights } = table;
  const role = quote(rights.role);
  return [
    // A new owner needs this first.
    ...(rights.createInSchema ? [] : [`GRANT CREATE ON SCHEMA ${quote(table.schema)} TO ${role}`]),
    ...(rights.owner
      ? []
      : [
          `ALTER TABLE ${quoteQualified(table.schema, table.name)} OWNER TO ${role}${listChangesOfPartitions(table)}` +
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
function listChangesOfPartitions({
  schema,
  name,
  partitions,
  rights,
}: Pick<ObservedTable, "schema" | "name" | "partitions" | "rights">) {
  if (partitions.length === 0) return "";
  const tree = quoteLiteral(quoteQualified(schema, name));
  return `; the same of each of its partitions, as psql does with: SELECT format('ALTER TABLE %s OWNER TO %I', relid, ${quoteLiteral(rights.role)}) FROM pg_partition_tree(${tree}) \\gexec`;
}

/** Rights to create tables in a schema. */
interface SchemaRights {
  readonly there: boolean;
  /** Connected role. */
  readonly role: string;
  /** True if the connected role may create tables. */
  readonly creates: boolean;
  /** True if tables of the owner may be there. */
  readonly ownerCreates: boolean;
}

/** @param owner future owner of the tables; undefined: the connected role */
export async function readSchemaRights(
  database: Database,
  schema: string,
  owner: string | undefined,
): Promise<SchemaRights> {
  const [row] = await database.read(query("schema-rights"), [schema, owner ?? null]);
  return {
    there: row?.["there"] === true,
    role: String(row?.["role"]),
    creates: row?.["creates"] === true,
    ownerCreates: row?.["owner_creates"] === true,
  };
}
