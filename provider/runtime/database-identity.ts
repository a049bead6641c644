import type { PropertyMap, PropertyValue } from "./values";

/** Compares identities, by oid and name of the database where the role may not read the system identifier. */
export function isSameDatabase(recorded: PropertyMap, live: PropertyMap): boolean {
  if (recorded["databaseOid"] !== live["databaseOid"]) return false;
  const known = recorded["systemIdentifier"] !== "unknown" && live["systemIdentifier"] !== "unknown";
  return known ? recorded["systemIdentifier"] === live["systemIdentifier"] : recorded["name"] === live["name"];
}

/** Names a database in an error. */
export function describeDatabase(identity: Readonly<Record<string, PropertyValue>>): string {
  return `"${String(identity["name"])}" (system ${String(identity["systemIdentifier"])}, oid ${String(identity["databaseOid"])})`;
}
