import { alignCopyStatements, type CopyShape } from "../../core/conversion/copy/align-copy";
import { listOutgoing } from "../../core/conversion/copy/exchange";
import { openBothStatements, toBothWays } from "../../core/conversion/switch/open-both";
import { formatInstant, type Instant } from "../../core/time/instant";
import { bothOpenedStatement } from "../../postgres/conversion/both-ways/journal-both";
import type { CopyRecord } from "../../postgres/conversion/journal";
import { proveSwap } from "../plan-swap";
import type { Copyable } from "../read/copy-reading";
import type { SwapPlan } from "../swap";

/** Plans the transaction from which on both tables are kept equal, with its record. */
export function planOpen(
  reading: Copyable & { readonly record: CopyRecord; readonly copy: CopyShape },
  until: Instant,
  { management }: { readonly management: string },
): SwapPlan {
  const { source, copy, record } = reading;
  const validate = listOutgoing(source)
    .filter(({ validated }) => validated)
    .map(({ name }) => name);
  const both = { ...toBothWays(source), until: formatInstant(until) };
  const opened = bothOpenedStatement(management, record, both, validate);
  return {
    align: alignCopyStatements(source, copy),
    swap: openBothStatements(source, proveSwap(reading, management), until, [opened]),
  };
}
