import type { DeclaredCopy } from "../../core/resources/conversion";
import { formatInstant, type Instant } from "../../core/time/instant";
import type { FormerDetail } from "../../postgres/conversion/copy-detail";

/** Returns what the journal has of the former table from then on. */
export function describeFormer(
  { dropFormerAfter }: DeclaredCopy,
  { now }: { readonly now: Instant },
): Omit<FormerDetail, "refusal"> {
  const swappedAt = formatInstant(now);
  return dropFormerAfter ? { swappedAt, dropAfter: formatInstant(dropFormerAfter) } : { swappedAt };
}
