import { z } from "zod";
import { defineAsWritten, optionalNames, type OptionsOf } from "../option/option";
import { nameShape } from "../option/shapes";

/** Further options of a table and its columns. */
export interface TableOptions {
  /**
   * Columns that may be dropped, by name: a column missing from `columns` and not named here is refused. **Their values are
   * gone** with the next update; the entry may be removed after it. @example ["legacy_payload"]
   */
  readonly dropColumns?: readonly string[];
  /** Comment of the table. Left out: not managed. */
  readonly comment?: string;
}

export const TABLE = {
  dropColumns: optionalNames(z.array(nameShape).optional()),
  comment: defineAsWritten(nameShape.optional()),
} satisfies OptionsOf<TableOptions>;
