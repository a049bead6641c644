import { quote } from "../core/names/identifier";
import { thresholdStatement } from "../core/monitoring/files";
import type { MonitoringSettings } from "../core/monitoring/settings";
import type { Database } from "./database";
import type { ExecuteOptions } from "./execute-options";
import { describeManagementSchema } from "./management/install";

/** The version of the management schema from which on it has views for monitoring. */
const FIRST_VERSION = 3;

/** Records by which sizes the view partition_size judges. */
export async function recordSizeThresholds(
  database: Database,
  settings: MonitoringSettings,
  options: Omit<ExecuteOptions, "subject">,
): Promise<void> {
  const state = await describeManagementSchema(database);
  if (state.kind !== "ours" || state.version < FIRST_VERSION)
    throw new Error(
      `management schema ${quote(database.managementSchema)} has no thresholds yet: run pulumi up, which brings it up to date`,
    );
  const statement = {
    sql: thresholdStatement(settings),
    transaction: undefined,
    timeouts: "light",
    locks: [],
    hold: "instant",
    hazards: [],
    undo: "record the former thresholds again",
  } as const;
  await database.execute([statement], { ...options, subject: "recording the thresholds of monitoring" });
}
