import { fitIdentifier, quote, quoteLiteral } from "../../names/identifier";
import type { Statement } from "../../sql/statement";
import { buildSteps } from "../attach/step";
import { CAPTURE_TRIGGERS, createCapture, installCapture } from "../between/capture";
import { CHANGE, FROM_TARGET, type Pair, type PairRelation, quoteRelationOf } from "../between/pair";
import { turnSides } from "./both-ways";

/**
 * Installs the capture of the target's changes beside that of the source, which is there: into the same table, so that one sequence
 * gives the order of the changes of both; they are forgotten by their numbers, for which an index is created. While no session can
 * write to either.
 *
 * @param leaves the partitions of the target
 * @param said comment of the trigger, by which whatever reads the catalogue knows of it
 */
export function captureTarget(
  pair: Pair,
  {
    leaves,
    said,
    ...owner
  }: { readonly leaves: readonly PairRelation[]; readonly said: string; readonly owner: string; readonly role: string },
): Statement[] {
  const back = turnSides(pair);
  const pending = quoteRelationOf(pair.pending);
  return [
    ...buildSteps([
      `ALTER TABLE ${pending} ADD COLUMN ${FROM_TARGET} boolean NOT NULL DEFAULT false`,
      // One that was created with a primary key has it already.
      `CREATE UNIQUE INDEX IF NOT EXISTS ${quote(fitIdentifier(`${pair.pending.name}_pkey`))} ON ${pending} (${CHANGE})`,
    ]),
    ...createCapture(back, owner),
    ...buildSteps([
      ...installCapture(back, leaves).map(({ sql }) => sql),
      `COMMENT ON TRIGGER ${CAPTURE_TRIGGERS.rows} ON ${quoteRelationOf(pair.target)} IS ${quoteLiteral(said)}`,
    ]),
  ];
}
