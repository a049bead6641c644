import type { Observation } from "../../observed/observed-table";
import type { Leaving, Retirement } from "./retiring";

/**
 * Warns of tables that leave but stay in a stream, or the reverse. A detached partition leaves the publications of its table;
 * publications of all tables, of its schema, or that name it directly publish it as a table of its own from then on.
 */
export function warnOfReplication(
  observation: Pick<Observation, "replication" | "detached">,
  due: readonly Retirement[],
): string[] {
  const leaving = due.filter(({ verb }) => verb !== "drop").map(({ table }) => table);
  return [
    ...observation.replication.publications.flatMap(({ name, allTables, schemas, partitions }) => {
      const staying = leaving.filter(
        ({ schema, name: partition }) =>
          allTables || schemas.includes(schema) || partitions.includes(`${schema}.${partition}`),
      );
      return staying.length === 0 ? [] : [warnOfStaying(name, allTables, schemas, staying)];
    }),
    ...warnOfUnreadDrops(observation, due),
  ];
}

function warnOfStaying(
  publication: string,
  allTables: boolean,
  schemas: readonly string[],
  staying: readonly Leaving[],
): string {
  const why = allTables
    ? "has all tables"
    : staying.every((item) => schemas.includes(item.schema))
      ? `has all tables of schema ${formatNames([...new Set(staying.map((item) => item.schema))])}`
      : "lists it by itself";
  return (
    `publication "${publication}" ${why}: after the detach ${formatNames(staying.map(({ name }) => name))} ${staying.length === 1 ? "is" : "are"} published under ` +
    "a separate name, and a subscriber that refreshes copies its rows or fails without the table; refresh subscribers with copy_data = false, or publish named tables instead"
  );
}

/**
 * Warns about drops: the stream still has the changes of a dropped table, and a consumer that looks it up by name fails. A slot
 * that has not read past the detach still has them ahead.
 */
function warnOfUnreadDrops(
  { replication, detached }: Pick<Observation, "replication" | "detached">,
  due: readonly Retirement[],
): string[] {
  const bySlot = new Map<string, string[]>();
  for (const { table } of due.filter(({ verb }) => verb === "drop")) {
    const known = detached.find(({ oid }) => oid === table.oid);
    // Detached and dropped by one update: no slot can have read it yet.
    for (const slot of known ? (known.unreadBy ?? []) : replication.slots.map(({ name }) => name))
      bySlot.set(slot, [...(bySlot.get(slot) ?? []), table.name]);
  }
  return [...bySlot].map(
    ([slot, partitions]) =>
      `replication slot "${slot}" has not read all changes of ${formatNames(partitions)} yet: dropped now, they are sent in the name of a table that is gone, and a consumer that looks it up (Supabase Realtime does) fails or loses them; let it catch up first, or lengthen grace`,
  );
}

/** Enough to identify them; a first cut may cover hundreds. */
const LISTED = 5;

function formatNames(list: readonly string[]): string {
  const shown = list.slice(0, LISTED).map((name) => `"${name}"`);
  return `${shown.join(", ")}${list.length > LISTED ? ` and ${list.length - LISTED} more` : ""}`;
}
