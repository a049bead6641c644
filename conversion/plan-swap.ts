import { alignCopyStatements, type CopyShape } from "../core/conversion/copy/align-copy";
import { listLeftToValidate } from "../core/conversion/copy/exchange";
import { findOpened } from "../core/conversion/copy/say-way-back";
import { swapCopyStatements, turnPair } from "../core/conversion/copy/swap-copy";
import { encodeBranchPath } from "../core/levels/levels";
import type { DeclaredCopy } from "../core/resources/conversion";
import type { Statement } from "../core/sql/statement";
import { formatInstant } from "../core/time/instant";
import type { CopyRecord } from "../postgres/conversion/journal";
import { swappedStatement } from "../postgres/conversion/journal-swap";
import { recordLedgerStatement } from "../postgres/registry/ledger";
import type { Copyable } from "./read/read-copy";
import type { SwapPlan } from "./swap";

/** Plans the swap of a verified copy, with its records. */
export function planSwap(
  declared: DeclaredCopy,
  reading: Copyable & { readonly record: CopyRecord; readonly copy: CopyShape },
  { management, run }: { readonly management: string; readonly run: string },
): SwapPlan {
  const { source, copy, facts, record } = reading;
  const opens = findOpened(declared, reading.now);
  const validate = listLeftToValidate(source);
  const back = opens && { pending: opens.pending, key: source.primaryKey, until: formatInstant(opens.until) };
  const proof = {
    fingerprints: [facts.fingerprint],
    mark: record.marks.mark,
    management,
    conversion: record.id,
  };
  const records = [
    ...recordAgain(reading, management, run),
    swappedStatement(
      management,
      record,
      "swapped",
      { validate, ...(back ? { back } : {}) },
      opens && turnPair(source, opens.pending),
    ),
  ];
  return {
    align: alignCopyStatements(source, copy),
    swap: swapCopyStatements(source, proof, records, opens),
  };
}

/** Partitions that a way back took out of the table are in it again. */
function recordAgain({ source: { table }, released }: Copyable, management: string, run: string): Statement[] {
  return released.map(({ schema, name, bounds, path }) =>
    recordLedgerStatement(management, {
      schema: table.schema,
      table: table.name,
      partition: name,
      partitionSchema: schema,
      branch: encodeBranchPath(path),
      bounds: bounds ?? { from: undefined, to: undefined },
      event: "attached",
      run,
      detail: {},
    }),
  );
}
