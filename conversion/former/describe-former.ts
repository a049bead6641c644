import { findPrimaryKey } from "../../core/conversion/attach/attach-source";
import type { CopySource } from "../../core/conversion/copy/copy-source";
import type { DeclaredCopy } from "../../core/resources/conversion";
import { formatInstant, type Instant } from "../../core/time/instant";
import type { FormerDetail } from "../../postgres/conversion/copy-detail";

/** Returns what the journal has of the former table from then on. */
export function describeFormer(
  { dropFormerAfter }: DeclaredCopy,
  { now, source }: { readonly now: Instant; readonly source: Pick<CopySource, "table"> },
): Omit<FormerDetail, "refusal"> {
  const key = findPrimaryKey(source.table)?.columns;
  return {
    swappedAt: formatInstant(now),
    ...(key ? { key } : {}),
    ...(dropFormerAfter ? { dropAfter: formatInstant(dropFormerAfter) } : {}),
  };
}
