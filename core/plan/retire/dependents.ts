import { quote, quoteQualified } from "../../names/identifier";

/** An object of the database that depends on a table: PostgreSQL refuses to drop the table before it. */
export interface Dependent {
  /** As pg_identify_object names it. @example "view", "materialized view", "function", "default value", "extension" */
  readonly kind: string;
  /** Quoted and with its schema. @example "app.v", "app.f(integer)", "c on app.t" */
  readonly identity: string;
  /** The same in parts, unquoted. @example ["app", "t", "column"] */
  readonly names: readonly string[];
}

/** Objects read for the partitions that are to leave, by oid. Dependents come after the objects that they depend on. */
export type Dependents = ReadonlyMap<string, readonly Dependent[]>;

/** Number of objects named before they are only counted. */
const NAMED = 5;

/** Explains why a table cannot be dropped, with the statements that fix it; undefined: nothing depends on it. */
export function explainNotDroppable(
  { schema, partition }: { readonly schema: string; readonly partition: string },
  found: readonly Dependent[] = [],
): string | undefined {
  if (found.length === 0) return undefined;
  const names = found.slice(0, NAMED).map(({ kind, identity }) => `${kind} ${identity}`);
  const more =
    found.length > NAMED ? `${names.join(", ")} and ${found.length - NAMED} more depend` : formatDependents(names);
  const ways = found.slice(0, NAMED).map((one) => buildRemedy(one, quoteQualified(schema, partition)));
  return `${more} on it. Take it out of ${found.length === 1 ? "that" : "these"}, or run ${ways.join("; ")}`;
}

function formatDependents(names: readonly string[]): string {
  const last = names.at(-1) ?? "";
  return names.length === 1 ? `${last} depends` : `${names.slice(0, -1).join(", ")} and ${last} depend`;
}

/** Returns the statement that ends the dependency. It deletes no data, except that of a dropped column. */
function buildRemedy({ kind, identity, names }: Dependent, table: string): string {
  const [schema = "", relation = "", part = ""] = names;
  const other = quoteQualified(schema, relation);
  switch (kind) {
    case "extension":
      return `ALTER EXTENSION ${identity} DROP TABLE ${table}`;
    case "table constraint":
      return `ALTER TABLE ${other} DROP CONSTRAINT ${quote(part)}`;
    case "default value":
      return `ALTER TABLE ${other} ALTER COLUMN ${quote(part)} DROP DEFAULT`;
    case "table column":
    case "foreign table column":
      return `ALTER TABLE ${other} DROP COLUMN ${quote(part)}`;
    // A child by inheritance keeps its rows.
    case "table":
    case "foreign table":
      return `ALTER TABLE ${identity} NO INHERIT ${table}`;
    case "rule":
    case "policy":
    case "trigger":
      return `DROP ${kind.toUpperCase()} ${quote(part)} ON ${other}`;
    default:
      return `DROP ${kind.toUpperCase()} ${identity}`;
  }
}
