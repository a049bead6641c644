import { markQuery } from "../../core/conversion/between/mark";
import { type Pair, quoteRelationOf } from "../../core/conversion/between/pair";
import { quote, quoteLiteral } from "../../core/names/identifier";
import type { Statement } from "../../core/sql/statement";
import { buildStatement } from "../registry/statement";
import type { CopyDetail } from "./copy-detail";
import { type CopyRecord, UNDO } from "./journal";
import { readRefusal } from "./journal-swap";

// What the journal has of a way back that is opened for a table which is partitioned already.

/** True while rows are copied into the plain table that a way back needs. */
export function isOpening({ phase, detail }: Pick<CopyRecord, "phase" | "detail">): boolean {
  return detail.opens !== undefined && (phase === "copying" || phase === "finishing");
}

/** Writes down that a way back is being opened, and what the two relations are then, in the transaction that installs the capture. */
export function beginOpeningStatement(management: string, pair: Pair, detail: CopyDetail, run: string): Statement {
  const oid = (relation: Pair["source"]) => `${quoteLiteral(quoteRelationOf(relation))}::pg_catalog.regclass`;
  return buildStatement(
    `insert into ${quote(management)}.conversions (schema_name, table_name, phase, source, target, pending, marks, detail, run)
select $1, $2, 'copying', ${oid(pair.source)}, ${oid(pair.target)}, ${oid(pair.pending)}, pg_catalog.to_jsonb(m) - 'bare', $3::jsonb, $4 from (${markQuery(pair)}) m`,
    [pair.source.schema, pair.source.name, JSON.stringify(detail), run],
    UNDO,
  );
}

/**
 * Writes down that the way back is open: from now on the plain table is the former one, as after the swap of a copy.
 *
 * @param names the ones that the partitioned table and its pending keys get by the way back
 */
export function openedStatement(
  management: string,
  { id, detail }: Pick<CopyRecord, "id" | "detail">,
  names: { readonly target: string; readonly pending: string },
  formerTable: Omit<NonNullable<CopyDetail["formerTable"]>, "refusal">,
): Statement {
  const { opens, target, pending } = detail;
  const back = { pending, key: opens?.key ?? [], until: opens?.until ?? "" };
  return buildStatement(
    `update ${quote(management)}.conversions set phase = 'returnable', source = target, target = source, updated_at = now(),
  detail = jsonb_set((detail - 'opens') || $2::jsonb, '{formerTable,refusal}', to_jsonb(${readRefusal("target")}))
where id = $1::bigint and phase = 'finishing'`,
    [id, JSON.stringify({ ...names, former: target, back, formerTable })],
    UNDO,
  );
}
