import { CONSTRAINTS } from "./constraints";
import { DESCRIPTION } from "../window/description";
import { RETIREMENT } from "../retention/retirement";
import { TABLE } from "./table";
import { UPKEEP } from "../window/upkeep";

/** The options that travel with Table, by topic. */
export const TABLE_OPTIONS = { ...TABLE, ...CONSTRAINTS };

/** The options that PartitionWindow has beside its window, by topic. */
export const WINDOW_OPTIONS = { ...RETIREMENT, ...UPKEEP, ...DESCRIPTION };
