import { buildRelationStatement } from "../../sql/relation";
import type { Statement } from "../../sql/statement";
import { type Pair, quoteRelationOf } from "../between/pair";

/** Drops the copy, which has nothing but copies: every row is in the table. */
export function dropCopyStatement({ target }: Pick<Pair, "target">): Statement {
  const relation = { ...target, role: "parent", fresh: true } as const;
  return buildRelationStatement(relation, undefined, `DROP TABLE IF EXISTS ${quoteRelationOf(target)}`, {
    undo: "declare the conversion again: it is copied again",
  });
}
