// The role that the product works as in tests: it owns database and tables, and is no superuser.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Client } from "pg";
import { ownerRole, requestedRole } from "./servers";

/** Its password is the superuser's, which keeps addresses simple. */
export async function makeOwnerRole(superuser: Client, password: string): Promise<void> {
  await superuser.query(`create role ${ownerRole} login password '${password}'`);
}

/**
 * From now on, whatever the superuser makes in this database belongs to the role at once, as if the role had made it: but for
 * publications that only a superuser may own.
 */
export async function handOver(superuser: Client): Promise<void> {
  if (requestedRole() === "superuser") return;
  const text = readFileSync(join(__dirname, "hand-over.sql"), "utf8");
  await superuser.query(text.replaceAll("OWNER_ROLE", ownerRole));
}
