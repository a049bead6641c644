import { z } from "zod";
import { PUBLISHED_CHANGES, encodePublicationMember, publicationMemberWireSchema } from "../declare/table/publications";
import { ENCODING, MANAGEMENT, OWNER } from "./notes";
import { defineResourceType } from "./resource-type";

export const publicationMemberType = defineResourceType({
  name: "PublicationMember",
  description:
    "The table's membership in one publication, as in pg_publication_rel. Added when missing, adopted when equal; a changed row filter or column list is corrected by DROP TABLE and ADD TABLE in one transaction, so no gap is committed. Diff compares with the live database, so the next update restores a membership that was removed by hand, also without a refresh. An existing publication is used as it is and never dropped; one that was created here is dropped with its last table.",
  inputs: publicationMemberWireSchema,
  facts: z.object({
    implicit: z.boolean(),
    publishes: z.array(z.enum(PUBLISHED_CHANGES)),
    viaPartitionRoot: z.boolean(),
    made: z.boolean(),
    rowFilter: z.string().optional(),
    publishedColumns: z.array(z.string()).optional(),
  }),
  arguments: ["PublicationArgs"],
  texts: {
    publication: "Name of the publication.",
    dataClass: "Class of the data, for policies.",
    rowSecurity: "True if row-level security is declared for the table; for policies.",
    implicit: "True if the publication has all tables, or all of the schema: then no statement is needed.",
    publishes: "Changes that the publication sends.",
    viaPartitionRoot:
      "`publish_via_partition_root`: true if subscribers see rows under the name of the table, false: of the partition.",
    made: "True if the publication was created here, and so is dropped with its last table.",
    rowFilter: "The row filter as the server prints it.",
    publishedColumns: "The column list.",
  },
  names: { publishes: "PublishedChange" },
  notes: {
    imports: `The id is \`schema.table#publication\`: \`pulumi import pgpartition:index:PublicationMember events-publication-supabase_realtime "public.events#supabase_realtime"\`. ${ENCODING} Not needed: an equal membership is adopted. A row filter is imported as declared if the registry has it, else as the server prints it.`,
    operations: ["publish", "republish", "publicationSettings", "unpublish"],
    locks:
      "SHARE UPDATE EXCLUSIVE on the table alone, never on a partition: reads and writes continue, and while it waits (for a VACUUM, an ATTACH) they do not wait for it. ALTER PUBLICATION also locks the publication against another ALTER PUBLICATION.",
    rights: [
      OWNER,
      "Owner of the publication: `ALTER PUBLICATION … OWNER TO role`, which needs CREATE on the database. Or member of an ordinary role that owns it. Not for an existing membership.",
      "`GRANT CREATE ON DATABASE … TO role` for `create`.",
      MANAGEMENT,
    ],
    limits: [
      "An existing publication is used as it is: `create` creates a missing one and never adopts another. One created here is dropped with its last table; one that existed before is never dropped, nor are its settings changed.",
      "A row filter or column list of a partitioned table needs `publish_via_partition_root`; if updates or deletes are published, they are limited to the replica identity, because PostgreSQL would refuse the table's writers otherwise.",
      "FOR ALL TABLES and FOR TABLES IN SCHEMA have the table without a statement, and have the management schema or a detached partition just so: preview warns before a detach.",
      "Row security does not apply to a stream; a publication of every row gives every tenant's rows to every reader of it.",
      "With `publish_via_partition_root` ATTACH, DETACH and TRUNCATE of a partition are not sent: a subscriber retains the rows of a retired month. A subscriber needs the table (or, without it, each new partition) before rows for it arrive.",
      "Dropped while a slot has unread changes of it, a partition is sent by the name of a table that is gone: preview names slot and partition.",
      "A released table (`pgpartition release`, or a destroy of a table that another tool owns) keeps its memberships.",
      "[Supabase Realtime](../troubleshooting.md#supabase-realtime-delivers-nothing) reads wal2json, which names partitions.",
    ],
  },
  ofTable: (table) =>
    table.publications.map((member) => ({
      suffix: `publication-${member.publication}`,
      inputs: encodePublicationMember(member, table),
    })),
});
