// Parts of the declarations that several cases share.
import type { Declared } from "./case";

/** Three months, by a lead with a fixed end: no partition comes or goes by time. */
export const still = { lead: { until: "2026-07-01" }, retention: "forever", start: "2026-04-01" } as const;
export const longer = { ...still, lead: { until: "2026-09-01" } } as const;
/** Three months around the present one. */
export const rolling = { lead: "1 month", retention: "1 month" } as const;

export const rows =
  "insert into %s.t (id, at) select n, '2026-04-05'::timestamptz + n * interval '1 hour' from generate_series(1, 1500) n;";
export const targets =
  "create table %s.target (id bigint primary key); insert into %s.target select generate_series(0, 2000);";
export const key = { columns: ["ref"], references: { schema: "%s", table: "target", columns: ["id"] } };
export const columns = { id: "bigint", at: "timestamptz", note: { type: "text", nullable: true } } as const;
export const referring = { ...columns, ref: { type: "bigint", nullable: true } } as const;
export const policy = { policies: { own: { roles: ["truth_reader"], using: "id > 0" } } } as const;
export const index = { by_note: { columns: ["note"] } } as const;

export function keyTo(table: string): typeof key {
  return { columns: ["ref", "at"], references: { schema: "%s", table, columns: ["id", "at"] } };
}

export function branches(values: readonly string[] | { from: string; column: string; trigger: boolean }): Declared {
  return {
    columns: { ...columns, kind: "text" },
    primaryKey: ["id", "at", "kind"],
    partitionBy: [
      { list: "kind", values },
      { range: "at", every: "month" },
    ],
  };
}
