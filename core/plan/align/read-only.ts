import { DEFAULT_MANAGEMENT_SCHEMA } from "../../defaults";
import type { LedgerEntry } from "../../observed/ledger";
import type { Observation, ObservedLeaf } from "../../observed/table";
import type { WindowSpec } from "../../declare/table/spec";
import { keepReadOnlyStatement, unfenceStatement } from "../../partition/statements/retire";
import type { Statement } from "../../sql/statement";
import { formatInterval, sameInterval } from "../../time/interval";
import { hasExpired } from "../../window/window";
import { alignChange, type AlignChange } from "./alignment";
import { type Clocks, decidingHorizon, decidingNow } from "../../window/clocks";
import type { Creation } from "../create/creation";
import type { PlannedCreations } from "../create/creations";
import { pinOn } from "../retire/pins";

interface ReadOnlyFacts {
  readonly ledger: readonly LedgerEntry[];
  readonly clocks: Clocks;
  readonly management?: string | undefined;
}

/** Plans the read-only state: a partition that only `restored` keeps is read-only, one that the window wants is open. */
export function planReadOnly(
  spec: WindowSpec,
  { leaves, wants }: Pick<PlannedCreations, "leaves" | "wants">,
  { ledger, clocks, management = DEFAULT_MANAGEMENT_SCHEMA }: ReadOnlyFacts,
): AlignChange[] {
  const horizon = decidingHorizon(spec, clocks);
  const now = decidingNow(clocks);
  return leaves.flatMap((leaf): AlignChange[] => {
    if (leaf.detachPending || leaf.partitioned || leaf.foreign) return [];
    if (leaf.fenced && wants(leaf)) return [change(leaf, unfenceStatement(management, leaf), "is in the window again")];
    const expired = hasExpired(leaf.bounds?.to, horizon) && !wants(leaf);
    if (leaf.fenced || !expired || pinOn(spec, leaf, ledger, now) === undefined) return [];
    return [
      change(leaf, keepReadOnlyStatement(management, leaf), "is retained outside of the window, and open to writers"),
    ];
  });
}

function change(leaf: ObservedLeaf, statement: Statement, reason: string): AlignChange {
  return alignChange(leaf, { statements: [statement], reasons: [reason] });
}

/** Reports remains of a killed restore that this update does not resume. */
export function halfNotes(
  spec: WindowSpec,
  { detached, ledger }: Pick<Observation, "detached" | "ledger">,
  clocks: Clocks,
  restores: readonly Creation[],
): string[] {
  const left = detached.filter((table) => !restores.some((one) => sameInterval(one.partition, table.bounds)));
  return left.flatMap((table) => {
    const what = `"${table.schema}"."${table.name}"`;
    const range = formatInterval(table.bounds);
    if (table.half)
      return [
        `${what} was left without rows by an interrupted restore of ${range}; drop it, or name the range in restored`,
      ];
    if (pinOn(spec, table, ledger, decidingNow(clocks)) === undefined) return [];
    return [
      `${what} has the rows of ${range} and is not attached, because pgpartition restore was interrupted: run it again`,
    ];
  });
}
