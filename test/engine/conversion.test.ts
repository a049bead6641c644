// A plain table under everything that can be bound to it becomes a partitioned one in one update.
import { describe, expect, test } from "vitest";
import { conversionProgram, CONVERTIBLE_TABLE } from "../support/convertible-table";
import { withDatabase } from "../support/database";
import { said } from "../support/harness/program";
import { withEngine } from "./support";

const { tables } = conversionProgram();

describe("a plain table", () => {
  const database = withDatabase();
  const engine = withEngine(database);

  test("is converted by one update, which preview printed, and then nothing is left to do", async () => {
    await database.query(CONVERTIBLE_TABLE);
    engine.declare({ tables, asOf: "2025-03-10T00:00:00Z" });
    await engine.pulumi(["preview"]);
    const up = said(await engine.pulumi(["up", "--yes", "--skip-preview"]));
    expect(up).toContain("is partitioned");
    await engine.pulumi(["up", "--yes", "--skip-preview", "--expect-no-changes"]);
  });
});
