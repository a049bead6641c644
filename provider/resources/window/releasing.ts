import type { Retirement } from "../../../core/plan/retire/retiring";

/**
 * Returns the oids of partitions that are dropped, or closed for their archive: they refer to nothing any more. Others keep
 * their foreign keys when detached.
 */
export function listReleasing(due: readonly Pick<Retirement, "verb" | "table">[]): string[] {
  return due.flatMap(({ verb, table }) => (verb === "drop" || verb === "archive" ? [table.oid] : []));
}
