import { planPrepared } from "../../../core/plan/prepare/prepared";
import { observedParent } from "../../../core/partition/carry/parent";
import { renewPrepared } from "../../../postgres/work/renew-prepared";
import type { ResourceContext } from "../../runtime/context";
import type { Runtime } from "../../runtime/runtime";
import { registeredAsOf, registeredWindow } from "./registered-window";
import { workContext } from "../shared/work";

/**
 * Updates the schedule's prepared statements after an index is dropped, which happens at the end of an update, after the
 * window. The caller holds the table's lock.
 */
export async function renewAfterDelete(
  ctx: ResourceContext,
  runtime: Runtime,
  name: { readonly schema: string; readonly table: string },
): Promise<void> {
  const observation = await runtime.observeAgain(name);
  const { table, registration } = observation;
  const spec = registeredWindow(observation);
  const asOf = registeredAsOf(observation);
  // Nothing is prepared for a table that is being destroyed.
  if (!table || !spec || !asOf || registration?.prepared === undefined) return;
  const parent = observedParent(table, spec.key, { ...runtime.known(name, observation), levels: spec.levels });
  const prepared = planPrepared(spec, parent, registration, runtime.clocks(asOf, observation));
  const work = workContext(runtime, ctx);
  const subject = `preparing the schedule of "${name.schema}.${name.table}"`;
  const statements = renewPrepared(work.management, name, prepared, subject);
  if (statements.length > 0) await runtime.database.execute(statements, { signal: ctx.signal, log: ctx.log, subject });
}
