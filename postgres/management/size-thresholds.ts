import { areSameThresholds, type SizeThresholds, buildThresholdStatement } from "../../core/monitoring/thresholds";
import { quote } from "../../core/names/identifier";
import type { Statement } from "../../core/sql/statement";
import type { Database } from "../database";
import type { ExecuteOptions } from "../execute/execute-options";
import { describeManagementSchema } from "./install";
import { query } from "../queries";

/** First version of the management schema with views for monitoring. */
const FIRST_VERSION = 3;

/** Reads the sizes by which the view partition_size judges now; undefined if the management schema is older, or absent. */
export async function readSizeThresholds(database: Database): Promise<SizeThresholds | undefined> {
  const state = await describeManagementSchema(database);
  if (state.kind !== "ours" || state.version < FIRST_VERSION) return undefined;
  const rows = await database.read(query("size-thresholds", database.managementSchema));
  const found = rows[0];
  if (!found) return undefined;
  // The driver returns bigint as text; sizes of partitions are far below the limit of a double.
  return {
    smallBytes: Number(found["small_bytes"]),
    warnBytes: Number(found["warn_bytes"]),
    alertBytes: Number(found["alert_bytes"]),
  };
}

/** Returns the statement that records other sizes; preview shows it. */
export function recordThresholds(management: string, sizes: SizeThresholds): Statement {
  return {
    sql: buildThresholdStatement(management, sizes),
    transaction: undefined,
    timeouts: "light",
    locks: [],
    hold: "instant",
    hazards: [],
    undo: "record the former thresholds again",
  };
}

/** Records the sizes by which the view partition_size judges; does nothing if they are the same. */
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
  if (areSameThresholds(found, sizes)) return;
  await database.execute([recordThresholds(database.managementSchema, sizes)], {
    ...options,
    subject: "recording the thresholds of monitoring",
  });
}
