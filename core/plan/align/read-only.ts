import { DEFAULT_MANAGEMENT_SCHEMA } from "../../defaults";
import type { LedgerEntry } from "../../observed/ledger";
import type { Observation, ObservedPartition } from "../../observed/observed-table";
import type { WindowSpec } from "../../declare/table/spec";
import { keepReadOnlyStatement, unfenceStatement } from "../../partition/statements/retire-statements";
import type { Statement } from "../../sql/statement";
import { formatInterval, isSameInterval } from "../../time/interval";
import { hasExpired } from "../../window/window-partitions";
import { planAlignChange, type AlignChange } from "./alignment";
import { type Clocks, getDecidingHorizon, getDecidingNow } from "../../window/clocks";
import type { Creation } from "../create/creation";
import type { PlannedCreations } from "../create/creations";
import { explainRestored } from "../retire/pins";

interface ReadOnlyFacts {
  readonly ledger: readonly LedgerEntry[];
  readonly clocks: Clocks;
  readonly management?: string | undefined;
}

/** Plans the read-only state: a partition that only `restored` keeps is read-only, one that the window wants is open. */
export function planReadOnly(
  spec: WindowSpec,
  { partitions, wants }: Pick<PlannedCreations, "partitions" | "wants">,
  { ledger, clocks, management = DEFAULT_MANAGEMENT_SCHEMA }: ReadOnlyFacts,
): AlignChange[] {
  const horizon = getDecidingHorizon(spec, clocks);
  const now = getDecidingNow(clocks);
  return partitions.flatMap((partition): AlignChange[] => {
    if (partition.detachPending || partition.partitioned || partition.foreign) return [];
    if (partition.fenced && wants(partition))
      return [change(partition, unfenceStatement(management, partition), "is in the window again")];
    const expired = hasExpired(partition.bounds?.to, horizon) && !wants(partition);
    if (partition.fenced || !expired || explainRestored(spec, partition, ledger, now) === undefined) return [];
    return [
      change(
        partition,
        keepReadOnlyStatement(management, partition),
        "is retained outside of the window, and open to writers",
      ),
    ];
  });
}

function change(partition: ObservedPartition, statement: Statement, reason: string): AlignChange {
  return planAlignChange(partition, { statements: [statement], reasons: [reason] });
}

/** Reports remains of a killed restore that this update does not resume. */
export function noteUnfinishedRestores(
  spec: WindowSpec,
  { detached, ledger }: Pick<Observation, "detached" | "ledger">,
  clocks: Clocks,
  restores: readonly Creation[],
): string[] {
  const left = detached.filter((table) => !restores.some((one) => isSameInterval(one.partition, table.bounds)));
  return left.flatMap((table) => {
    const what = `"${table.schema}"."${table.name}"`;
    const range = formatInterval(table.bounds);
    if (table.awaitsRows)
      return [
        `${what} was left without rows by an interrupted restore of ${range}; drop it, or name the range in restored`,
      ];
    if (explainRestored(spec, table, ledger, getDecidingNow(clocks)) === undefined) return [];
    return [
      `${what} has the rows of ${range} and is not attached, because pgpartition restore was interrupted: run it again`,
    ];
  });
}
