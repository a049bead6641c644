import { z } from "zod";
import type { Span } from "../../time/span";
import { type Around, defineOption, type OptionsOf } from "../option/option";
import { defineOptionalSpan } from "../option/optional-span";
import { functionNames } from "../schedule/function-names";
import type { QueryFunctionArgs } from "../schedule/query-function-args";
import { queryFunctions } from "../schedule/query-functions";
import { schedule } from "../schedule/schedule";
import { nameType } from "../option/shapes";
import type { FunctionNamesArgs, NoScheduleArgs, ScheduleArgs } from "../schedule/schedule-args";

/** Maintenance of a table between two updates: statistics, schedule with its names, and the resources that do it. */
export interface UpkeepOptions {
  /**
   * Greatest age of the statistics of the table as a whole, which plan queries on several partitions and which autovacuum never
   * gathers. Statistics that are older, or from before a partition was restored with its rows, are renewed by ANALYZE at the end
   * of an update. It blocks no reader or writer and reads a sample of every partition; PostgreSQL 15 to 17 also analyze each
   * partition again. Left out: never, because the time of an update would grow with the table.
   *
   * @example "7 days"
   */
  readonly analyze?: Span;
  /**
   * A schedule inside the database that creates upcoming partitions while `pulumi up` does not run, or the reason for having
   * none. It never retires anything. @example { cron: "0 2 * * *" }, { none: "pulumi up runs every hour" }
   */
  readonly schedule?: ScheduleArgs | NoScheduleArgs;
  /** Names under which callers already use functions and views of the table. @example { ensure: "create_events_partition" } */
  readonly functionNames?: FunctionNamesArgs;
  /**
   * Functions by name that query the table for a range of its key, so that no call reads all partitions. Each is created,
   * repaired and dropped with its declaration, under ACCESS SHARE on the table for an instant; a function of that name that is not
   * managed here is refused. A column added to the table or dropped from it replaces the function, which retains its grants.
   *
   * @example { get_run_events: { arguments: { p_run_id: "uuid" }, where: "run_id = p_run_id", from: "p_from", to: "p_to" } }
   */
  readonly queryFunctions?: Readonly<Record<string, QueryFunctionArgs>>;
  /**
   * `partition`: each partition is a resource of its own in state and diff. `window`: PartitionWindow creates and retires them
   * itself, and state holds only counts; recommended from 200 partitions. Switching moves no row and drops nothing.
   *
   * @default "partition"
   */
  readonly resources?: "partition" | "window";
}

const resources = nameType("ResourceMode", z.enum(["partition", "window"]));

export const UPKEEP = {
  analyze: defineOptionalSpan("analyze", "7 days"),
  schedule,
  functionNames,
  queryFunctions,
  resources: defineOption({
    shape: resources.optional(),
    wire: resources,
    parse: (declared: UpkeepOptions["resources"], { table }: Around<UpkeepOptions>) =>
      declared ?? (table.levels.above.length + table.levels.below.length > 0 ? "window" : "partition"),
    toWire: (kind) => kind,
    fromWire: (kind) => kind,
  }),
} satisfies OptionsOf<UpkeepOptions>;
