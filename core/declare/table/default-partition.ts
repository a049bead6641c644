import { z } from "zod";
import { branchName, placeholdersOf } from "../../names/template";
import type { Problem } from "../../problems/problem";
import type { TableSpecArgs } from "./args";
import { checkTemplateText } from "../../names/name-problems";

/**
 * A default partition takes the rows that no other partition takes: later than the lead, earlier than the window, or infinity.
 * Each ATTACH locks it for an instant, and it rules out DETACH CONCURRENTLY.
 */
export interface DefaultPartitionArgs {
  /** Template of its name; {table} is filled in. An existing one keeps its name. @default "{table}_default" */
  readonly name?: string;
}
/** Shape that users write. */
export const defaultPartitionSchema = z.strictObject({ name: z.string().min(1).optional() });

/** Shape on the wire. */
export const defaultPartitionSpecSchema = z.object({ name: z.string().min(1) });
type DefaultPartitionSpec = z.infer<typeof defaultPartitionSpecSchema>;

const DEFAULT_NAME = "{table}_default";

export function parseDefaultPartition(args: TableSpecArgs, problems: Problem[]): DefaultPartitionSpec | undefined {
  if (args.defaultPartition === undefined) return undefined;
  if (args.partitionBy.length > 1) {
    problems.push({
      path: "defaultPartition",
      code: "not-available-yet",
      message: "a default partition of a table with more than one level is not available in this version.",
      fix: "Remove it: LIST and HASH levels have a partition for every declared value.",
    });
  }
  const template = args.defaultPartition.name ?? DEFAULT_NAME;
  checkTemplateText("defaultPartition.name", template, problems);
  const unknown = placeholdersOf(template).filter((placeholder) => placeholder !== "table");
  if (unknown.length > 0) {
    problems.push({
      path: "defaultPartition.name",
      code: "invalid-name",
      message: `unknown placeholder {${unknown.join("}, {")}} in ${JSON.stringify(template)}.`,
      fix: "Only {table} is filled in: a table has one default partition.",
    });
  }
  return { name: branchName(template, { table: args.table }) };
}
