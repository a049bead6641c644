import { alignCopyStatements } from "../../core/conversion/copy/align-copy";
import { listLeftToValidate } from "../../core/conversion/copy/exchange";
import { type ReturnSource, returnCopyStatements } from "../../core/conversion/copy/return-copy";
import { turnPair } from "../../core/conversion/copy/swap-copy";
import { encodeBranchPath } from "../../core/levels/levels";
import type { Statement } from "../../core/sql/statement";
import { swappedStatement } from "../../postgres/conversion/journal-swap";
import { recordLedgerStatement, recordReleasedStatements } from "../../postgres/registry/ledger";
import { forgetPreparedStatement } from "../../postgres/registry/schedule-records";
import type { SwapPlan } from "../swap";
import type { Returnable } from "../read/read-returnable";

/** Plans the way back of a conversion whose former table was compared, with its records. */
export function planReturn(
  { source, copy, facts, wayBack, recorded, detached }: Returnable,
  { management, run }: { readonly management: string; readonly run: string },
): SwapPlan {
  const { record } = wayBack;
  const proof = {
    fingerprints: facts.map(({ fingerprint }) => fingerprint),
    management,
    captured: { mark: record.marks.mark, conversion: record.id },
    detached,
  };
  const validate = listLeftToValidate(source);
  const records = [
    ...recordReturn(source, recorded, management, run),
    swappedStatement(management, record, "returned", { validate }, turnPair(source, source.pendingAgain)),
  ];
  return { align: alignCopyStatements(source, copy), swap: returnCopyStatements(source, proof, records) };
}

/**
 * Returns what the ledger has of it: the partitions are those of a copy, which nothing retires, and whatever is written about the table
 * from now on is about another one. The row of the registry stays until the Table is deleted.
 */
function recordReturn(
  { table }: ReturnSource,
  recorded: Returnable["recorded"],
  management: string,
  run: string,
): Statement[] {
  const entry = { schema: table.schema, table: table.name, run };
  return [
    ...recorded.flatMap(({ schema, name, bounds, path }) =>
      recordReleasedStatements(management, {
        ...entry,
        partition: name,
        partitionSchema: schema,
        branch: encodeBranchPath(path),
        bounds: bounds ?? { from: undefined, to: undefined },
      }),
    ),
    recordLedgerStatement(management, {
      ...entry,
      partition: table.name,
      bounds: { from: undefined, to: undefined },
      event: "destroying",
      detail: {},
    }),
    forgetPreparedStatement(management, entry),
  ];
}
