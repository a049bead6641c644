/** Parts of a reference page that no schema contains: import, locks, rights, limits. */
export interface ResourceNotes<Operation extends string = string> {
  /** Name of the page, if it differs from that of the resource. */
  readonly page?: string;
  /** The id, an example command, and its result. */
  readonly imports: string;
  /** Operations whose statements and locks the page lists, by their names in tools/docs/lock-rows.ts. */
  readonly operations: readonly Operation[];
  readonly locks?: string;
  readonly rights: readonly string[];
  readonly limits: readonly string[];
}

export const OWNER =
  "Owner of the table: `ALTER TABLE … OWNER TO role`, for its partitions too. Or member of the role that owns it, where that is an ordinary one: never of a superuser, or of a role that administers the server. PostgreSQL lets no other role attach, detach or drop.";
export const CREATE = "`GRANT CREATE ON SCHEMA … TO role` on the schema of the table.";
export const MANAGEMENT =
  "Use of the management schema: its owner, or the grants that the error of a missing one lists.";
export const ENCODING =
  "A dot, `#` or `%` inside a name is written `%2E`, `%23`, `%25`; a table without schema is in `public`.";
