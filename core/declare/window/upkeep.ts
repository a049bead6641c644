import { z } from "zod";
import type { Span } from "../../time/span";
import { type Around, option, type OptionsOf } from "../option/option";
import { optionalSpan } from "../option/optional-span";
import { schedule } from "../schedule/schedule";
import { typeNamed } from "../option/shapes";
import type { NoScheduleArgs, ScheduleArgs } from "../schedule/schedule-args";

/** How a table is looked after between two rolls, and by whom. */
export interface UpkeepOptions {
  /**
   * Greatest age of the statistics of the table as a whole, by which queries on more than one partition are planned and
   * which autovacuum never makes. Older ones, and those from before a partition came back with its rows, are made anew by
   * ANALYZE at the end of an update. It stops nobody and reads a sample of every partition; PostgreSQL 15 to 17 analyze each
   * partition once more besides. Left out: never, because the time of an update would grow with the table.
   *
   * @example "7 days"
   */
  readonly analyze?: Span;
  /**
   * A schedule inside the database that makes the coming partitions while nobody runs `pulumi up`, or why there is none. It
   * never retires anything. @example { cron: "0 2 * * *" }, { none: "pulumi up runs every hour" }
   */
  readonly schedule?: ScheduleArgs | NoScheduleArgs;
  /**
   * `partition`: each partition is a resource of its own in state and diff. `window`: PartitionWindow makes and retires
   * them itself and state holds only counts; recommended from 200 partitions. Switching moves no row and drops nothing.
   *
   * @default "partition"
   */
  readonly resources?: "partition" | "window";
}

const resources = typeNamed("ResourceMode", z.enum(["partition", "window"]));

export const UPKEEP = {
  analyze: optionalSpan("analyze", "7 days"),
  schedule,
  resources: option({
    shape: resources.optional(),
    wire: resources,
    parse: (declared: UpkeepOptions["resources"], { table }: Around<UpkeepOptions>) =>
      declared ?? (table.levels.above.length + table.levels.below.length > 0 ? "window" : "partition"),
    toWire: (kind) => kind,
    fromWire: (kind) => kind,
  }),
} satisfies OptionsOf<UpkeepOptions>;
