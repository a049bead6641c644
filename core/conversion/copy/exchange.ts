import { MAX_SWAP_CHANGES } from "../../defaults";
import { quote, quoteLiteral } from "../../names/identifier";
import type { Lock, Statement } from "../../sql/statement";
import { quoteTable } from "../attach/attach-source";
import { carryAccess, carryComments, carryPublications, carrySettings } from "../attach/carry";
import { carrySequences } from "../attach/carry-sequences";
import type { Handover } from "../attach/handover";
import { listToValidate, referAgain, repointUsers } from "../attach/repoint";
import { listWholeTree } from "../../partition/branch/desired-branches";
import { buildStep, buildSteps } from "../attach/step";
import { assertUnchanged, carryTriggers, listReferenced, lockTable, renameFormer } from "../attach/swap";
import { CAPTURE_TRIGGERS, installCapture, nameCapture, prepareCapture } from "../between/capture";
import { FOLLOWS } from "../between/follows";
import { markQuery } from "../between/mark";
import { EMPTIED, type Pair, type PairRelation, quoteRelationOf } from "../between/pair";
import { ALL_PLACES, reconcileTexts } from "../between/reconcile-text";
import { type CopySource, quoteTarget, toPair } from "./copy-source";
import { refuseOldSnapshots } from "./old-snapshots";

/** What was true when the swap was planned, and has to be true under its lock. */
export interface SwapProof {
  /** Queries that describe the table and what is bound to it, and their answers then. */
  readonly fingerprints: readonly { readonly query: string; readonly answer: string }[];
  readonly management: string;
  /** Undefined: no writer could come since before the rows were copied, so nothing was captured. */
  readonly captured: CaptureProof | undefined;
  /** Tables that were partitions while changes were captured, and still have the trigger of TRUNCATE. Left out: none. */
  readonly detached?: readonly PairRelation[];
}

interface CaptureProof {
  /** Mark of the capture when it was installed. */
  readonly mark: string;
  /** Id of the conversion in the journal. */
  readonly conversion: string;
}

/**
 * What a swap and the one that takes it back do each in its own way; everything else is alike. The names in it are those that hold when
 * it is run.
 */
interface ExchangeParts {
  /** Label of the transaction. */
  readonly transaction: string;
  /** Phase of a conversion that may do it, and what is said of the relation that takes the place of the table. */
  readonly phase: "verified" | "reverified";
  readonly what: "the copy" | "the former table";
  readonly handover: Handover;
  /** Oid of a target that refuses the writes of all others. */
  readonly passes?: string;
  /** While the names are the ones before. */
  readonly before: readonly Statement[];
  /** Keys and indexes of the new relation get the names of the table. */
  readonly takeNames: readonly Statement[];
  readonly statistics: readonly Statement[];
  /** Who may read partitions directly. */
  readonly partitions: readonly Statement[];
  /** Checks that the rows may contradict. */
  readonly unproven: readonly Statement[];
  readonly outgoing: readonly Statement[];
  /** The other relation refuses writes. */
  readonly refuse: readonly Statement[];
  /** The pair whose changes are captured from then on, and partitions of its source. */
  readonly captures:
    { readonly pair: Pair; readonly leaves: readonly PairRelation[]; readonly said?: string } | undefined;
}

/**
 * Returns the one transaction in which a relation takes the place of the table: under ACCESS EXCLUSIVE on it, the last changes are
 * reconciled and proved; the table gets its other name, the one that was kept equal to it takes its place with everything that was
 * bound to it, and changes are captured the other way. What is reconciled under the lock is limited, everything else is an instant.
 */
