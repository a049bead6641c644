// Rows of Pulumi's own preview: `+` a partition is created, `~` it leaves its table or comes back, `-` its table is gone.
import { afterAll, describe, expect, test } from "vitest";
import type { TableSpecArgs } from "../../core/declare/table/args";
import { testVersions, withDatabase } from "../support/database";
import { ArchiveFolder } from "../support/harness/archive-folder";
import { withEngine } from "./support";

const table = (name: string, more: Partial<TableSpecArgs>): TableSpecArgs => ({
  table: name,
  columns: { id: "bigint", at: "timestamptz" },
  partitionBy: [{ range: "at", every: "month" }],
  window: { lead: "1 month", retention: "2 months" },
  onExpire: "drop",
  reason: "replay",
  owner: "tests",
  ...more,
});

const HOLD = { from: "2026-03-01", to: "2026-05-01", reason: "case 1" };
const NAMES = ["archived", "atonce", "given", "graced", "held", "paused"];

// One server: the rows are the engine's, and the statements behind them are tested for each version elsewhere.
describe.each(testVersions().slice(-1))("rows of partitions on PostgreSQL %i", (version) => {
  const database = withDatabase(version);
  const engine = withEngine(database);
  const folder = new ArchiveFolder();
  afterAll(() => folder.remove());

  const declare = (asOf: string, changes: Readonly<Record<string, Partial<TableSpecArgs>>> = {}) => {
    const tables = {
      graced: table("graced", { grace: "7 days", ...changes["graced"] }),
      atonce: table("atonce", { grace: "none", ...changes["atonce"] }),
      held: table("held", { grace: "none", holds: [HOLD], ...changes["held"] }),
      paused: table("paused", { paused: true, grace: "7 days", ...changes["paused"] }),
      given: table("given", { onExpire: "detach", ...changes["given"] }),
      archived: table("archived", {
        grace: "7 days",
        onExpire: "archive",
        archive: { to: `file://${folder.path}` },
        ...changes["archived"],
      }),
    };
    engine.declare({ tables, asOf });
  };

  /** Rows of partitions as a preview shows them, `update held 2026-03`; its update then does it, and leaves nothing to do. */
  const roll = async (): Promise<string[]> => {
    const preview = await engine.pulumi(["preview", "--json"]);
    const { steps } = JSON.parse(preview.stdout) as { steps: { op: string; urn: string }[] };
    await engine.pulumi(["up", "--yes", "--skip-preview"]);
    await engine.pulumi(["up", "--yes", "--skip-preview", "--expect-no-changes"]);
    return steps
      .flatMap(({ op, urn }) => {
        const [, name, month] = /Partition::db-(\w+)-(\d{4}-\d\d)-01_/.exec(urn) ?? [];
        return name && op !== "same" ? [`${op} ${name} ${String(month)}`] : [];
      })
      .sort();
  };

  /** Tables of one month, attached or detached, `graced detached`. */
  const tablesOf = async (month: string): Promise<string[]> => {
    const found = await database.query<{ name: string; attached: boolean }>(
      "select relname as name, relispartition as attached from pg_class where relkind = 'r' and relname like '%\\_p' || $1 order by 1",
      [month.replace("-", "_")],
    );
    return found.map(({ name, attached }) => `${String(name.split("_")[0])} ${attached ? "attached" : "detached"}`);
  };

  const created = (month: string) => NAMES.map((name) => `create ${name} ${month}`);

  test(`${version}: a first update creates every partition`, async () => {
    declare("2026-05-10T00:00:00Z");
    expect(await roll()).toEqual(["2026-03", "2026-04", "2026-05", "2026-06"].flatMap(created).sort());
  });

  test(`${version}: + is created, ~ is detached or archived, - is dropped, and what a hold or a pause keeps has no row`, async () => {
    declare("2026-06-10T00:00:00Z");
    expect(await roll()).toEqual([
      ...created("2026-07"),
      "delete atonce 2026-03",
      "update archived 2026-03",
      "update given 2026-03",
      "update graced 2026-03",
    ]);
    expect(await tablesOf("2026-03")).toEqual([
      "archived detached",
      "given detached",
      "graced detached",
      "held attached",
      "paused attached",
    ]);
  });

  test(`${version}: what is detached and in its grace stays a resource, and a refresh finds nothing`, async () => {
    await engine.pulumi(["refresh", "--yes", "--skip-preview", "--expect-no-changes"]);
    declare("2026-06-16T00:00:00Z");
    expect(await roll()).toEqual([]);
  });

  test(`${version}: - at the end of its grace is a table that is gone, archived or not`, async () => {
    declare("2026-06-18T00:00:00Z");
    expect(await roll()).toEqual(["delete archived 2026-03", "delete graced 2026-03"]);
    expect(await tablesOf("2026-03")).toEqual(["given detached", "held attached", "paused attached"]);
  });

  test(`${version}: a table that is left to the user leaves the state with the next roll, by a row that says it stays`, async () => {
    declare("2026-07-10T00:00:00Z", { held: { holds: [] } });
    const { stdout } = await engine.pulumi(["preview"]);
    expect(stdout).toMatch(/given-2026-03-01_2026-04-01 +delete\[retain\]/);
    expect(await roll()).toEqual([
      ...created("2026-08"),
      "delete atonce 2026-04",
      "delete given 2026-03",
      "delete held 2026-03",
      "delete held 2026-04",
      "update archived 2026-04",
      "update given 2026-04",
      "update graced 2026-04",
    ]);
    expect(await tablesOf("2026-03")).toEqual(["given detached", "paused attached"]);
  });

  test(`${version}: ~ comes back where a longer retention wants it`, async () => {
    const window = { lead: "1 month", retention: "3 months" } as const;
    declare("2026-07-11T00:00:00Z", { graced: { window }, archived: { window } });
    expect(await roll()).toEqual(["update archived 2026-04", "update graced 2026-04"]);
    expect(await tablesOf("2026-04")).toEqual([
      "archived attached",
      "given detached",
      "graced attached",
      "paused attached",
    ]);
  });

  test(`${version}: a refused destroy takes no detached partition out of the state`, async () => {
    const before = await engine.state();
    await engine.refused(["destroy", "--yes", "--skip-preview", "--continue-on-error"]);
    const partitions = ({ deployment }: typeof before) =>
      (deployment.resources ?? []).filter(({ type }) => type === "pgpartition:index:Partition").map(({ urn }) => urn);
    expect(partitions(await engine.state()).filter((urn) => urn.includes("archived"))).toEqual(
      partitions(before).filter((urn) => urn.includes("archived")),
    );
  });
});
