import type { Command } from "commander";
import { quoteQualified } from "../core/names/identifier";
import { formatTableId, type TableId } from "../core/names/resource-id";
import { getSqlState } from "../postgres/connect/sqlstate";
import { findJournalName, findOid } from "../postgres/conversion/copy-status";
import { type CopyRecord, isWayBackOpen, JOURNAL_VERSION, readCopyRecord } from "../postgres/conversion/journal";
import { describeManagementSchema } from "../postgres/management/install";
import { type CliSession, requireTable, withRegistry } from "./open-session";

/** A conversion under way, for one verb. */
export interface OpenConversion {
  readonly session: CliSession;
  readonly table: TableId;
  readonly record: CopyRecord;
}

/** Opens a session for a verb about the conversion of one table, which must be under way, and not swapped unless `ways` says so. */
export async function withConversion<T>(
  command: Command,
  name: string,
  body: (conversion: OpenConversion) => Promise<T>,
  ways: { readonly orWayBack?: boolean } = {},
): Promise<T> {
  const named = requireTable(name);
  return withRegistry(command, (session) =>
    explainRights(session, async () => {
      await requireJournal(session);
      const table = await findJournalName(session.database, named);
      return body({ session, table, record: await requireUnderWay(session, table, ways) });
    }),
  );
}

/**
 * Reads the conversion again; what has become of one that is not under way is the error.
 *
 * @param orWayBack true where one that is swapped, and whose way back is open, is meant too
 */
export async function requireUnderWay(
  { database }: CliSession,
  table: TableId,
  { orWayBack = false } = {},
): Promise<CopyRecord> {
  const record = await readCopyRecord(database, table);
  if (record && isWayBackOpen(record) && orWayBack) return record;
  if (record && record.phase !== "swapped" && record.phase !== "ended" && !isWayBackOpen(record)) return record;
  const name = formatTableId(table);
  const oid = await findOid(database, quoteQualified(table.schema, table.table));
  if (record?.detail.both && record.phase !== "ended")
    throw new Error(
      `${name} and ${record.detail.target} are kept equal, whichever is written to, until ${record.detail.both.until}: removing convertFrom from the program ends that, and both stay`,
    );
  if (record && record.targetOid === oid)
    throw new Error(
      `the conversion of "${name}" was swapped already: the table is partitioned, and its former rows are in "${table.schema}.${record.detail.former}"` +
        (record.phase === "swapped" ? "; the next pulumi up finishes what is left of it" : "") +
        (isWayBackOpen(record) ? "; its way back is open, and removing convertFrom.rollbackUntil closes it" : ""),
    );
  if (oid === undefined) throw new Error(`table "${name}" does not exist`);
  throw new Error(
    `no conversion of "${name}" is under way; pgpartition convert status lists those that are. ` +
      'One begins with convertFrom: { strategy: "copy" } in the program, and pulumi up',
  );
}

/** Says what the journal lacks. */
async function requireJournal({ database }: CliSession): Promise<void> {
  const state = await describeManagementSchema(database);
  if (state.kind === "ours" && state.version < JOURNAL_VERSION)
    throw new Error(
      `management schema "${database.managementSchema}" has version ${state.version}, and conversions by copy need ${JOURNAL_VERSION}: pulumi up of its stack upgrades it`,
    );
}

/** Adds the way on to an error about rights. */
export async function explainRights<T>({ database }: CliSession, body: () => Promise<T>): Promise<T> {
  try {
    return await body();
  } catch (error) {
    if (!(error instanceof Error) || getSqlState(error) !== "42501") throw error;
    throw new Error(
      `${error.message}. This role needs the rights of the one that runs pulumi up: to read and to pace, SELECT and UPDATE on "${database.managementSchema}".conversions; to go on with a copy or to give it up, to own the table`,
      { cause: error },
    );
  }
}