export function exchangeStatements(
  source: CopySource,
  proof: SwapProof,
  parts: ExchangeParts,
  records: readonly Statement[],
): Statement[] {
  const { handover } = parts;
  const other = renameFormer(handover, []);
  return [
    lockWhole(source),
    lockTarget(source),
    ...proof.fingerprints.map((fingerprint) => assertUnchanged(source, fingerprint)),
    ...drain(source, proof, parts),
    ...dropOutgoing(source),
    ...parts.before,
    ...other.table,
    ...other.others,
    ...buildSteps([`ALTER TABLE ${quoteTarget(source)} RENAME TO ${quote(source.table.name)}`]),
    ...parts.takeNames,
    ...buildSteps(carrySettings(handover)),
    ...buildSteps(carrySequences(handover)),
    ...parts.statistics,
    ...carryTriggers(handover),
    ...carryAccess(handover),
    ...parts.partitions,
    ...buildSteps(carryComments(handover)),
    ...parts.unproven,
    ...parts.outgoing,
    ...carryPublications(handover),
    ...repointUsers(source),
    ...referAgain(source),
    ...buildSteps([refuseOldSnapshots(quoteTable(source), proof.management)]),
    ...parts.refuse,
    ...capture(source, parts.captures),
    ...records,
  ].map((statement) => ({ ...statement, transaction: parts.transaction, timeouts: "strong" as const }));
}

/** LOCK TABLE of a partitioned table locks its partitions as well. */
export function lockWhole(source: Pick<CopySource, "table">): Statement {
  const lock = lockTable(source);
  const partitions = listWholeTree(source.table).map(({ schema, name }) => lockOwn(schema, name));
  return { ...lock, locks: [...lock.locks, ...partitions] };
}

/** The relation that takes its place, with its partitions, after the table: every step locks in this order. No other session uses it. */
export function lockTarget(source: CopySource): Statement {
  const { table, names, partitions } = source;
  return buildStep(`LOCK TABLE ${quoteTarget(source)} IN ACCESS EXCLUSIVE MODE`, {
    locks: [names.target, ...partitions.map(({ name }) => name)].map((name) => lockOwn(table.schema, name)),
  });
}

/** Ends a swap under a condition on what was read before. */
export function stop(condition: string, message: string): string[] {
  return [
    `  IF ${condition} THEN`,
    `    RAISE EXCEPTION USING MESSAGE = ${quoteLiteral(`${message}; nothing was swapped`)}, ERRCODE = 'object_not_in_prerequisite_state';`,
    "  END IF;",
  ];
}

/** True if the two sides of a proof are not equal. */
export const DIFFERS = "(proof.source_rows, proof.source_hash) IS DISTINCT FROM (proof.target_rows, proof.target_hash)";

export function lockOwn(schema: string, name: string, mode: Lock["mode"] = "ACCESS EXCLUSIVE"): Lock {
  return { relation: `${schema}.${name}`, role: "partition", mode };
}

/** Reconciles what was captured, and ends the capture. */
export function drain(
  source: CopySource,
  { management, captured, detached }: SwapProof,
  parts: Pick<ExchangeParts, "phase" | "what" | "passes">,
): Statement[] {
  return captured ? [reconcileLast(source, { ...captured, management }, parts), ...endCapture(source, detached)] : [];
}

/**
 * Reconciles what is pending, under the lock that no writer passes: nothing can be added. Ends the swap if the capture is not what it
 * was, if it would take too long, or if the rows differ.
 */
export function reconcileLast(
  source: CopySource,
  { mark, management, conversion }: CaptureProof & Pick<SwapProof, "management">,
  parts: Pick<ExchangeParts, "phase" | "what" | "passes">,
): Statement {
  const { phase, what, passes } = parts;
  const pair = toPair(source);
  const texts = reconcileTexts(pair);
  const pending = quoteRelationOf(pair.pending);
  const all = (text: string) =>
    text.replaceAll("$1", quoteLiteral(ALL_PLACES.first)).replaceAll("$2", quoteLiteral(ALL_PLACES.last));
  const name = `${pair.source.schema}.${pair.source.name}`;
  const settings = ["enable_hashjoin", "enable_mergejoin", "enable_seqscan", "jit", "row_security"];
  const body = [
    "DECLARE",
    "  waiting pg_catalog.int8;",
    "  proof record;",
    "BEGIN",
    `  SELECT * INTO proof FROM (${markQuery(pair)}) m;`,
    ...stop(`proof.mark IS DISTINCT FROM ${quoteLiteral(mark)}`, `the capture of ${name} was altered`),
    ...(pair.partitioned ? stop("proof.bare IS NOT NULL", `${name} has got a partition meanwhile`) : []),
    ...stop(
      `NOT EXISTS (SELECT FROM ${quote(management)}.conversions c WHERE c.id = ${quoteLiteral(conversion)}::pg_catalog.int8 AND c.phase = '${phase}')`,
      `${what} of ${name} is not verified`,
    ),
    `  SELECT pg_catalog.count(*) INTO waiting FROM (SELECT FROM ${pending} LIMIT ${MAX_SWAP_CHANGES + 1}) p;`,
    ...stop(`waiting > ${MAX_SWAP_CHANGES}`, `${name} changed faster than ${what} follows`),
    ...stop(`EXISTS (SELECT FROM ${pending} WHERE ${EMPTIED})`, `${name} was truncated`),
    ...settings.map((setting) => `  PERFORM pg_catalog.set_config('${setting}', 'off', true);`),
    ...(passes === undefined ? [] : [`  PERFORM pg_catalog.set_config('${FOLLOWS}', ${quoteLiteral(passes)}, true);`]),
    `  ${all(texts.remove)};`,
    `  ${all(texts.insert)};`,
    `  SELECT * INTO proof FROM (${all(texts.prove)}) p;`,
    ...stop(DIFFERS, `${what} of ${name} differs from it`),
    "END",
  ].join("\n");
  return buildStep(`DO ${quoteLiteral(body)}`, {
    locks: [lockOwn(pair.pending.schema, pair.pending.name, "ACCESS SHARE")],
  });
}

