import { z } from "zod";
import { indexWireSchema } from "../declare/table/wire";
import { CREATE, MANAGEMENT, OWNER } from "./notes";
import { defineResourceType } from "./resource-type";

export const indexType = defineResourceType({
  name: "Index",
  description:
    "One index on the parent and on every partition, built CONCURRENTLY partition by partition and attached; an existing equal index is attached, not rebuilt. Its definition never changes in place.",
  inputs: indexWireSchema,
  facts: z.object({ valid: z.boolean(), partitionCount: z.int() }),
  arguments: ["IndexArgs"],
  texts: {
    index: "Key under which the index was declared.",
    name: "Its name on the parent.",
    columns: "Columns and expressions, in order.",
    valid: "True if every partition has its part.",
    partitionCount: "Partitions that it covers.",
  },
  notes: {
    page: "index-resource",
    imports:
      'The id is `schema.table#index`: `pulumi import pgpartition:index:Index events-by_run "public.events#events_by_run"`. Words of an earlier declaration are read from the registry, else the server\'s; the template of their names on partitions from most partitions. An index of a constraint is refused. Not needed: an equal index on a partition is attached, one on the parent adopted.',
    operations: ["buildIndex", "dropIndex"],
    locks: "Indexes of a new table are created with it, before another session sees it, and cost nothing.",
    rights: [OWNER, CREATE, MANAGEMENT],
    limits: [
      "Its definition never changes in place: declare the new one under another key, run `pulumi up`, then remove the old one.",
      "Built partition by partition; killed half-way it is red (`valid: false`), and the next `up` drops the invalid part and continues.",
      "PostgreSQL has no concurrent form to drop an index of a partitioned table: it takes ACCESS EXCLUSIVE on the table and every partition for an instant.",
    ],
  },
});
