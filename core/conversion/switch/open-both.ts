import { quote, quoteLiteral, quoteQualified, type Quoted } from "../../names/identifier";
import { quoteRole } from "../../partition/carry/security-statements";
import type { Statement } from "../../sql/statement";
import { formatInstant, type Instant } from "../../time/instant";
import { findPrimaryKey, quoteTable } from "../attach/attach-source";
import { carryAccess, carryComments, carrySettings } from "../attach/carry";
import type { Handover } from "../attach/handover";
import { buildStep, buildSteps } from "../attach/step";
import { addConstraint, assertUnchanged } from "../attach/swap";
import { CAPTURE_TRIGGERS } from "../between/capture";
import { quoteRelationOf } from "../between/pair";
import { type CopySource, nameOnTarget, toPair } from "../copy/copy-source";
import { lockTarget, reconcileLast, type SwapProof } from "../copy/exchange";
import { closePartitions, listUnproven, referToOthers } from "../copy/swap-copy";
import type { BothWays } from "./both-ways";
import { captureTarget } from "./capture-target";

/** Returns how two tables are kept equal both ways. */
export function toBothWays(source: CopySource): BothWays {
  const pair = toPair(source);
  const found = findPrimaryKey(source.table)?.columns ?? [];
  const narrow = found.length > 0 && found.every((name) => pair.key.includes(name));
  return { pair, identity: narrow ? found : pair.key };
}

/**
 * Comment of the trigger that captures the rows of the partitioned table, by which whatever reads the catalogue knows that both are
 * kept equal, and until when.
 */
export function describeBoth(until: Instant): string {
  return `keeps both tables equal until ${formatInstant(until)}`;
}

/**
 * Returns the one transaction from which on both tables are captured: while no session writes to the plain one, the last changes are
 * reconciled and proved; the partitioned one gets what belongs to it, and accepts writes. Readers of the plain table go on.
 */
export function openBothStatements(
  source: CopySource,
  proof: SwapProof,
  until: Instant,
  records: readonly Statement[] = [],
): Statement[] {
  const { table, names, partitions } = source;
  const pair = toPair(source);
  const target = seeTarget(source);
  const handover = toHandover(target);
  const leaves = partitions.map(({ name }) => ({ schema: table.schema, name }));
  const { captured, management } = proof;
  return [
    lockWriters(source),
    lockTarget(source),
    ...proof.fingerprints.map((fingerprint) => assertUnchanged(source, fingerprint)),
    ...(captured ? [reconcileLast(source, { ...captured, management }, { phase: "verified", what: "the copy" })] : []),
    ...buildSteps([`DELETE FROM ${quoteRelationOf(pair.pending)}`]),
    ...shareSequences(source),
    ...buildSteps(carrySettings(handover)),
    ...carryAccess(handover),
    ...closePartitions(source),
    ...buildSteps(carryComments(handover)),
    ...listUnproven(source).map(({ name, definition }) => addConstraint(target, name, definition)),
    ...referToOthers(source),
    ...captureTarget(pair, { leaves, said: describeBoth(until), owner: table.owner, role: table.rights.role }),
    ...records,
  ].map((statement) => ({
    ...statement,
    transaction: `keep ${table.schema}.${table.name} and ${names.target} equal`,
    timeouts: "strong" as const,
  }));
}

/** The partitioned table under its own name, as the source of what is said of it. */
export function seeTarget(source: CopySource): CopySource {
  const { table, names } = source;
  const rename = <T extends { readonly name: string }>(one: T): T => ({
    ...one,
    name: nameOnTarget(source, one.name),
  });
  return {
    ...source,
    table: {
      ...table,
      name: names.target,
      columns: table.columns.map((column) => ({
        ...column,
        identity: undefined,
        default: findShared(source, column.name) ?? column.default,
      })),
      constraints: table.constraints.map((one) => (one.kind === "foreign" || one.kind === "check" ? one : rename(one))),
      indexes: table.indexes.map((index) => ({
        ...rename(index),
        constraint: index.constraint && rename(index.constraint),
      })),
    },
  };
}

/** Names of constraints and indexes are the target's own, so their comments stay with the plain table. */
function toHandover(target: CopySource): Handover {
  const { table, bound } = target;
  const present = {
    owner: table.owner,
    rowSecurity: { enabled: false, forced: false },
    policies: [],
    replicaIdentity: "default",
    grantees: target.defaultGrantees,
  } as const;
  return {
    ...target,
    bound: { ...bound, constraints: [], indexes: [], triggers: [] },
    formerName: bound.name,
    present,
  };
}

/** Writers wait; readers do not. */
function lockWriters(source: CopySource): Statement {
  const { schema, name } = source.table;
  const lock = buildStep(`LOCK TABLE ${quoteTable(source)} IN SHARE ROW EXCLUSIVE MODE`, {
    locks: [{ relation: `${schema}.${name}`, role: "parent", mode: "SHARE ROW EXCLUSIVE" }],
    hazards: ["LOCK_WRITES_SHORT"],
  });
  return { ...lock, outwaitsAutovacuum: true };
}

/**
 * Lets both tables draw from one sequence: two would give one value twice. Of a serial column the default is copied with the table; the
 * sequence of an identity is called by a default, for which a writer needs a right on it.
 */
function shareSequences(source: CopySource): Statement[] {
  const { table, bound, names } = source;
  const writers = [
    ...new Set(bound.privileges.filter(({ privilege }) => privilege === "insert").map((one) => one.grantee)),
  ];
  const others = writers.filter((role) => role !== table.owner);
  return listIdentities(source).flatMap(({ schema, name, column }) =>
    buildSteps([
      `ALTER TABLE ${quoteQualified(table.schema, names.target)} ALTER COLUMN ${quote(column)} SET DEFAULT ${callSequence(quoteQualified(schema, name))}`,
      ...others.map((role) => `GRANT USAGE ON SEQUENCE ${quoteQualified(schema, name)} TO ${quoteRole(role)}`),
    ]),
  );
}

function findShared(source: CopySource, column: string): string | undefined {
  const found = listIdentities(source).find((sequence) => sequence.column === column);
  return found && callSequence(quoteQualified(found.schema, found.name));
}

function listIdentities({ bound }: Pick<CopySource, "bound">) {
  return bound.sequences.filter(({ kind }) => kind === "identity always" || kind === "identity by default");
}

function callSequence(name: Quoted): string {
  return `nextval(${quoteLiteral(name)}::regclass)`;
}

/** Says another end. */
export function sayBoth(
  { schema, name }: { readonly schema: string; readonly name: string },
  until: Instant,
): Statement {
  const sql = `COMMENT ON TRIGGER ${CAPTURE_TRIGGERS.rows} ON ${quoteQualified(schema, name)} IS ${quoteLiteral(describeBoth(until))}`;
  return {
    sql,
    transaction: sql,
    timeouts: "light",
    locks: [{ relation: `${schema}.${name}`, role: "parent", mode: "SHARE UPDATE EXCLUSIVE" }],
    hold: "instant",
    hazards: [],
    undo: "declare the former time again",
  };
}
