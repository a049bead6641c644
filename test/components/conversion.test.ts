// The conversion of a plain table among the resources of a PartitionedTable.
import { afterEach, beforeEach, expect, test } from "vitest";
import { PartitionedTable } from "../../components";
import { type Registered, recording, settled } from "./support";

const events = {
  table: "events",
  partitionBy: [{ range: "at", every: "month" }],
  window: { lead: "2 months", retention: "12 months" },
  onExpire: "drop",
  asOf: "2026-11-29T12:00:00Z",
} as const;

let registered: Registered[];
beforeEach(() => {
  registered = recording();
});
afterEach(settled);

const names = (): string[] => registered.map(({ name }) => name).filter((name) => name.startsWith("events-"));

test("comes first, and the window begins after the history", async () => {
  new PartitionedTable("events", { ...events, convertFrom: { historyUntil: "2027-01-01" } });
  await settled();
  expect(names()).toEqual(["events-conversion", "events-table", "events-2027-01-01_2027-02-01", "events-window"]);
  const [conversion] = registered.filter(({ name }) => name === "events-conversion");
  expect(conversion?.inputs).toMatchObject({
    schema: "public",
    table: "events",
    key: { column: "at" },
    convertFrom: { historyUntil: "2027-01-01T00:00:00Z", historyName: "events_history" },
  });
});

test("is alone while it only prepares: the table is still plain", async () => {
  const table = new PartitionedTable("events", {
    ...events,
    convertFrom: { historyUntil: "2027-01-01", until: "prepare" },
  });
  await settled();
  expect(names()).toEqual(["events-conversion"]);
  expect(await table.windowResource).toBe(table.tableResource);
});

test("does not exist without convertFrom", async () => {
  new PartitionedTable("events", events);
  await settled();
  expect(names()).not.toContain("events-conversion");
});