function endCapture(source: CopySource, detached: readonly PairRelation[] = []): Statement[] {
  const pair = toPair(source);
  const dropFrom = (leaf: PairRelation) =>
    `DROP TRIGGER IF EXISTS ${CAPTURE_TRIGGERS.emptied} ON ${quoteRelationOf(leaf)}`;
  return [
    ...buildSteps([
      ...Object.values(CAPTURE_TRIGGERS).map((name) => `DROP TRIGGER ${name} ON ${quoteTable(source)}`),
      ...listWholeTree(source.table).map(dropFrom),
    ]),
    ...detached.map((leaf) => buildStep(dropFrom(leaf), { locks: [lockOwn(leaf.schema, leaf.name)] })),
    ...buildSteps([`DROP FUNCTION ${quoteRelationOf(nameCapture(pair))}()`]),
    buildStep(`DROP TABLE ${quoteRelationOf(pair.pending)}`, {
      locks: [lockOwn(pair.pending.schema, pair.pending.name)],
    }),
  ];
}

/** The relation that gives its place up refers to no other one any more: its rows would stop, or be reached by, a delete there. */
export function dropOutgoing(source: Pick<CopySource, "table" | "bound">): Statement[] {
  return listOutgoing(source).map(({ name }) =>
    buildStep(`ALTER TABLE ${quoteTable(source)} DROP CONSTRAINT ${quote(name)}`, {
      locks: listReferenced(source, name).map((lock): Lock => ({ ...lock, mode: "ACCESS EXCLUSIVE" })),
      hazards: ["LOCK_REF_AX"],
    }),
  );
}

export function listOutgoing({ bound }: Pick<CopySource, "bound">): CopySource["bound"]["constraints"] {
  return bound.constraints.filter(({ kind }) => kind === "foreign");
}

/** Lists the foreign keys that a swap, forth or back, leaves to be validated: `schema.table.name`, and the names of its own. */
export function listLeftToValidate(source: Pick<CopySource, "bound">): string[] {
  const own = listOutgoing(source).filter(({ validated }) => validated);
  return [...listToValidate(source), ...own.map(({ name }) => name)];
}

/** Captures the changes of the new table, from the first one on: every writer waits for this commit. */
function capture(source: CopySource, captures: ExchangeParts["captures"]): Statement[] {
  if (!captures) return [];
  const { table, defaultGrantees } = source;
  const { pair, leaves, said } = captures;
  const comment =
    said === undefined
      ? []
      : [`COMMENT ON TRIGGER ${CAPTURE_TRIGGERS.rows} ON ${quoteRelationOf(pair.source)} IS ${quoteLiteral(said)}`];
  return [
    ...prepareCapture(pair, { owner: table.owner, role: table.rights.role, defaultGrantees }),
    ...buildSteps([...installCapture(pair, leaves).map(({ sql }) => sql), ...comment]),
  ];
}
