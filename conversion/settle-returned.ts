import { validateLeft } from "../core/conversion/attach/repoint";
import { settleReturned } from "../core/conversion/copy/return-copy";
import type { ObservedTable } from "../core/observed/observed-table";
import type { TableName } from "../core/names/table-name";
import type { Statement } from "../core/sql/statement";
import type { CopyRecord } from "../postgres/conversion/journal";
import type { Database } from "../postgres/database";
import { readConversionSource } from "../postgres/read/conversion-source";
import { acceptAll } from "./snapshots/accept-snapshots";
import { type CopyJob, describeCopy } from "./copy-job";

/** Returns what a way back has left to do: foreign keys of both directions that are not validated yet. */
export async function readReturned(
  database: Database,
  table: TableName & { readonly observed: ObservedTable },
  { detail: { validate: left = [] } }: Pick<CopyRecord, "detail">,
): Promise<readonly Statement[]> {
  if (left.length === 0) return [];
  const bound = await readConversionSource(database, table);
  if (!bound) return [];
  const outgoing = bound.constraints
    .filter(({ kind, validated, name }) => kind === "foreign" && !validated && left.includes(name))
    .map((key) => ({ ...key, validated: true }));
  return [
    ...validateLeft(bound, left),
    ...settleReturned({
      table: table.observed,
      bound: { ...bound, constraints: outgoing },
    }),
  ];
}

/** Does it, and lets older snapshots write again. The copy is verified then. False: a transaction from before it still runs. */
export async function settleReturn(job: CopyJob, record: CopyRecord): Promise<boolean> {
  const { work, source } = job;
  const { schema, name: table } = source.table;
  const options = { signal: work.signal, log: work.log, subject: describeCopy(job) };
  const left = await readReturned(work.database, { schema, table, observed: source.table }, record);
  await work.database.execute(left, options);
  return acceptAll(work.database, { schema, table }, record, "verified", options);
}
