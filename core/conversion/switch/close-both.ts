import type { Statement } from "../../sql/statement";
import { removeCapture } from "../between/capture";
import type { Pair, PairRelation } from "../between/pair";
import { turnSides } from "./both-ways";

/**
 * Returns what ends the capture of both tables, by names alone, so that it ends that of tables which were altered or dropped too. Both
 * stay as they are.
 */
export function closeBothStatements(pair: Pair, leaves: readonly PairRelation[]): Statement[] {
  const transaction = `end the capture of ${pair.source.schema}.${pair.source.name} and ${pair.target.name}`;
  return [...removeCapture(pair), ...removeCapture(turnSides(pair), leaves)].map((statement) => ({
    ...statement,
    transaction,
  }));
}
