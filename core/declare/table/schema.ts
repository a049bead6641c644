import { z } from "zod";
import type { TableSpecArgs } from "./args";
import { CONVERSION } from "../conversion/convert-from";
import { columnsShape } from "./column";
import { collectShapes } from "../option/option";
import { TABLE_OPTIONS, WINDOW_OPTIONS } from "./options";
import { WINDOW } from "../window/window";
import type { Matching } from "../option/matching";
import { levelShape } from "../levels/level-args";
import { publicationsShape } from "./publications";
import { indexesShape } from "./indexes";
import { profileShapes } from "./profile";
import { nameShape as name } from "../option/shapes";

/** Shape of a declared table: types, allowed words, no unknown property. The meaning of values is checked in parse.ts. */

export const tableSchema = z.strictObject({
  table: name,
  schema: name.optional(),
  columns: columnsShape.optional(),
  ...collectShapes(TABLE_OPTIONS),
  partitionBy: z.array(levelShape).min(1).max(4),
  window: z.strictObject(collectShapes(WINDOW)),
  ...collectShapes(WINDOW_OPTIONS),
  indexes: indexesShape.optional(),
  ...profileShapes,
  publications: publicationsShape.optional(),
  ...collectShapes(CONVERSION),
});

/** Fails to compile, naming the options, if the shape and the documented interface differ. */
const _SHAPE_MATCHES_INTERFACE: Matching<TableSpecArgs, z.infer<typeof tableSchema>> = true;
