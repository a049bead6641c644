import { CONSTRAINTS } from "./options/constraints";
import { DESCRIPTION } from "./options/description";
import { RETIREMENT } from "./options/retirement";
import { TABLE } from "./options/table";
import { UPKEEP } from "./options/upkeep";

/** The options that travel with Table, by topic. */
export const TABLE_OPTIONS = { ...TABLE, ...CONSTRAINTS };

/** The options that PartitionWindow has beside its window, by topic. */
export const WINDOW_OPTIONS = { ...RETIREMENT, ...UPKEEP, ...DESCRIPTION };
