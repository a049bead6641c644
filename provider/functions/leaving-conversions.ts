import { readCloseStatements } from "../../conversion/back/close-way-back";
import { giveUpStatements } from "../../conversion/give-up";
import { readCloseBoth } from "../../conversion/switch/keep-both";
import { formatTableId } from "../../core/names/resource-id";
import type { TableName } from "../../core/names/table-name";
import { formatToken } from "../../core/resources/resource-type";
import type { Statement } from "../../core/sql/statement";
import { getLocked, listCopiesUnderWay } from "../../postgres/conversion/copy-status";
import { type CopyRecord, hasJournal, hasWayBack, readCopyRecord } from "../../postgres/conversion/journal";
import { isOpening } from "../../postgres/conversion/journal-opening";
import { listLeaves } from "../../postgres/conversion/leaves";
import type { Runtime } from "../runtime/runtime";

/**
 * Tells what a conversion that leaves the program takes along: the copy that was made so far, or its way back. As with a table, the
 * engine asks about no delete before it runs.
 *
 * @param owner `project/stack`
 * @param declared all tables of the program, also through other providers
 */
export async function tellLeavingConversions(
  runtime: Runtime,
  owner: string,
  declared: readonly TableName[],
): Promise<string[]> {
  const { database } = runtime;
  if (!(await hasJournal(database))) return [];
  const known = new Set(declared.map(formatTableId));
  const told: string[] = [];
  for (const named of await listCopiesUnderWay(database)) {
    const record = await readCopyRecord(database, named);
    if (record?.detail.owner !== owner) continue;
    const table = getLocked(named, record);
    const elsewhere = known.has(formatTableId(table)) && !runtime.declaresTable(table);
    if (elsewhere || runtime.isDeclared(formatToken("Conversion"), formatTableId(table))) continue;
    told.push(...(await tellLeaving(runtime, named, record)));
  }
  return told;
}

async function tellLeaving({ database }: Runtime, named: TableName, record: CopyRecord): Promise<string[]> {
  const { schema, table } = named;
  const { target, former, both } = record.detail;
  if (both)
    return [
      `${schema}.${table} and ${target} are not kept equal any more: convertFrom leaves the program; both stay as they are`,
      ...printStatements(await readCloseBoth(database, both)),
    ];
  if (hasWayBack(record))
    return [
      `the way back of ${schema}.${table} is closed for good: convertFrom leaves the program; ${schema}.${former} stays, and is not kept current any more`,
      ...printStatements(await readCloseStatements(database, named, record)),
    ];
  // A swap that is settled later leaves nothing that would go with its conversion.
  if (record.phase === "swapped") return [];
  if (isOpening(record))
    return [
      `the way back of ${schema}.${table} that is being opened is given up: convertFrom leaves the program. ${schema}.${target}, into which ${record.rowsCopied.toLocaleString("en")} rows were copied, is dropped; the table stays as it is`,
      ...printStatements(giveUpStatements(named, record, await listLeaves(database, named, record.detail.pending))),
    ];
  return [
    `the conversion of ${schema}.${table} is given up: it leaves the program. Its copy ${schema}.${target}, for which ${record.rowsCopied.toLocaleString("en")} rows were copied, is dropped; the table stays as it is`,
    ...printStatements(giveUpStatements(named, record)),
  ];
}

function printStatements(statements: readonly Statement[]): string[] {
  return statements.map(({ sql }) => `  ${sql}`);
}
