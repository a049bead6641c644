import * as pulumi from "@pulumi/pulumi";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { PartitionedDatabase, PartitionedTable } from "../../components";
import type { TableSpecArgs } from "../../core/declare/table/args";
import { type Registered, recording, settled, valueOf } from "./support";

const events: TableSpecArgs = {
  table: "events",
  columns: { id: "bigserial", at: "timestamptz" },
  primaryKey: ["id", "at"],
  partitionBy: [{ range: "at", every: "month" }],
  window: { lead: "1 month", retention: "2 months" },
  onExpire: "drop",
  indexes: { by_at: { columns: ["at"] } },
};
const asOf = "2026-05-10T12:00:00Z";

let registered: Registered[];
beforeEach(() => {
  registered = recording();
});
afterEach(settled);

const ofType = (type: string): Registered[] => registered.filter((one) => one.type === `pgpartition:index:${type}`);

describe("PartitionedTable", () => {
  test("hands an archive table to its window, and no URL with a password", async () => {
    const archived = (url: string) => {
      const archive = { to: { table: "archive.events", database: { url } } };
      return { ...events, onExpire: "archive", archive, asOf } as const;
    };
    new PartitionedTable("events", archived("postgresql://archiver@warehouse/history"));
    await settled();
    expect(ofType("PartitionWindow")[0]?.inputs["archive"]).toEqual({
      table: { schema: "archive", name: "events", url: "postgresql://archiver@warehouse/history" },
      format: "rows",
      verify: "readBack",
      spoolMegabytes: 256,
    });
    registered.length = 0;
    expect(() => new PartitionedTable("more", archived("postgresql://a:geheim@warehouse/history"))).toThrow(
      /it contains a password/,
    );
    await settled();
    expect(JSON.stringify(registered)).not.toContain("geheim");
  });

  test("creates its children under itself: table, partitions, indexes, window", async () => {
    new PartitionedTable("events", { ...events, asOf });
    await settled();
    expect(ofType("Table").map((one) => one.name)).toEqual(["events-table"]);
    expect(ofType("Partition").map((one) => one.name)).toEqual([
      "events-2026-03-01_2026-04-01",
      "events-2026-04-01_2026-05-01",
      "events-2026-05-01_2026-06-01",
      "events-2026-06-01_2026-07-01",
    ]);
    expect(ofType("Index").map((one) => one.name)).toEqual(["events-by_at"]);
    expect(ofType("PartitionWindow").map((one) => one.name)).toEqual(["events-window"]);
    for (const one of registered.filter((each) => !each.type.endsWith(":PartitionedTable")))
      expect(one.parent).toMatch(/PartitionedTable::events$/);
  });

  test("lets the indexes wait for the partitions, and the window for everything", async () => {
    new PartitionedTable("events", { ...events, asOf });
    await settled();
    const [index] = ofType("Index");
    const [window] = ofType("PartitionWindow");
    expect(index?.dependsOn.filter((urn) => urn.includes(":Partition::"))).toHaveLength(4);
    expect(window?.dependsOn).toHaveLength(6);
    for (const partition of ofType("Partition"))
      expect(partition.dependsOn.some((urn) => urn.includes(":Index::"))).toBe(false);
  });

  test("creates the job as a child that is never protected, before the window, which has the names of callers", async () => {
    const schedule = { cron: "0 2 * * *" };
    new PartitionedTable("events", { ...events, schedule, functionNames: { info: "parts" }, asOf }, { protect: true });
    await settled();
    const [job] = ofType("CronJob");
    expect(job).toMatchObject({ name: "events-schedule", protect: false });
    expect(job?.dependsOn).toEqual([expect.stringContaining("::events-table")]);
    expect(ofType("PartitionWindow")[0]?.dependsOn).toHaveLength(7);
    expect(ofType("PartitionWindow")[0]?.inputs["functionNames"]).toEqual({ schema: "public", info: "parts" });
    expect(ofType("PartitionWindow")[0]?.inputs["schedule"]).toMatchObject({ cron: "0 2 * * *", active: true });
  });

  test("gives the functions that query the table to the window, with the columns that they return", async () => {
    const queryFunctions = { since: { from: "p_from" } };
    new PartitionedTable("events", { ...events, queryFunctions, asOf });
    await settled();
    expect(ofType("PartitionWindow")[0]?.inputs["queryFunctions"]).toMatchObject({
      columns: Object.keys(events.columns ?? {}).map((name) => ({ name })),
      functions: [{ schema: "public", name: "since", arguments: [], from: { name: "p_from" } }],
    });
  });

  test("creates no job where the program gives a reason for none", async () => {
    new PartitionedTable("events", { ...events, schedule: { none: "pulumi up runs every hour" }, asOf });
    await settled();
    expect(ofType("CronJob")).toEqual([]);
  });

  test("protect on a table protects the table and not its partitions, so that it still rolls", async () => {
    new PartitionedTable("events", { ...events, asOf }, { protect: true });
    await settled();
    expect(ofType("Table")[0]?.protect).toBe(true);
    expect(ofType("PartitionWindow")[0]?.protect).toBe(true);
    for (const partition of ofType("Partition")) expect(partition.protect).toBe(false);
  });

  test("passes a static plan that is not complete and retires nothing", async () => {
    new PartitionedTable("events", { ...events, asOf });
    await settled();
    expect(ofType("PartitionWindow")[0]?.inputs["plan"]).toMatchObject({
      complete: false,
      createCount: 4,
      dropCount: 0,
      detachCount: 0,
    });
  });

  test("gives runway, next roll and window as outputs", async () => {
    const table = new PartitionedTable("events", { ...events, asOf });
    expect(await valueOf(table.runway)).toBe("2026-07-01T00:00:00Z");
    expect(await valueOf(table.nextRoll)).toBe("2026-06-01T00:00:00Z");
    expect(await valueOf(table.window)).toBe("2026-03-01T00:00:00Z .. 2026-07-01T00:00:00Z (4 partitions)");
    expect(await valueOf(table.qualifiedName)).toBe("public.events");
    expect(await valueOf(table.partitions)).toHaveLength(4);
  });

  test('registers no partition with resources: "window"', async () => {
    new PartitionedTable("events", { ...events, asOf, resources: "window" });
    await settled();
    expect(ofType("Partition")).toEqual([]);
    expect(ofType("PartitionWindow")[0]?.inputs["childDigest"]).toBeUndefined();
  });

  test("the names of partition resources come from bounds: another name template keeps them", async () => {
    new PartitionedTable("events", { ...events, asOf, partitionBy: [{ range: "at", name: "e_{yyyy}{mm}" }] });
    await settled();
    expect(ofType("Partition")[0]).toMatchObject({
      name: "events-2026-03-01_2026-04-01",
      inputs: { name: "e_202603" },
    });
  });

  test("transformations reach every child", async () => {
    const seen: string[] = [];
    const look: pulumi.ResourceTransformation = ({ type, props, opts }) => {
      seen.push(type);
      return { props: props as pulumi.Inputs, opts };
    };
    new PartitionedTable("events", { ...events, asOf }, { transformations: [look] });
    await settled();
    expect(new Set(seen.map((type) => type.split(":").at(-1)))).toEqual(
      new Set(["PartitionedTable", "Table", "Partition", "Index", "PartitionWindow"]),
    );
  });

  test("a partition's inputs remain under one and a half kilobytes and hold no secret", async () => {
    new PartitionedTable("events", { ...events, asOf });
    await settled();
    for (const partition of ofType("Partition")) expect(JSON.stringify(partition.inputs).length).toBeLessThan(1_500);
  });

  test("refuses an Output where a plain value is needed, and says where", () => {
    const retention = pulumi.output("3 months") as unknown as "3 months";
    expect(() => new PartitionedTable("events", { ...events, asOf, window: { lead: "1 month", retention } })).toThrow(
      /window\.retention: an Output .* was passed where a plain value is needed/,
    );
  });

  test("reports all problems of a declaration at once", () => {
    const broken = {
      ...events,
      asOf,
      primaryKey: ["id"],
      window: { lead: "0 months", retention: "12" },
    } as unknown as TableSpecArgs;
    expect(() => new PartitionedTable("events", broken)).toThrow(
      /primaryKey.*\n.*window\.lead|window\.lead[\s\S]*primaryKey/,
    );
  });
});

