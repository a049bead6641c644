// A plain table under everything that can be bound to it becomes a partitioned one in one update, and its history is split by the next.
import { describe, expect, test } from "vitest";
import type { TableSpecArgs } from "../../core/declare/table/args";
import { conversionProgram, CONVERTIBLE_TABLE } from "../support/convertible-table";
import { withDatabase } from "../support/database";
import { said } from "../support/harness/program";
import { withEngine } from "./support";

const asOf = "2025-03-10T00:00:00Z";
const window = { lead: "1 month", retention: "5 months" } as const;
const { tables } = conversionProgram({ window });
const split = conversionProgram({ window, convertFrom: { historyUntil: "2025-04-01", split: true } }).tables;

describe("a plain table", () => {
  const database = withDatabase();
  const engine = withEngine(database);

  test("is converted by one update, which preview printed, and then nothing is left to do", async () => {
    await database.query(CONVERTIBLE_TABLE);
    engine.declare({ tables, asOf });
    await engine.pulumi(["preview"]);
    const up = said(await engine.pulumi(["up", "--yes", "--skip-preview"]));
    expect(up).toContain("is partitioned");
    await engine.pulumi(["up", "--yes", "--skip-preview", "--expect-no-changes"]);
  });

  test("has its history split, and without convertFrom a resource for each of its months", async () => {
    engine.declare({ tables: split, asOf });
    const preview = said(await engine.pulumi(["preview"]));
    expect(preview).toContain("split of app.events_history (about 2,000 rows");
    expect(preview).toMatch(/~ 1 to update\n +\d+ unchanged/);
    expect(said(await engine.pulumi(["up", "--yes", "--skip-preview"]))).toContain(
      "history app.events_history is split",
    );
    await engine.pulumi(["up", "--yes", "--skip-preview", "--expect-no-changes"]);

    const { convertFrom: _, ...table } = split["events"] ?? {};
    engine.declare({ tables: { events: table as TableSpecArgs }, asOf });
    // October 2024 has no rows, and so no partition yet.
    expect(said(await engine.pulumi(["preview"]))).toContain("app.events: 1 to create");
    await engine.pulumi(["up", "--yes", "--skip-preview"]);
    expect(await database.query("select from pg_inherits where inhparent = 'app.events'::regclass")).toHaveLength(7);
    await engine.pulumi(["up", "--yes", "--skip-preview", "--expect-no-changes"]);
  });
});
