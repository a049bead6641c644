import { explainUnprovedSwap } from "../../../core/plan/retire/backup-guard";
import type { DeclaredConversion } from "../../../core/resources/conversion";
import { readRequiredBackup } from "../../../postgres/read/last-backup";
import type { ResourceContext } from "../../runtime/call-context";
import { Refusal } from "../../runtime/failures";
import type { Runtime } from "../../runtime/runtime";

const WAY_ON = "make a backup, or correct the query of requireBackupSince, and run the update again";

/** Refuses a swap, or the way back of `attach`, without the declared backup. Called just before it: what is prepared stays. */
export async function requireBackup(runtime: Runtime, declared: DeclaredConversion): Promise<void> {
  const reason = await explain(runtime, declared);
  if (reason === undefined) return;
  const name = `${declared.schema}.${declared.table}`;
  throw new Refusal(`conversion of "${name}" is not swapped: ${reason}. What is done stays done: ${WAY_ON}`);
}

/** Says in a preview that the update would not swap, as things are now; a backup may come before it. */
export async function warnWithoutBackup(
  ctx: ResourceContext,
  runtime: Runtime,
  declared: DeclaredConversion,
): Promise<void> {
  const reason = await explain(runtime, declared);
  if (reason === undefined) return;
  ctx.log.warn(
    `conversion of ${declared.schema}.${declared.table}: the update would stop before its swap: ${reason}. Before it, ${WAY_ON.replace(", and run the update again", "")}`,
  );
}

async function explain(runtime: Runtime, declared: DeclaredConversion): Promise<string | undefined> {
  if (!declared.requireBackupSince) return undefined;
  const now = runtime.getNow(await runtime.observe(declared, declared.key));
  return explainUnprovedSwap(declared, await readRequiredBackup(runtime.database, declared), now);
}
