import type { NeedFacts } from "../../core/table/needs/need-problems";
import type { TableNeeds } from "../../core/table/needs/needs";
import type { Database } from "../database";
import { query } from "../queries";

/** Asks the catalogue about everything that a declaration names, in one query that locks nothing. */
export async function readNeeded(database: Database, needs: TableNeeds): Promise<NeedFacts> {
  const names = (list: readonly { readonly name: string }[]): string[] => [...new Set(list.map(({ name }) => name))];
  const targets = new Map(
    needs.keys.map(({ references }) => [JSON.stringify([references.schema, references.table]), references]),
  );
  const rows = await database.read(query("needed"), [
    names(needs.roles),
    names(needs.schemas),
    names(needs.tablespaces),
    [...targets.values()].map(({ schema }) => schema),
    [...targets.values()].map(({ table }) => table),
  ]);
  // The query always returns one row with these columns; JSON has null in place of an empty list.
  const row = rows[0] as unknown as { readonly [K in keyof NeedFacts]: NeedFacts[K] | null };
  return {
    role: String(row.role),
    roles: row.roles ?? [],
    schemas: row.schemas ?? [],
    tablespaces: row.tablespaces ?? [],
    targets: (row.targets ?? []).map((target) => ({
      ...target,
      columns: target.columns ?? [],
      keys: target.keys ?? [],
    })),
  };
}
