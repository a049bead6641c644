import { z } from "zod";
import { managementSchemaWireSchema } from "../monitoring/thresholds";
import { defineResourceType } from "./resource-type";

export const managementSchemaType = defineResourceType({
  name: "ManagementSchema",
  description:
    "The schema with the registry (declared tables, their window and owner) and the ledger (what was created, adopted, detached, dropped; who, run, when). One for each database; a second stack adopts it. Never a side effect: nothing else creates it. A delete is refused while registered tables or managed detached tables remain.",
  inputs: managementSchemaWireSchema,
  facts: z.object({ version: z.int() }),
  texts: {
    schema: "Name of the schema. Must be the provider's managementSchema, and never changes.",
    sizes: "Sizes by which the view partition_size judges a partition. Left out: those recorded in the database.",
    version: "Version of its tables; upgrades only add.",
  },
  names: { sizes: "SizeThresholds" },
  notes: {
    imports:
      "The id is the name of the schema: `pulumi import pgpartition:index:ManagementSchema app-management pgpartition`. Not needed: declaring it adopts an existing one.",
    operations: [],
    locks: "None that other sessions see: it creates only its own objects.",
    rights: [
      "`GRANT CREATE ON DATABASE … TO role`, or an empty schema of that name that belongs to the role: `CREATE SCHEMA pgpartition AUTHORIZATION role`.",
    ],
    limits: [
      "One for each database and provider; its name is the provider's `managementSchema` and never changes.",
      "An unmanaged schema of that name is refused.",
      "Delete is refused while another stack has tables in it, or tables that it detached still exist.",
    ],
  },
});
