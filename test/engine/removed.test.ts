// What leaves a program while its table stays: printed and judged before it runs, though the engine asks about no delete.
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import type { TableSpecArgs } from "../../core/declare/table/args";
import { testVersions, withDatabase } from "../support/database";
import { statementsDuring } from "../support/statement-log";
import { packedPackage } from "../support/harness/packed";
import { withEngine } from "./support";

const bare: TableSpecArgs = {
  table: "events",
  columns: { id: "bigint", at: "timestamptz", note: "text" },
  partitionBy: [{ range: "at", every: "month" }],
  window: { lead: "1 month", retention: "2 months" },
  onExpire: "drop",
  reason: "replay",
  owner: "tests",
};
const full: TableSpecArgs = {
  ...bare,
  indexes: { by_note: { columns: ["note"] }, by_at: { columns: ["at"] } },
  publications: { stream: { create: { publish: ["insert"] } } },
};
const asOf = "2026-05-10T00:00:00Z";

// One server: what is tested is who prints; the statements themselves are tested for each version elsewhere.
describe.each(testVersions().slice(-1))("what leaves a program on PostgreSQL %i", (version) => {
  const database = withDatabase(version);
  const engine = withEngine(database);

  /** What the rule lock-budget says of a preview. */
  const judged = async (): Promise<string> => {
    const pack = ["--policy-pack", join(packedPackage, "policies")];
    return (await engine.refused(["preview", ...pack])).stdout;
  };

  test.each(["partition", "window"] as const)(
    `${version}: an index and a publication are dropped by the statements that preview printed (resources: %s)`,
    async (resources) => {
      engine.declare({ tables: { events: { ...full, resources } }, asOf });
      await engine.pulumi(["up", "--yes", "--skip-preview"]);
      engine.declare({ tables: { events: { ...bare, resources, indexes: { by_at: { columns: ["at"] } } } }, asOf });
      const { stdout } = await engine.pulumi(["preview"]);
      const printed = [...stdout.matchAll(/^\s+((?:DROP|ALTER) .*?);\s+-- (.*)$/gm)].map(([, sql]) => sql);
      expect(stdout).toContain('public.events loses index "events_by_note", which is no longer declared:');
      expect(stdout).toMatch(
        /DROP INDEX "public"."events_by_note"; +-- parent public.events ACCESS EXCLUSIVE; 4 partitions/,
      );
      expect(printed).toEqual([
        'DROP INDEX "public"."events_by_note"',
        'ALTER PUBLICATION "stream" DROP TABLE "public"."events"',
        'DROP PUBLICATION "stream"',
      ]);
      const refused = await judged();
      for (const hazard of ["LOCK_PARENT_AX", "INDEX_DROPPED", "REPLICATION"])
        expect(refused).toContain(`public.events: the plan has the hazard ${hazard}`);
      const ran = await statementsDuring(database, () => engine.pulumi(["up", "--yes", "--skip-preview"]));
      expect(
        ran
          .map(({ sql }) => sql)
          .filter((sql) => /^(DROP|ALTER)/.test(sql))
          .sort(),
      ).toEqual([...printed].sort());
      expect((await engine.pulumi(["preview"])).stdout).not.toContain("no longer declared");
    },
  );

  test(`${version}: an index of the same name that a hand makes later is none of ours`, async () => {
    await database.query("create index events_by_note on public.events (note)");
    expect((await engine.pulumi(["preview"])).stdout).not.toContain("loses index");
  });
});
