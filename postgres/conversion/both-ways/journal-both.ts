import { markQuery } from "../../../core/conversion/between/mark";
import { type BothWays, turnSides } from "../../../core/conversion/switch/both-ways";
import { quote } from "../../../core/names/identifier";
import type { Statement } from "../../../core/sql/statement";
import { buildStatement } from "../../registry/statement";
import type { Recorded } from "../copy-blocks";
import type { BothDetail } from "../copy-detail";
import { type CopyPhase, type CopyRecord, UNDO } from "../journal";

/**
 * Writes down that both tables are captured, in the transaction that installs that: what each direction is at this moment, and the
 * foreign keys that are left to be validated.
 */
export function bothOpenedStatement(
  management: string,
  { id }: Pick<CopyRecord, "id">,
  both: BothWays & Pick<BothDetail, "until">,
  validate: readonly string[],
): Statement {
  const back = markQuery(turnSides(both.pair));
  return buildStatement(
    `update ${quote(management)}.conversions set phase = 'swapped', updated_at = now(), rows_verified = 0, verified_to = null, verified_at = null,
  marks = (select pg_catalog.to_jsonb(m) - 'bare' from (${markQuery(both.pair)}) m),
  detail = detail || jsonb_build_object('validate', $2::jsonb, 'both', $3::jsonb || jsonb_build_object('backMarks', (select pg_catalog.to_jsonb(m) - 'bare' from (${back}) m)))
where id = $1::bigint`,
    [id, JSON.stringify(validate), JSON.stringify(both)],
    UNDO,
  );
}

/** Writes down what has changed about it: its end, or why it has ended. */
export function recordBoth(
  management: string,
  { id }: Pick<CopyRecord, "id">,
  phase: CopyPhase,
  changed: Partial<Pick<BothDetail, "until" | "closed">>,
): Statement {
  return buildStatement(
    `update ${quote(management)}.conversions set phase = $2, updated_at = now(), detail = jsonb_set(detail, '{both}', (detail -> 'both') || $3::jsonb) where id = $1::bigint`,
    [id, phase, JSON.stringify(changed)],
    UNDO,
  );
}

export function recordFollowedBoth(
  management: string,
  { id }: Pick<CopyRecord, "id">,
): (changes: number, conflicts: number) => Recorded {
  return (changes, conflicts) => ({
    text: `update ${quote(management)}.conversions set changes_reconciled = changes_reconciled + $2::bigint, updated_at = now(),
  detail = case when $3::bigint = 0 then detail else jsonb_set(detail, '{both,conflicts}', to_jsonb(coalesce((detail #>> '{both,conflicts}')::bigint, 0) + $3::bigint)) end
where id = $1::bigint`,
    values: [id, String(changes), String(conflicts)],
  });
}
