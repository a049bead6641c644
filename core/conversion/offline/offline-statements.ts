import { quoteLiteral } from "../../names/identifier";
import type { Statement } from "../../sql/statement";
import { quoteTable } from "../attach/attach-source";
import { buildStep } from "../attach/step";
import { assertUnchanged } from "../attach/swap";
import { copyAllText } from "../between/copy-text";
import { proofOfAllText } from "../between/proof-text";
import { describeNewCopy, finishCopyStatements } from "../copy/align-copy";
import { type CopySource, toPair } from "../copy/copy-source";
import { DIFFERS, stop, type SwapProof } from "../copy/exchange";
import { createCopyStatements } from "../copy/prepare-copy";
import { nameConversion, swapCopyStatements } from "../copy/swap-copy";

/** What of the table has to be as it was read. Nothing is captured: no writer passes its lock. */
type OfflineProof = Pick<SwapProof, "fingerprints" | "management">;

/**
 * Stops the writers of a table that has not been altered since it was read. EXCLUSIVE and not ACCESS EXCLUSIVE: readers go on for as long
 * as the rows are copied. And not SHARE ROW EXCLUSIVE, which lets SELECT … FOR UPDATE pass: such a session would go on to write,
 * wait for this transaction, and keep it from the stronger lock of the swap.
 */
export function lockOfflineStatements(source: CopySource, { fingerprints }: OfflineProof): Statement[] {
  const { schema, name } = source.table;
  const lock: Statement = {
    ...buildStep(`LOCK TABLE ${quoteTable(source)} IN EXCLUSIVE MODE`, {
      locks: [{ relation: `${schema}.${name}`, role: "parent", mode: "EXCLUSIVE" }],
      hazards: ["LOCK_WRITES_LONG"],
    }),
    hold: "grows with rows",
    outwaitsAutovacuum: true,
  };
  return label(source, [lock, ...fingerprints.map((fingerprint) => assertUnchanged(source, fingerprint))]);
}

/** Creates the partitioned table beside it, with all of its rows, keys and indexes, and compares both. */
export function copyOfflineStatements(source: CopySource): Statement[] {
  const statements = [
    ...createCopyStatements(source),
    copyAll(source),
    ...finishCopyStatements(source, describeNewCopy(source)),
    compareAll(source),
  ];
  // It may take as long as the table is large. No other session sees what it locks: none of it is committed.
  return label(
    source,
    statements.map((statement) => ({
      ...statement,
      timeouts: "waiting",
      locks: [],
      undo: "rolled back with the swap",
    })),
  );
}

/** Lets it take the place of the table, as a copy is swapped. */
export function swapOfflineStatements(
  source: CopySource,
  proof: OfflineProof,
  records: readonly Statement[] = [],
): Statement[] {
  return swapCopyStatements(source, { ...proof, captured: undefined }, records);
}

function label(source: CopySource, statements: readonly Statement[]): Statement[] {
  return statements.map((statement) => ({ ...statement, transaction: nameConversion(source) }));
}

function copyAll(source: CopySource): Statement {
  return { ...buildStep(copyAllText(toPair(source))), hold: "grows with rows" };
}

function compareAll(source: CopySource): Statement {
  const { schema, name } = source.table;
  const body = [
    "DECLARE",
    "  proof record;",
    "BEGIN",
    `  SELECT * INTO proof FROM (${proofOfAllText(toPair(source))}) p;`,
    ...stop(DIFFERS, `the copy of ${schema}.${name} differs from it`),
    "END",
  ].join("\n");
  return { ...buildStep(`DO ${quoteLiteral(body)}`), hold: "grows with rows", hazards: ["SCAN_PARTITION"] };
}
