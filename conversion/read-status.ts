import { decidePressure, FREE, type Pressure, resolveLimits } from "../core/conversion/pace/pressure";
import type { FormerTable } from "../core/conversion/former/former-table";
import type { TableName } from "../core/names/table-name";
import { type CopyFacts, readCopyFacts } from "../postgres/conversion/copy-status";
import { type CopyRecord, countPending } from "../postgres/conversion/journal";
import { readPressure } from "../postgres/conversion/read-pressure";
import { readFormerTable } from "../postgres/read/former-table";
import type { Database } from "../postgres/database";

/** How far a conversion by copy is, as an operator wants to know it. */
export interface CopyStatus extends CopyFacts {
  readonly table: TableName;
  readonly record: CopyRecord;
  /** Share of the blocks that is copied, 0 to 1. */
  readonly share: number;
  /** Average since it began, pauses included. Undefined: no row was copied yet, or all of them are. */
  readonly rowsPerSecond: number | undefined;
  /** Time until all rows are copied, by that average; keys, indexes and the comparison come after it. */
  readonly secondsLeft: number | undefined;
  /** Changes that are pending, up to a limit. */
  readonly pending: number;
  /** What holds a run back that copies, as far as one look shows it, by the same rule. */
  readonly pressure: Pressure;
  /** What remains of the plain table, or of the history that was split. Undefined: nothing was swapped, or it is gone. */
  readonly former: FormerTable | undefined;
  /** Replicas whose state is hidden from the role that asks. */
  readonly hiddenReplicas: number;
}

export async function readCopyStatus(database: Database, table: TableName, record: CopyRecord): Promise<CopyStatus> {
  const facts = await readCopyFacts(database, table, record);
  const pending = await countPending(database, table.schema, record);
  const { formerTable } = record.detail;
  const isLeft = formerTable !== undefined && formerTable.dropped === undefined;
  const former = isLeft ? await readFormerTable(database, record.sourceOid) : undefined;
  return {
    table,
    record,
    former,
    ...facts,
    pending,
    ...(await readHeldBack(database, record)),
    ...measure(record, facts),
  };
}

/** Once everything is copied only the sessions that wait would matter, and they are told as what is in the way. */
async function readHeldBack(
  database: Database,
  record: CopyRecord,
): Promise<Pick<CopyStatus, "pressure" | "hiddenReplicas">> {
  const copies = record.phase === "prepared" || record.phase === "copying" || record.phase === "finishing";
  const reading = copies ? await readPressure(database, record) : undefined;
  if (!reading) return { pressure: FREE, hiddenReplicas: 0 };
  return {
    pressure: decidePressure(reading.server, resolveLimits(reading.control)),
    hiddenReplicas: reading.hidden,
  };
}

function measure(
  { phase, nextBlock, endBlock, rowsCopied }: CopyRecord,
  { secondsWorked, estimatedRows }: CopyFacts,
): Pick<CopyStatus, "share" | "rowsPerSecond" | "secondsLeft"> {
  if (phase !== "prepared" && phase !== "copying")
    return { share: 1, rowsPerSecond: undefined, secondsLeft: undefined };
  const share = endBlock === undefined ? 0 : endBlock === 0 ? 1 : nextBlock / endBlock;
  if (rowsCopied === 0 || secondsWorked <= 0) return { share, rowsPerSecond: undefined, secondsLeft: undefined };
  const rowsPerSecond = rowsCopied / secondsWorked;
  // A copy that began again has copied more rows than its share has.
  const all = estimatedRows ?? (share > 0 ? rowsCopied / share : undefined);
  return { share, rowsPerSecond, secondsLeft: all === undefined ? undefined : (all * (1 - share)) / rowsPerSecond };
}
