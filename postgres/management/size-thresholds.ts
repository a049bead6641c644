import { sameThresholds, type SizeThresholds, thresholdStatement } from "../../core/monitoring/thresholds";
import { quote } from "../../core/names/identifier";
import type { Statement } from "../../core/sql/statement";
import type { Database } from "../database";
import type { ExecuteOptions } from "../execute/execute-options";
import { describeManagementSchema } from "./install";
import { query } from "../queries";

/** The version of the management schema from which on it has views for monitoring. */
const FIRST_VERSION = 3;

/** The sizes by which the view partition_size judges now; undefined where the management schema is older, or not there. */
export async function readSizeThresholds(database: Database): Promise<SizeThresholds | undefined> {
  const state = await describeManagementSchema(database);
  if (state.kind !== "ours" || state.version < FIRST_VERSION) return undefined;
  const rows = await database.read(query("size-thresholds", database.managementSchema));
  const found = rows[0];
  if (!found) return undefined;
  // The driver gives bigint as text; sizes of partitions are far from the end of a double.
  return {
    smallBytes: Number(found["small_bytes"]),
    warnBytes: Number(found["warn_bytes"]),
    alertBytes: Number(found["alert_bytes"]),
  };
}

/** What records other sizes; preview shows it. */
export function recordThresholds(management: string, sizes: SizeThresholds): Statement {
  return {
    sql: thresholdStatement(management, sizes),
    transaction: undefined,
    timeouts: "light",
    locks: [],
    hold: "instant",
    hazards: [],
    undo: "record the former thresholds again",
  };
}

/** Records by which sizes the view partition_size judges; nothing where it judges by them already. */
export async function recordSizeThresholds(
  database: Database,
  sizes: SizeThresholds,
  options: Omit<ExecuteOptions, "subject">,
): Promise<void> {
  const found = await readSizeThresholds(database);
  if (!found)
    throw new Error(
      `management schema ${quote(database.managementSchema)} has no thresholds yet: run pulumi up, which brings it up to date`,
    );
  if (sameThresholds(found, sizes)) return;
  await database.execute([recordThresholds(database.managementSchema, sizes)], {
    ...options,
    subject: "recording the thresholds of monitoring",
  });
}
