import { quote } from "../../core/names/identifier";
import type { TableName } from "../../core/names/table-name";
import type { LedgerDetail, LedgerEvent } from "../../core/observed/ledger";
import { LIFE_EVENTS, ONCE } from "../../core/observed/ledger-life";
import type { Statement } from "../../core/sql/statement";
import type { Instant } from "../../core/time/instant";
import type { OpenInterval } from "../../core/time/interval";
import { buildStatement, formatServerTime } from "./statement";

export interface LedgerRecord extends TableName {
  readonly partition: string;
  /** Schema of the partition, if not that of its table. */
  readonly partitionSchema?: string;
  /** Branch that contains it, or that it is itself, as encodeBranchPath writes it; left out: it belongs to the table itself. */
  readonly branch?: string;
  readonly bounds: OpenInterval;
  readonly event: LedgerEvent;
  /** Time of effect by the clock that decides; left out, the database's. */
  readonly effectiveAt?: Instant;
  /** Name of the engine operation. */
  readonly run: string;
  readonly detail: LedgerDetail;
}

/**
 * Returns the facts that distinguish two entries of one step: another promise, archive or pin is another step, another end of the
 * grace is not.
 */
function buildPromiseText(detail: string): string {
  const told = ["archive", "manifest", "pinned", "until"].map((key) => `${detail} -> '${key}'`);
  return `pg_catalog.jsonb_build_array(${detail} -> 'dropAfter' is not null, ${told.join(", ")})`;
}

/** Position of the log when a partition left: a slot that has read no further still has to read changes of it. */
const LEFT_AT = `case
  when $7::text in ('detaching', 'detached') and exists (select from pg_catalog.pg_replication_slots s where s.database = pg_catalog.current_database())
  then pg_catalog.jsonb_build_object('lsn', pg_catalog.pg_current_wal_lsn()::text) else '{}' end`;

/**
 * Writes one row of the ledger. The oid is looked up in the same statement: a name may mean another table a moment later. A step
 * of a partition's life is not written twice, if a run was killed or did not learn that it had written it
 * (core/observed/ledger-life.ts): the last entry about this relation is the same, with the same promise.
 */
export function recordLedgerStatement(management: string, record: LedgerRecord): Statement {
  const ledger = `${quote(management)}.ledger`;
  const unwritten = ONCE.includes(record.event)
    ? `
where not exists (
  select from (
    select l.event, l.detail from ${ledger} l
    where l.partition_oid = o.oid and l.event = any ('{${LIFE_EVENTS.join(",")}}'::text[])
    order by l.id desc limit 1
  ) last
  where last.event = $7::text and ${buildPromiseText("last.detail")} = ${buildPromiseText("$10::jsonb")}
)`
    : "";
  return buildStatement(
    `insert into ${ledger} (schema_name, table_name, partition_name, partition_oid, lower_bound, upper_bound, event, effective_at, run, detail, branch)
select $1::text, $2::text, $3::text, o.oid, $5::timestamptz, $6::timestamptz, $7::text, coalesce($8::timestamptz, now()), $9::text, $10::jsonb || ${LEFT_AT}, $11::text
from (
  select (
    select c.oid from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace where n.nspname = $4::text and c.relname = $3::text
  ) as oid
) o${unwritten}`,
    [
      record.schema,
      record.table,
      record.partition,
      record.partitionSchema ?? record.schema,
      record.bounds.from ? formatServerTime(record.bounds.from) : null,
      record.bounds.to ? formatServerTime(record.bounds.to) : null,
      record.event,
      record.effectiveAt ? formatServerTime(record.effectiveAt) : null,
      record.run,
      JSON.stringify(record.detail),
      record.branch ?? "",
    ],
    "none: the ledger is only ever added to",
  );
}

/**
 * Records that a partition has left its table, and that its table is not managed any more.
 *
 * @param detail of its release
 */
export function recordReleasedStatements(
  management: string,
  record: Omit<LedgerRecord, "event" | "detail">,
  detail: LedgerRecord["detail"] = {},
): Statement[] {
  return [
    recordLedgerStatement(management, { ...record, event: "detached", detail: {} }),
    recordLedgerStatement(management, { ...record, event: "released", detail }),
  ];
}
