import { alignCopyStatements, type CopyShape } from "../core/conversion/copy/align-copy";
import { listLeftToValidate, type SwapProof } from "../core/conversion/copy/exchange";
import { findOpened } from "../core/conversion/copy/say-way-back";
import { swapCopyStatements, turnPair } from "../core/conversion/copy/swap-copy";
import { seeWhole, type SplitSource } from "../core/conversion/split/split-source";
import { swapSplitStatements } from "../core/conversion/split/swap-split";
import { encodeBranchPath } from "../core/levels/levels";
import type { DeclaredCopy } from "../core/resources/conversion";
import type { Statement } from "../core/sql/statement";
import { formatInstant } from "../core/time/instant";
import type { CopyRecord } from "../postgres/conversion/journal";
import { swappedStatement } from "../postgres/conversion/journal-swap";
import { recordLedgerStatement, recordReleasedStatements } from "../postgres/registry/ledger";
import type { Copyable } from "./read/copy-reading";
import type { SwapPlan } from "./swap";
import { describeFormer } from "./former/describe-former";

/** A copy that can be swapped. */
type Swappable = Copyable & { readonly record: CopyRecord; readonly copy: CopyShape };

interface Writer {
  readonly management: string;
  readonly run: string;
}

/** Returns what has to be true under the lock of the swap. The mark of a capture that does not exist yet is not known. */
export function proveSwap({ source: { whole }, facts, record }: Copyable, management: string): SwapProof {
  return {
    fingerprints: [...(whole ? [whole.fingerprint] : []), facts.fingerprint],
    management,
    captured: { mark: record?.marks.mark ?? "", conversion: record?.id ?? "0" },
  };
}

/** Plans the swap of a verified copy, with its records. */
export function planSwap(declared: DeclaredCopy, reading: Swappable, writer: Writer): SwapPlan {
  const { whole } = reading.source;
  return whole
    ? planSplit(declared, reading, { ...reading.source, whole }, writer)
    : planWhole(declared, reading, writer);
}

/** The partitions of the copy take the place of the history, which is not managed any more. */
function planSplit(
  declared: DeclaredCopy,
  reading: Swappable,
  source: SplitSource,
  { management, run }: Writer,
): SwapPlan {
  const { copy, record } = reading;
  const after = seeWhole(source);
  const { table: history, whole } = source;
  const proof = proveSwap(reading, management);
  const found = whole.table.partitions.find(({ schema, name }) => schema === history.schema && name === history.name);
  const records = [
    ...recordReleasedStatements(management, {
      schema: whole.table.schema,
      table: whole.table.name,
      partition: history.name,
      partitionSchema: history.schema,
      bounds: found?.bounds ?? { from: undefined, to: undefined },
      run,
    }),
    swappedStatement(
      management,
      record,
      "swapped",
      { validate: listLeftToValidate(after), formerTable: describeFormer(declared, reading) },
      undefined,
    ),
  ];
  return { align: alignCopyStatements(source, copy), swap: swapSplitStatements(source, proof, records) };
}

function planWhole(declared: DeclaredCopy, reading: Swappable, { management, run }: Writer): SwapPlan {
  const { source, copy, record } = reading;
  const opens = findOpened(declared, reading.now);
  const validate = listLeftToValidate(source);
  const back = opens && { pending: opens.pending, key: source.primaryKey, until: formatInstant(opens.until) };
  const proof = proveSwap(reading, management);
  const records = [
    ...recordAgain(reading, management, run),
    swappedStatement(
      management,
      record,
      "swapped",
      { validate, ...(back ? { back } : {}), formerTable: describeFormer(declared, reading) },
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
