import type { ServerPressure } from "../../core/conversion/pace/pressure";
import { getSqlState } from "../connect/sqlstate";
import type { Database } from "../database";
import { query } from "../queries";
import type { CopyControl, CopyRecord } from "./journal";

/** What one look at the server has shown. */
export interface PressureReading {
  readonly control: CopyControl;
  readonly server: ServerPressure;
  /** Where the last checkpoint began: another one has ended where it differs. Undefined: closed to the role. */
  readonly redo: string | undefined;
  /** Replicas whose state is hidden from the role. */
  readonly hidden: number;
}

/** Row of queries/conversion/pressure.sql. JSON leaves an empty list out as null. */
interface PressureRow {
  readonly control: CopyControl;
  readonly replicas:
    readonly (Omit<ServerPressure["replicas"][number], "seconds"> & { seconds: number | null })[] | null;
  readonly hidden: number;
  readonly slots: readonly (Omit<ServerPressure["slots"][number], "leftBytes"> & { leftBytes: number | null })[] | null;
  readonly redo: string | null;
  readonly since_checkpoint: number;
  readonly max_wal: number;
  readonly waiting: readonly { readonly pid: number; readonly application: string | null }[] | null;
}

/** Some hosted servers close it to all but their own roles. */
const CHECKPOINT = "(select redo_lsn as redo from pg_control_checkpoint())";
const WITHOUT_CHECKPOINT = "(select null::pg_lsn as redo)";

/** Reads the settings of a conversion, and how the server bears it. Undefined: it is not in the journal any more. */
export async function readPressure(
  database: Database,
  { id }: Pick<CopyRecord, "id">,
): Promise<PressureReading | undefined> {
  const text = query("conversion/pressure", database.managementSchema);
  const read = (sql: string) => database.read(sql, [id]);
  const rows = await read(text).catch((error: unknown) => {
    if (getSqlState(error) !== INSUFFICIENT_PRIVILEGE) throw error;
    return read(text.replace(CHECKPOINT, WITHOUT_CHECKPOINT));
  });
  // The query names the columns of PressureRow.
  return rows[0] && toReading(rows[0] as unknown as PressureRow);
}

const INSUFFICIENT_PRIVILEGE = "42501";

function toReading(row: PressureRow): PressureReading {
  return {
    control: row.control,
    server: {
      replicas: (row.replicas ?? []).map((one) => ({ ...one, seconds: one.seconds ?? undefined })),
      slots: (row.slots ?? []).map((one) => ({ ...one, leftBytes: one.leftBytes ?? undefined })),
      wal:
        row.redo === null
          ? undefined
          : {
              sinceCheckpointBytes: row.since_checkpoint,
              maxWalBytes: row.max_wal,
              checkpointsLastMinute: undefined,
            },
      waiting: (row.waiting ?? []).map(({ pid, application }) => ({ pid, application: application ?? undefined })),
    },
    redo: row.redo ?? undefined,
    hidden: row.hidden,
  };
}
