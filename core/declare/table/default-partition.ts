import { z } from "zod";
import { formatBranchName, listPlaceholders } from "../../names/template";
import { parseItem } from "../option/item";
import { type Around, type OptionsOf, sentAs, collectShapes, collectWires } from "../option/option";
import { nameShape, nameType } from "../option/shapes";
import type { ProfilePlace } from "./profile-place";
import { checkTemplateText } from "../../names/name-problems";

/**
 * A default partition takes the rows that no other partition takes: later than the lead, earlier than the window, or infinity.
 * Each ATTACH locks it for an instant, and it rules out DETACH CONCURRENTLY.
 */
export interface DefaultPartitionArgs {
  /** Template of its name; {table} is filled in. An existing one keeps its name. @default "{table}_default" */
  readonly name?: string;
}

const DEFAULT_PARTITION = {
  name: sentAs(nameShape.optional(), parseName, nameShape),
} satisfies OptionsOf<DefaultPartitionArgs, ProfilePlace>;

export const defaultPartition = sentAs(
  z.strictObject(collectShapes(DEFAULT_PARTITION)).optional(),
  parseDefaultPartition,
  nameType("DefaultPartition", z.object(collectWires(DEFAULT_PARTITION))).optional(),
);

function parseDefaultPartition(
  declared: DefaultPartitionArgs | undefined,
  { args: _args, problems, ...place }: Around<unknown, ProfilePlace>,
): { readonly name: string } | undefined {
  if (declared === undefined) return undefined;
  if (place.table.partitionBy.length > 1) {
    problems.push({
      path: "defaultPartition",
      code: "not-available-yet",
      message: "a default partition of a table with more than one level is not available in this version.",
      fix: "Remove it: LIST and HASH levels have a partition for every declared value.",
    });
  }
  return parseItem(DEFAULT_PARTITION, declared, place, problems);
}

function parseName(declared: string | undefined, { table, problems }: Around<unknown, ProfilePlace>): string {
  const template = declared ?? "{table}_default";
  checkTemplateText("defaultPartition.name", template, problems);
  const unknown = listPlaceholders(template).filter((placeholder) => placeholder !== "table");
  if (unknown.length > 0) {
    problems.push({
      path: "defaultPartition.name",
      code: "invalid-name",
      message: `unknown placeholder {${unknown.join("}, {")}} in ${JSON.stringify(template)}.`,
      fix: "Only {table} is filled in: a table has one default partition.",
    });
  }
  return formatBranchName(template, { table: table.table });
}
