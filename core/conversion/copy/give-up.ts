import type { Statement } from "../../sql/statement";
import { type Pair, quoteRelationOf } from "../between/pair";

/** Drops the copy, which has nothing but copies: every row is in the table. */
export function dropCopyStatements({ target }: Pick<Pair, "target">): Statement[] {
  return [
    {
      sql: `DROP TABLE IF EXISTS ${quoteRelationOf(target)}`,
      transaction: undefined,
      timeouts: "light",
      locks: [],
      hold: "instant",
      hazards: [],
      undo: "declare the conversion again: it is copied again",
    },
  ];
}
