import { DESCRIPTION } from "./options/description";
import { RETIREMENT } from "./options/retirement";
import { UPKEEP } from "./options/upkeep";

/** The options that PartitionWindow has beside its window, by topic. */
export const WINDOW_OPTIONS = { ...RETIREMENT, ...UPKEEP, ...DESCRIPTION };
