import { z } from "zod";
import { grantSpecSchema, policySpecSchema } from "../declare/table/security";
import { encodeRowPolicy, rowPolicyWireSchema } from "../declare/table/row-policy";
import { ENCODING, MANAGEMENT, OWNER } from "./notes";
import { defineResourceType } from "./resource-type";

export const rowPolicyType = defineResourceType({
  name: "RowPolicy",
  description:
    "Access to the table itself: row security, its policies and grants, as one set changed in one transaction, so row security is never on without its policies. Check reads the live database and writes the pending changes into `work`. A policy or grant that is not declared is removed, and preview shows it. Partitions are aligned by PartitionWindow. Delete leaves the table as it is and only changes the state: nothing left out of a program opens a table.",
  inputs: rowPolicyWireSchema,
  checked: z.object({ work: z.array(z.string()) }),
  facts: z.object({
    enabled: z.boolean(),
    forced: z.boolean(),
    policies: z.array(policySpecSchema),
    grants: z.array(grantSpecSchema),
  }),
  arguments: ["TableSpecArgs"],
  texts: {
    grants:
      "Privileges by role, and no others. Left out: not managed. As an output: those that the server has, however granted.",
    work: "Pending changes, in words, written by Check. Not empty: the update has something to do.",
    enabled: "True if row security is on.",
    forced: "True if it applies to the owner of the table.",
    policies: "The policies as the server has them.",
  },
  notes: {
    imports: `The id is \`schema.table\`: \`pulumi import pgpartition:index:RowPolicy events-row-policy public.events\`. ${ENCODING} Declarations of an earlier update are read from the registry, else the server's own words. Not needed: equal rules are adopted, different ones mended.`,
    operations: ["rowPolicy", "closePartition"],
    locks:
      "One transaction for the whole set: ACCESS EXCLUSIVE on the table for an instant, waited for `lockTimeoutMs` at a time. Those of a new table are created with it and stop no session. The second table is PartitionWindow's work, one transaction for each partition. Expressions of policies are parsed by the server on a temporary table in a transaction that is rolled back, if the registry does not decide.",
    rights: [
      OWNER,
      MANAGEMENT,
      "TEMPORARY on the database, which PUBLIC has by default: without it a new policy is only checked when it is created, and one of other words is created again instead of being compared.",
      "`partitionSchema`: `GRANT USAGE, CREATE ON SCHEMA … TO role`. Readers of the table need nothing there.",
    ],
    limits: [
      "The declaration is the whole set: policies and grants that it does not name are dropped and revoked, as are grants on single columns, the right to grant on, and what was granted by it. An omitted one (`rowSecurity` or `grants`) is not managed.",
      "Nothing opens a table but `rowSecurity: { enable: false }`. Without a declaration the table keeps its rules, only the state forgets them, and its new partitions are created closed as long as row security is on.",
      "Names in expressions outside of pg_catalog are written with their schema: `auth.uid()`, `public.users`. One that does not exist is an error of preview; a warning if it is a table, which the program may declare later, or while a resource of another package that the table waits for has yet to be created.",
      "`copyFrom` is read when `pulumi preview` or `up` runs. Columns that are qualified by the source's name get this table's name.",
      "Grants are those of the table: a `bigserial` column also needs `GRANT USAGE ON SEQUENCE`.",
      "COPY into a table is refused by PostgreSQL for roles to which row security applies; COPY (SELECT …) returns their rows.",
      "With `force` the owner sees nothing on a closed partition either. Superusers and roles with BYPASSRLS see everything, always.",
      "A view reads with the rights of its owner. Views through which rows pass by the policies are named by a warning; functions with SECURITY DEFINER are not looked into.",
      "A partition that was created or opened by hand is closed by the next `pulumi up`, not before.",
    ],
  },
  ofTable: (table) => {
    const inputs = encodeRowPolicy(table);
    return inputs ? [{ suffix: "row-policy", inputs }] : [];
  },
});
