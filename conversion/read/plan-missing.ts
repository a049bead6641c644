import { addFoundValues, type BranchRows } from "../../core/conversion/copy/branch-rows";
import { planCopyPartitions } from "../../core/conversion/copy/copy-partitions";
import type { CopyPartition } from "../../core/conversion/copy/copy-source";
import type { ObservedTable } from "../../core/observed/observed-table";
import type { SourceValues } from "../../core/partition/branch/desired-branches";
import { type DeclaredCopy, nameAfterTarget } from "../../core/resources/conversion";
import type { Instant } from "../../core/time/instant";
import type { Database } from "../../postgres/database";
import { readLevelValues } from "../../postgres/read/level-values";

/** What a copy lacks, and the values that decided. */
interface Missing {
  readonly partitions: readonly CopyPartition[];
  /** As the declaration and its sources name them. */
  readonly declared: SourceValues;
  /** With those of the rows. */
  readonly values: SourceValues;
}

/** Plans the partitions and branches that a copy lacks for its window, and for rows. */
export async function planMissing(
  database: Database,
  declared: DeclaredCopy,
  facts: {
    readonly now: Instant;
    readonly rows: readonly BranchRows[];
    readonly target: string;
    readonly copy: ObservedTable | undefined;
  },
): Promise<Missing> {
  const read = await readLevelValues(database, declared.levels);
  const values = addFoundValues(declared.levels, read, facts.rows);
  return { declared: read, values, partitions: planCopyPartitions(nameAfterTarget(declared), { ...facts, values }) };
}
