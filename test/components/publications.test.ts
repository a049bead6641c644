import { beforeEach, expect, test } from "vitest";
import { PartitionedTable } from "../../components";
import { type Registered, recording, settled } from "./support";

let registered: Registered[];
beforeEach(() => {
  registered = recording();
});

test("a table has a child for each publication, which waits for the table and for which the window waits", async () => {
  new PartitionedTable(
    "events",
    {
      table: "events",
      columns: { id: "bigserial", at: "timestamptz" },
      primaryKey: ["id", "at"],
      partitionBy: [{ range: "at", every: "month" }],
      window: { lead: "1 month", retention: "2 months" },
      onExpire: "drop",
      dataClass: "telemetry",
      publications: { supabase_realtime: true, warehouse: { create: { publish: ["insert"] }, where: "id > 10" } },
      asOf: "2026-05-10T12:00:00Z",
    },
    { protect: true },
  );
  await settled();
  const members = registered.filter((one) => one.type === "pgpartition:index:PublicationMember");
  expect(members.map(({ name, inputs }) => ({ name, inputs }))).toEqual([
    {
      name: "events-publication-supabase_realtime",
      inputs: { schema: "public", table: "events", publication: "supabase_realtime", dataClass: "telemetry" },
    },
    {
      name: "events-publication-warehouse",
      inputs: {
        schema: "public",
        table: "events",
        publication: "warehouse",
        where: "id > 10",
        viaRoot: true,
        create: { publish: ["insert"] },
        dataClass: "telemetry",
      },
    },
  ]);
  for (const member of members) {
    expect(member.protect).toBe(false);
    expect(member.dependsOn.map((urn) => urn.split("::").at(-1))).toEqual(["events-table"]);
  }
  const window = registered.find((one) => one.type === "pgpartition:index:PartitionWindow");
  expect(window?.dependsOn.filter((urn) => urn.includes(":PublicationMember::"))).toHaveLength(2);
});
