import { conversion } from "./resources/conversion/conversion";
import { cronJob } from "./resources/schedule/cron-job";
import { index } from "./resources/index/index-resource";
import { managementSchema } from "./resources/management/management-schema";
import { partition } from "./resources/partition/partition";
import { publicationMember } from "./resources/publication/publication-member";
import { rowPolicy } from "./resources/row-policy/row-policy";
import { table } from "./resources/table/table";
import { partitionWindow } from "./resources/window/window";

/** Resources of the package: the server, the package schema and the reference are built from this list, in this order. */
export const RESOURCES = [
  managementSchema,
  conversion,
  table,
  rowPolicy,
  partition,
  index,
  publicationMember,
  cronJob,
  partitionWindow,
] as const;

/** Types of the resources, in the same order. */
export const RESOURCE_TYPES = RESOURCES.map(({ type }) => type);

/** Operations whose statements and locks the reference lists. */
export type OperationName = (typeof RESOURCES)[number]["type"]["notes"]["operations"][number];
