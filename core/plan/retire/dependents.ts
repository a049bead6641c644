import { quote, quoteQualified } from "../../names/identifier";

/** One object of the database that needs a table to be there: PostgreSQL refuses to drop that table before it. */
export interface Dependent {
  /** As pg_identify_object names it. @example "view", "materialized view", "function", "default value", "extension" */
  readonly kind: string;
  /** Quoted and with its schema. @example "app.v", "app.f(integer)", "c on app.t" */
  readonly identity: string;
  /** The same in parts, unquoted. @example ["app", "t", "column"] */
  readonly names: readonly string[];
}

/** What was read of the partitions that are to leave, by their oid. What others need comes after what needs it: so it is dropped. */
export type Dependents = ReadonlyMap<string, readonly Dependent[]>;

/** How many are named before they are only counted. */
const NAMED = 5;

/** Why a table cannot be dropped, with the statements that end it; undefined: nothing needs it. */
export function whyNotDroppable(
  { schema, partition }: { readonly schema: string; readonly partition: string },
  found: readonly Dependent[] = [],
): string | undefined {
  if (found.length === 0) return undefined;
  const names = found.slice(0, NAMED).map(({ kind, identity }) => `${kind} ${identity}`);
  const more = found.length > NAMED ? `${names.join(", ")} and ${found.length - NAMED} more depend` : listed(names);
  const ways = found.slice(0, NAMED).map((one) => wayOn(one, quoteQualified(schema, partition)));
  return `${more} on it. Take it out of ${found.length === 1 ? "that" : "these"}, or run ${ways.join("; ")}`;
}

function listed(names: readonly string[]): string {
  const last = names.at(-1) ?? "";
  return names.length === 1 ? `${last} depends` : `${names.slice(0, -1).join(", ")} and ${last} depend`;
}

/** The statement that ends the dependency, and takes no row away but those of a column. */
function wayOn({ kind, identity, names }: Dependent, table: string): string {
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