describe("PartitionedDatabase", () => {
  const connection = { host: "localhost", password: "canary" };

  test("creates provider, management schema and tables, and shares its defaults", async () => {
    const { onExpire: _onExpire, ...rest } = events;
    new PartitionedDatabase("db", {
      connection,
      asOf,
      defaults: { onExpire: "detach", owner: "platform" },
      tables: { events: rest as TableSpecArgs, others: { ...events, table: "others" } },
    });
    await settled();
    expect(registered.find((one) => one.type === "pulumi:providers:pgpartition")?.name).toBe("db-provider");
    expect(ofType("ManagementSchema").map((one) => one.name)).toEqual(["db-management"]);
    const windows = ofType("PartitionWindow");
    expect(windows.find((one) => one.name === "db-events-window")?.inputs).toMatchObject({
      onExpire: "detach",
      owner: "platform",
    });
    expect(windows.find((one) => one.name === "db-others-window")?.inputs).toMatchObject({ onExpire: "drop" });
  });

  test("refuses two declarations of one table", () => {
    expect(() => new PartitionedDatabase("db", { connection, asOf, tables: { a: events, b: events } })).toThrow(
      /tables "a" and "b" both declare public\.events/,
    );
  });

  test("the clock travels to the provider only when it is trusted", async () => {
    new PartitionedDatabase("plain", { connection, asOf, tables: {} });
    new PartitionedDatabase("trusting", { connection, asOf, trustAsOf: true, tables: {} });
    await settled();
    const provider = (name: string) => registered.find((one) => one.name === `${name}-provider`)?.inputs;
    expect(provider("plain")?.["asOf"]).toBeUndefined();
    expect(provider("trusting")?.["asOf"]).toBe(asOf);
  });

  test("prerequisites are created by the PostgreSQL provider before the tables", async () => {
    new PartitionedDatabase("db", {
      connection,
      asOf,
      tables: { events },
      prerequisites: { schemas: ["telemetry"], extensions: ["pg_stat_statements"] },
    });
    await settled();
    const types = registered.map((one) => one.type);
    expect(types).toContain("postgresql:index/schema:Schema");
    expect(types).toContain("postgresql:index/extension:Extension");
    // Children wait for the component that they are in.
    const [table] = ofType("PartitionedTable");
    expect(table?.dependsOn.some((urn) => urn.includes("postgresql:index/schema:Schema"))).toBe(true);
  });
});
