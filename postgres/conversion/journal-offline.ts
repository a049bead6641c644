import { quote, quoteLiteral, quoteQualified } from "../../core/names/identifier";
import type { TableName } from "../../core/names/table-name";
import type { Statement } from "../../core/sql/statement";
import { buildStatement } from "../registry/statement";
import type { CopyDetail, FormerDetail } from "./copy-detail";
import { UNDO } from "./journal";
import { readRefusal } from "./journal-swap";

/**
 * Writes down an offline conversion, in its transaction: what is left to do after it is what the swap
 * of a copy leaves. Nothing was captured, so there are no pending keys.
 */
export function recordOffline(
  management: string,
  { schema, table }: TableName,
  detail: Omit<CopyDetail, "formerTable"> & { readonly formerTable: Omit<FormerDetail, "refusal"> },
  rows: number,
  run: string,
): Statement {
  const oid = (name: string) => `${quoteLiteral(quoteQualified(schema, name))}::pg_catalog.regclass`;
  return buildStatement(
    `insert into ${quote(management)}.conversions (schema_name, table_name, phase, source, target, pending, rows_copied, rows_verified, verified_at, detail, run)
values ($1, $2, 'swapped', ${oid(detail.former)}, ${oid(table)}, 0, $3::bigint, $3::bigint, now(),
  jsonb_set($4::jsonb, '{formerTable,refusal}', to_jsonb(${readRefusal(oid(detail.former))})), $5)`,
    [schema, table, String(rows), JSON.stringify(detail), run],
    UNDO,
  );
}
