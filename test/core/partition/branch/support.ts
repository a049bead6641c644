// A table with levels: programs that are given, sites that are read, and time.
import type { TableSpecArgs } from "../../../../core/declare/table/args";
import { requireTableSpec } from "../../../../core/declare/table/parse";
import { parseInstant } from "../../../../core/time/instant";

export const AS_OF = parseInstant("2025-03-10", "UTC");

export const ARGS: TableSpecArgs = {
  table: "petri_observations",
  columns: { id: "uuid", program_id: "text", site_id: "text", created_at: "timestamptz" },
  primaryKey: ["id", "program_id", "site_id", "created_at"],
  partitionBy: [
    { list: "program_id", values: ["abc-123", "def-123"], name: "petri_obs_prog_{value}" },
    {
      list: "site_id",
      values: { from: "sites", column: "site_id", parent: "program_id" },
      name: "{base}_site_{value}",
    },
    {
      range: "created_at",
      every: "month",
      name: "{base}_{yyyy}_{mm}",
      overrides: [{ when: { site_id: "def-456" }, every: "week", name: "{base}_{gggg}_w{ww}" }],
    },
  ],
  window: { lead: "1 month", retention: "1 month" },
  onExpire: "drop",
};

export const spec = (changes: Partial<TableSpecArgs> = {}) => requireTableSpec({ ...ARGS, ...changes }, "test");
