import { dropFormerStatements } from "../../core/conversion/former/drop-former";
import { FORMER_GUARDS, type FormerKeep, judgeFormer } from "../../core/conversion/former/former-guards";
import type { FormerFacts, FormerRecord, FormerRules, FormerTable } from "../../core/conversion/former/former-table";
import type { DeclaredCopy } from "../../core/resources/conversion";
import type { Registration } from "../../core/observed/registration";
import type { Statement } from "../../core/sql/statement";
import { compareInstants, formatInstant, type Instant, parseInstant } from "../../core/time/instant";
import { type CopyRecord, hasWayBack } from "../../postgres/conversion/journal";
import { recordFormerDropped } from "../../postgres/conversion/journal-swap";
import type { Database } from "../../postgres/database";
import { readDependents } from "../../postgres/read/dependents";
import { readFormerTable } from "../../postgres/read/former-table";
import { readRequiredBackup } from "../../postgres/read/last-backup";

/** What an update has to do about the former table of a conversion. */
export type FormerReading = {
  /** Undefined: the journal knows none. */
  readonly record: CopyRecord | undefined;
  /** True if the journal has the declared time of its drop. */
  readonly isRecorded: boolean;
} & (
  | { readonly kind: "none" }
  | ({ readonly kind: "kept"; readonly table: FormerTable; readonly warns: boolean } & FormerKeep)
  | { readonly kind: "due"; readonly table: FormerTable; readonly statements: readonly Statement[] }
);

/** What is known of the table besides its conversion. */
interface AskedFormer {
  /** Oid of the partitioned table. */
  readonly oid: string;
  readonly registration: Registration | undefined;
  readonly now: Instant;
}

/** Reads the former table as it is now, if its drop is declared, and asks the guards. Reads no row of it. */
export async function readFormer(
  database: Database,
  declared: DeclaredCopy,
  record: CopyRecord | undefined,
  { oid, registration, now }: AskedFormer,
): Promise<FormerReading> {
  const { dropFormerAfter: dropAfter, historyOf } = declared;
  const recorded = record?.detail.formerTable;
  const isRecorded =
    recorded === undefined ||
    recorded.dropped !== undefined ||
    recorded.dropAfter === (dropAfter && formatInstant(dropAfter));
  const none = { kind: "none", record, isRecorded } as const;
  if (!record || !dropAfter || declared.until !== "swap" || recorded?.dropped !== undefined) return none;
  const table = await readFormerTable(database, record.sourceOid);
  // It is gone; or nothing was swapped yet, and it is the table itself.
  if (!table || (!recorded && table.refusal === undefined)) return none;
  const rules: FormerRules = { ...declared, dropAfter, bounds: { from: undefined, to: historyOf?.until } };
  const isDue = compareInstants(now, dropAfter) >= 0;
  const facts: FormerFacts = {
    rules,
    record: describeRecord(record, historyOf !== undefined || record.targetOid === oid),
    table,
    now,
    registration,
    dependents: isDue ? ((await readDependents(database, [table.oid])).get(table.oid) ?? []) : [],
    backup: isDue ? await readRequiredBackup(database, declared) : undefined,
  };
  const keep = judgeFormer(facts);
  if (keep)
    return { kind: "kept", record, isRecorded, table, ...keep, warns: isDue && FORMER_GUARDS[keep.by].warns === true };
  const { swapped } = facts.record;
  if (!swapped) return none;
  const proof = { record: facts.record, swapped, management: database.managementSchema };
  const records = [recordFormerDropped(database.managementSchema, record, formatInstant(now))];
  return { kind: "due", record, isRecorded, table, statements: dropFormerStatements(table, proof, records) };
}

function describeRecord(record: CopyRecord, isOfTable: boolean): FormerRecord {
  const { id, sourceOid, phase, detail } = record;
  const { former, formerTable, back } = detail;
  return {
    id,
    oid: sourceOid,
    name: former,
    ended: phase === "ended",
    wayBackUntil: hasWayBack(record) ? back?.until : undefined,
    swapped: formerTable && { at: parseInstant(formerTable.swappedAt, "UTC"), refusal: formerTable.refusal },
    isOfTable,
  };
}
