import { markQuery } from "../../core/conversion/between/mark";
import { type Pair, quoteRelationOf } from "../../core/conversion/between/pair";
import { quote, quoteLiteral } from "../../core/names/identifier";
import type { Statement } from "../../core/sql/statement";
import { buildStatement } from "../registry/statement";
import { type CopyDetail, type CopyPhase, type CopyRecord, UNDO, type WayBackDetail } from "./journal";

// What the journal has of a swap, and of the way back that it opens.

/**
 * Writes down a swap, forth or back, in its transaction: what is left to do after it, and, if changes are captured from now on, what
 * that pair is at this moment.
 */
export function swappedStatement(
  management: string,
  { id }: Pick<CopyRecord, "id">,
  phase: "swapped" | "returned",
  detail: Pick<CopyDetail, "validate" | "back">,
  captured: Pair | undefined,
): Statement {
  const marks = captured
    ? `, marks = (select pg_catalog.to_jsonb(m) - 'bare' from (${markQuery(captured)}) m), pending = ${quoteLiteral(quoteRelationOf(captured.pending))}::pg_catalog.regclass`
    : "";
  return buildStatement(
    `update ${quote(management)}.conversions set phase = $2, updated_at = now(), rows_verified = 0, verified_to = null, verified_at = null,
  detail = (detail - 'back') || $3::jsonb${marks}
where id = $1::bigint`,
    [id, phase, JSON.stringify(detail)],
    UNDO,
  );
}

/** Writes down what has changed about a way back: its end, or why it is closed. */
export function recordWayBack(
  management: string,
  { id }: Pick<CopyRecord, "id">,
  phase: CopyPhase,
  back: WayBackDetail,
): Statement {
  return buildStatement(
    `update ${quote(management)}.conversions set phase = $2, updated_at = now(), detail = detail || $3::jsonb where id = $1::bigint`,
    [id, phase, JSON.stringify({ back })],
    UNDO,
  );
}
