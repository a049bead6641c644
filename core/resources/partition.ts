import { z } from "zod";
import { partitionWireSchema } from "../declare/table/wire";
import { CREATE, ENCODING, MANAGEMENT, OWNER } from "./notes";
import { defineResourceType } from "./resource-type";

export const partitionType = defineResourceType({
  name: "Partition",
  description:
    "One partition with its bounds, as long as its table exists: attached, and detached until it is dropped. Create adds it, adopts one of equal bounds whatever its name, or attaches a detached one again. Delete only removes it from the state, after PartitionWindow has dropped the table. A partition inside the window is not removed, not even an empty one.",
  inputs: partitionWireSchema,
  facts: z.object({ partition: z.string() }),
  texts: {
    name: "Name of a new partition. An adopted one keeps its own.",
    from: "First instant that belongs to it, ISO 8601. Never changes.",
    to: "First instant after it, ISO 8601. Never changes.",
    allowEmpty: "True if a range whose rows were dropped may be created again, empty.",
    status:
      "How far it is on its way out of its table, `detached` or `archived`; left out: attached. PartitionWindow, which comes before it then, does the work.",
    restored: "True if a range that was archived and dropped is restored with its rows, by PartitionWindow.",
    partition: "Its name in the database.",
  },
  names: { status: "PartitionStatus" },
  types: { PartitionStatus: { text: "How far a partition that has left its table is on its way." } },
  notes: {
    imports: `The id is \`schema.table#partition\`: \`pulumi import pgpartition:index:Partition events-2026-01-01_2026-02-01 "public.events#events_p2026_01"\`. ${ENCODING} Not needed: a partition of equal bounds is adopted.`,
    operations: ["createPartition", "reattach", "createBesideDefault", "drainDefault", "convertDefault"],
    locks: "Delete takes none: it only changes the state.",
    rights: [OWNER, CREATE, "`GRANT REFERENCES ON … TO role` on each referenced table.", MANAGEMENT],
    limits: [
      "Bounds and table never change; the name only counts for a new partition.",
      "Overlap with another partition, a taken name, and a range whose rows were dropped are refused, both sides shown.",
      "A partition inside the window is not removed from the state, whatever it holds.",
      "Rows of its range in a [default partition](../default-partition.md) move with its ATTACH, up to 10,000; more are refused with the fix. Moving needs TEMPORARY on the database, which PUBLIC has by default.",
    ],
  },
});
