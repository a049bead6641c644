// Rows that do not satisfy a constraint, and the state of a constraint on the table and each partition.
import type { TestDatabase } from "../support/database";
import { withAuthors } from "./constraints-support";

export const author = { columns: ["author"], references: { schema: "app", table: "users", columns: ["id"] } };
export const short = "length(note) <= 5";

/** February, March and April; a row of March is too long, and its author unknown. */
const ROWS =
  "insert into app.events values (1, '2025-02-05', 'short', 1), (2, '2025-03-05', 'much too long', 99), (3, '2025-04-01', 'short', 1)";

export function withStates(version: TestDatabase["version"]) {
  const { database, deployment } = withAuthors(version, ROWS);
  return { database, deployment, states: (name: string) => statesOf(database, name) };
}

/** `events_p2025_02 known valid`, the table and its partitions. */
async function statesOf(database: TestDatabase, name: string): Promise<string[]> {
  const rows = await database.query<{ line: string }>(
    `select format('%s %s%s', c.relname, regexp_replace(pg_get_constraintdef(k.oid), '^.*\\) ?', ''), case when k.convalidated then 'valid' else '' end) as line
     from pg_constraint k join pg_class c on c.oid = k.conrelid
     where k.connamespace = 'app'::regnamespace and k.conname = $1 order by 1`,
    [name],
  );
  return rows.map(({ line }) => line);
}
