import { listWholeTree } from "../../partition/branch/desired-branches";
import { copyText } from "../between/copy-text";
import { proofText } from "../between/proof-text";
import { reconcileTexts } from "../between/reconcile-text";
import { type CopySource, toPair } from "./copy-source";

/**
 * Tells the statements that move and compare rows, for a preview: each runs again and again with other values of $1 and so on. They hold
 * ACCESS SHARE on the table, which stops no reader and no writer.
 */
export function describeCopyWork(source: CopySource): string[] {
  const pair = toPair(source);
  const [part] = listWholeTree(source.table).filter(({ partitioned }) => !partitioned);
  const heap = part ? { schema: part.schema, name: part.name } : pair.source;
  const [copy, leaving] = (["fail", "leave"] as const).map((whenPresent) => copyText(pair, heap, whenPresent));
  return [
    `rows are copied in blocks of ${part ? "each partition" : "the table"}, by: ${copy}; where the copy has one of them already, by: ${leaving}`,
    ...describeFollowing(source),
  ];
}

/** The same without the copying: what keeps a former table equal, and compares it. */
export function describeFollowing(source: CopySource): string[] {
  const pair = toPair(source);
  const { remove, insert, prove, consume } = reconcileTexts(pair);
  return [
    `what changes meanwhile is followed, by: ${[remove, insert, prove, consume].join("; ")}`,
    `every row of both sides is compared, in ranges of the key, by: ${proofText(pair, {})}`,
  ];
}
