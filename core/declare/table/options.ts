import { CONSTRAINTS } from "./constraints";
import { DESCRIPTION } from "../window/description";
import { RETIREMENT } from "../retention/retirement";
import { TABLE } from "./table";
import { UPKEEP } from "../window/upkeep";

/** Options of Table, by topic. */
export const TABLE_OPTIONS = { ...TABLE, ...CONSTRAINTS };

/** Options of PartitionWindow in addition to its window, by topic. */
export const WINDOW_OPTIONS = { ...RETIREMENT, ...UPKEEP, ...DESCRIPTION };
