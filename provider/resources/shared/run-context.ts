import type { WorkContext } from "../../../postgres/work/work-context";
import type { CallContext } from "../../runtime/call-context";
import type { Runtime } from "../../runtime/runtime";

/** Returns the context of work in postgres/ for a call of the engine. */
export function createWorkContext(runtime: Runtime, ctx: CallContext): WorkContext {
  return {
    database: runtime.database,
    management: runtime.config.managementSchema,
    run: runtime.run,
    signal: ctx.signal,
    log: ctx.log,
  };
}

/** Warns of a partition dropped outside Pulumi, whichever resource creates it again. */
export function describeGoneRows(partition: string): string {
  return `partition "${partition}" existed and was dropped outside Pulumi: its rows are gone; it is created again, empty`;
}
