import type { Statement } from "../../sql/statement";
import { copyText } from "../between/copy-text";
import { proofText } from "../between/proof-text";
import { reconcileTexts } from "../between/reconcile-text";
import { type CopySource, toPair } from "./copy-source";

/**
 * The statements that move and compare rows, each once, for a preview: they run again and again with other values of $1 and $2, until
 * all is done. ACCESS SHARE stops no reader and no writer of the table.
 */
export function describeCopyWork(source: CopySource): Statement[] {
  const pair = toPair(source);
  const { remove, insert, prove, consume } = reconcileTexts(pair);
  const texts = [
    [copyText(pair, pair.source), "copy blocks"],
    ...[remove, insert, prove, consume].map((sql) => [sql, "follow changes"] as const),
    [proofText(pair, {}), "compare"],
  ] as const;
  return texts.map(([sql, what]) => ({
    sql,
    transaction: `${what} of ${pair.source.schema}.${pair.source.name}`,
    timeouts: "waiting",
    locks: [{ relation: `${pair.source.schema}.${pair.source.name}`, role: "parent", mode: "ACCESS SHARE" }],
    hold: "grows with rows",
    hazards: [],
    undo: "the copy is dropped if the conversion is given up",
  }));
}
