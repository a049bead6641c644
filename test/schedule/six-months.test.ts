import { describe, expect, it } from "vitest";
import type { TableSpecArgs } from "../../components";
import { partitions } from "../provider/support";
import { testVersions, withDatabase } from "../support/database";
import { left, program } from "../support/harness/fixture";
import { startAgain, withDeployment } from "../support/harness/with-deployment";
import { adoptsWithoutDdl, apply, column, failure, scheduleRuns } from "./support";
import { firstOn } from "../support/sample";

const months = ["04", "05", "06", "07", "08", "09"];
const table: Partial<TableSpecArgs> = {
  window: { lead: "1 month", retention: "12 months", start: "2025-03-01" },
  rowSecurity: { policies: { own: { using: "note = current_user" } } },
  replicaIdentity: "full",
  storage: { hot: { options: { fillfactor: 90 } } },
  statistics: { note: 500 },
};
const at = (day: string, more: Partial<TableSpecArgs> = {}) => program(`${day}T00:00:00Z`, { ...table, ...more });

describe.each(testVersions())("PostgreSQL %s, six months without an update", (version) => {
  const database = withDatabase(version);
  const deployment = withDeployment(database);

  describe.each(firstOn(version, ["partition", "window"] as const))("with resources: %s", (resources) => {
    const march = at("2025-03-10", { resources });
    const september = at("2025-09-10", { resources });

    it("the table takes rows, the next update adopts without DDL, and the one after has zero steps", async () => {
      await apply(database, deployment, march);
      for (const month of months) {
        await scheduleRuns(database, `2025-${month}-01`);
        await database.query(`insert into app.events (id, at) values (1, '2025-${month}-28')`);
      }
      expect(await partitions(database)).toHaveLength(8);
      await adoptsWithoutDdl(database, deployment, september, () => partitions(database));
    });

    it("what the schedule created is in every respect what an update creates", async () => {
      await apply(database, deployment, march);
      for (const month of months) await scheduleRuns(database, `2025-${month}-01`);
      await apply(database, deployment, september);
      const scheduled = await left(database);
      await startAgain(database, deployment);
      await apply(database, deployment, march);
      await apply(database, deployment, september);
      const updated = await left(database);
      expect(scheduled.orphans).toEqual([]);
      expect(scheduled.dump).toBe(updated.dump);
      expect(scheduled.dump).toMatch(/relation app\.events_p2025_09 r .*rls=t\/f replica=f options=\{fillfactor=90\}/);
      expect(scheduled.dump).toContain("CREATE INDEX events_p2025_09_by_note ON app.events_p2025_09");
    });
  });

  it("a partition that the schedule created is closed before other sessions can see it", async () => {
    await apply(database, deployment, at("2025-03-10", { grants: { public: ["select"] } }));
    await database.query(
      `alter default privileges for role ${database.user} in schema app grant select on tables to public`,
    );
    await apply(database, deployment, at("2025-03-10", { grants: { public: ["select"] } }));
    await scheduleRuns(database, "2025-04-01");
    const [made] = await database.query<{ acl: string | null; rls: boolean }>(
      "select relacl::text as acl, relrowsecurity as rls from pg_class where relname = 'events_p2025_05'",
    );
    expect(made?.rls).toBe(true);
    expect(made?.acl ?? "").not.toContain("=r/");
  });

  it("after the prepared intervals its error asks for an update, and all of them exist", async () => {
    await apply(database, deployment, at("2025-03-10"));
    expect(await failure(scheduleRuns(database, "2027-05-15"))).toContain("Run pulumi up");
    const all = await partitions(database);
    expect(all.at(-1)).toBe("events_p2027_04");
  });

  it("creates an interval in the past too, unless it has expired since", async () => {
    await apply(database, deployment, at("2025-03-10"));
    await scheduleRuns(database, "2026-06-15");
    expect(await partitions(database)).toEqual([
      "events_p2025_03",
      "events_p2025_04",
      // Those of 2025-05 had expired by then: retention is 12 months from June 2026 back.
      ...["06", "07", "08", "09", "10", "11", "12"].map((month) => `events_p2025_${month}`),
      ...["01", "02", "03", "04", "05", "06", "07"].map((month) => `events_p2026_${month}`),
    ]);
  });

  it("the clock of the database decides unless a moment is given", async () => {
    await apply(database, deployment, at("2025-03-10"));
    const [now] = await column(database, "select to_char(now() at time zone 'UTC', 'YYYY_MM')");
    await database.query("call pgpartition.ensure_window('app.events')");
    expect(await partitions(database)).toContain(`events_p${now ?? ""}`);
  });
});
