import { FORMER_TRIGGER } from "../../core/conversion/copy/swap-copy";
import { REFUSAL } from "../../core/conversion/former/drop-former";
import { markQuery } from "../../core/conversion/between/mark";
import { type Pair, quoteRelationOf } from "../../core/conversion/between/pair";
import { quote, quoteLiteral } from "../../core/names/identifier";
import type { Statement } from "../../core/sql/statement";
import { buildStatement } from "../registry/statement";
import type { CopyDetail, FormerDetail, WayBackDetail } from "./copy-detail";
import { type CopyPhase, type CopyRecord, UNDO } from "./journal";

// What the journal has of a swap, and of the way back that it opens.

/**
 * Writes down a swap, forth or back, in its transaction: what is left to do after it, and, if changes are captured from now on, what
 * that pair is at this moment.
 */
export function swappedStatement(
  management: string,
  { id }: Pick<CopyRecord, "id">,
  phase: "swapped" | "returned",
  detail: Pick<CopyDetail, "validate" | "back"> & { readonly formerTable?: Omit<FormerDetail, "refusal"> },
  captured: Pair | undefined,
): Statement {
  const marks = captured
    ? `, marks = (select pg_catalog.to_jsonb(m) - 'bare' from (${markQuery(captured)}) m), pending = ${quoteLiteral(quoteRelationOf(captured.pending))}::pg_catalog.regclass`
    : "";
  const written = "(detail - '{back,formerTable}'::text[]) || $3::jsonb";
  return buildStatement(
    `update ${quote(management)}.conversions set phase = $2, updated_at = now(), rows_verified = 0, verified_to = null, verified_at = null,
  detail = ${detail.formerTable ? `jsonb_set(${written}, '{formerTable,refusal}', to_jsonb(${readRefusal("source")}))` : written}${marks}
where id = $1::bigint`,
    [id, phase, JSON.stringify(detail)],
    UNDO,
  );
}

/**
 * Returns SQL for the trigger that the same transaction has made on the former table. Empty: no drop will ever find it as it was.
 *
 * @param former expression for the oid of the former table
 */
export function readRefusal(former: string): string {
  return `coalesce((select ${REFUSAL} from pg_catalog.pg_trigger t where t.tgrelid = ${former} and t.tgname = ${quoteLiteral(FORMER_TRIGGER)}), '')`;
}

/** Writes down from when on the former table is dropped, as declared by now; undefined: never. */
export function recordDropAfter(
  management: string,
  { id }: Pick<CopyRecord, "id">,
  dropAfter: string | undefined,
): Statement {
  return updateFormer(management, id, "- 'dropAfter'::text", dropAfter === undefined ? {} : { dropAfter });
}

/** Writes down that it is dropped, in that transaction. */
export function recordFormerDropped(management: string, { id }: Pick<CopyRecord, "id">, dropped: string): Statement {
  return updateFormer(management, id, "", { dropped });
}

function updateFormer(management: string, id: string, without: string, changed: Partial<FormerDetail>): Statement {
  return buildStatement(
    `update ${quote(management)}.conversions set updated_at = now(), detail = jsonb_set(detail, '{formerTable}', ((detail -> 'formerTable') ${without}) || $2::jsonb)
where id = $1::bigint and detail ? 'formerTable'`,
    [id, JSON.stringify(changed)],
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
