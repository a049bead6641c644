import { describe, expect, it } from "vitest";
import type { TableSpecArgs } from "../../core/declare/table/args";
import { anyVersion, withDatabase } from "../support/database";
import { left, program } from "../support/harness/fixture";
import { preview, up, withPlugin } from "../support/harness/rounds";
import { withDeployment } from "../support/harness/with-deployment";
import { identityOf, indexLines, partitions, ledger } from "./support";

const short = { lead: "1 month", retention: "1 month" } as const;
const long = { lead: "1 month", retention: "3 months" } as const;
const at = (asOf: string, changes: Partial<TableSpecArgs> = {}) => program(asOf, { window: short, ...changes });
const MARCH = "2025-03-10T00:00:00Z";
const APRIL = "2025-04-10T00:00:00Z";
const february = "2025-02-01T00:00:00Z/2025-03-01T00:00:00Z";

describe.each(anyVersion())("PostgreSQL %s, what comes back", (version) => {
  const database = withDatabase(version);
  const deployment = withDeployment(database);

  const run = async (...args: Parameters<typeof at>) => {
    const result = await up(database, deployment, at(...args));
    expect(result.error).toBeUndefined();
    return result;
  };
  const refresh = () => withPlugin(database, at(MARCH), (plugin) => deployment.refresh(plugin));

  it.each(["partition", "window"] as const)(
    "attaches a detached table again when the window grows, with its rows and the index created meanwhile (resources: %s)",
    async (resources) => {
      await run(MARCH, { resources });
      await database.query("insert into app.events select n, '2025-02-05', 'n' || n from generate_series(1, 500) n");
      await run(APRIL, { resources });
      expect(await partitions(database)).toEqual(["events_p2025_03", "events_p2025_04", "events_p2025_05"]);
      const before = await identityOf(database, "app.events_p2025_02");
      const indexes = { by_note: { columns: ["note"] }, by_lower: { columns: [{ expression: "lower(note)" }, "id"] } };
      await run(APRIL, { resources, indexes });
      await run(APRIL, { resources, indexes, window: long });
      expect(await partitions(database)).toEqual([1, 2, 3, 4, 5].map((month) => `events_p2025_0${String(month)}`));
      expect(await identityOf(database, "app.events_p2025_02")).toBe(before);
      expect(await database.query("select count(*)::int as n from app.events")).toEqual([{ n: 500 }]);
      expect(await indexLines(database, "by_lower|p2025_02_by_note")).toEqual([
        "events_by_lower valid",
        "events_p2025_01_by_lower valid < events_by_lower",
        "events_p2025_02_by_lower valid < events_by_lower",
        "events_p2025_02_by_note valid < events_by_note",
        ...[3, 4, 5].map((month) => `events_p2025_0${String(month)}_by_lower valid < events_by_lower`),
      ]);
      expect((await left(database)).dump).not.toContain("_bounds");
      expect((await ledger(database)).filter((line) => line.endsWith("2025_02"))).toEqual([
        "created events_p2025_02",
        "detaching events_p2025_02",
        "detached events_p2025_02",
        "attached events_p2025_02",
      ]);
      expect((await preview(database, deployment, at(APRIL, { resources, indexes, window: long }))).steps).toEqual([]);
    },
  );

  it("keeps the promise of a drop no longer than the partition is away: back in the window, it is not dropped", async () => {
    await run(MARCH);
    await run(APRIL);
    await run("2025-04-12T00:00:00Z", { window: long });
    // Past the grace that was promised on the tenth.
    await run("2025-04-25T00:00:00Z", { window: long });
    expect(await partitions(database)).toContain("events_p2025_02");
  });

  it.each(["partition", "window"] as const)(
    "refuses a range whose rows were dropped until allowEmpty names it exactly (resources: %s)",
    async (resources) => {
      const none = { grace: "none", resources } as const;
      await run(MARCH, none);
      await database.query("insert into app.events values (1, '2025-02-05', 'lost')");
      await run(APRIL, none);
      const grown = { ...none, window: { lead: "1 month", retention: "2 months" } } as const;
      const wrong = { ...grown, allowEmpty: ["2025-01-01T00:00:00Z/2025-02-01T00:00:00Z"] };
      for (const refused of [
        await preview(database, deployment, at(APRIL, grown)),
        await up(database, deployment, at(APRIL, grown)),
        await up(database, deployment, at(APRIL, wrong)),
      ]) {
        expect(refused.error).toContain("comes back into the window, but its rows were dropped");
        expect(refused.error).toContain(`allowEmpty: ["${february}"]`);
      }
      expect(await partitions(database)).not.toContain("events_p2025_02");
      await run(APRIL, { ...grown, allowEmpty: [february] });
      expect(await partitions(database)).toContain("events_p2025_02");
      expect(await database.query("select from app.events")).toEqual([]);
      expect((await up(database, deployment, at(APRIL, { ...grown, allowEmpty: [february] }))).steps).toEqual([]);
    },
  );

  it("creates a partition again that was dropped by hand, with the warning that its rows are gone", async () => {
    await run(MARCH);
    await database.query("drop table app.events_p2025_03");
    await refresh();
    const shown = await preview(database, deployment, at(MARCH));
    expect(shown.messages.join("\n")).not.toContain("inside its window");
    const { messages } = await run(MARCH);
    expect(messages).toEqual(
      expect.arrayContaining([
        expect.stringMatching(/"events_p2025_03" existed and was dropped outside Pulumi: its rows are gone/),
      ]),
    );
    expect(await partitions(database)).toContain("events_p2025_03");
    expect((await preview(database, deployment, at(MARCH))).steps).toEqual([]);
  });

  it("in window mode preview and log say that a partition was dropped by hand, and it is created again", async () => {
    const mode = { resources: "window" } as const;
    await run(MARCH, mode);
    await database.query("drop table app.events_p2025_03");
    const shown = await preview(database, deployment, at(MARCH, mode));
    expect(shown.messages.join("\n")).toContain("was dropped outside Pulumi, its rows are gone; created again, empty");
    const { messages } = await run(MARCH, mode);
    expect(messages.join("\n")).toContain("its rows are gone");
    expect(await partitions(database)).toContain("events_p2025_03");
  });

  it("attaches a partition that was detached by hand again, with its rows", async () => {
    await run(MARCH);
    await database.query("insert into app.events values (1, '2025-03-05', 'kept')");
    const before = await identityOf(database, "app.events_p2025_03");
    await database.query("alter table app.events detach partition app.events_p2025_03");
    await refresh();
    await run(MARCH);
    expect(await identityOf(database, "app.events_p2025_03")).toBe(before);
    expect(await database.query("select note from app.events")).toEqual([{ note: "kept" }]);
    expect((await preview(database, deployment, at(MARCH))).steps).toEqual([]);
  });

  it("never drops what was detached by hand, not even long after it expired", async () => {
    await run(MARCH);
    await database.query("alter table app.events detach partition app.events_p2025_02");
    await run(APRIL, { grace: "none" });
    await run("2025-06-10T00:00:00Z", { grace: "none" });
    expect(await identityOf(database, "app.events_p2025_02")).not.toBe("none");
  });
});
