import { MAX_RETURNED_ROWS } from "../../defaults";
import { quote, quoteList, quoteLiteral, quoteQualified } from "../../names/identifier";
import type { Lock, LockMode, Statement } from "../../sql/statement";
import { quoteTable } from "../attach/attach-source";
import { carryAccess, carryComments, carryPublications, carrySettings, carryStatistics } from "../attach/carry";
import { carrySequences } from "../attach/carry-sequences";
import { type Handover, quoteFormer } from "../attach/handover";
import { buildKeyIndex } from "../attach/prepare";
import { addReferring, dropReferring, repointUsers } from "../attach/repoint";
import { buildStep, buildSteps } from "../attach/step";
import { assertUnchanged, carryTriggers, lockTable } from "../attach/swap";
import {
  type BackSource,
  findPresentKey,
  listLeaving,
  nameFormerKey,
  nameFormerTable,
  needsFormerKey,
  quoteHistoryTable,
} from "./back-source";

/** Builds the unique index of the former primary key on the history, while writers continue. */
export function prepareBackStatements(source: BackSource): Statement[] {
  const { history, historyIndexes, plain } = source;
  if (!needsFormerKey(source)) return [];
  const name = nameFormerKey(source);
  const found = historyIndexes.find((index) => index.name === name);
  return buildKeyIndex({ ...history, role: "partition" }, name, plain.primaryKey?.columns ?? [], found);
}

/**
 * Returns the one transaction of the way back: the history is detached, takes in the rows of the other partitions, gets its former
 * name and everything that is bound to the partitioned table, and that is dropped, empty of what is not in the plain one. ACCESS
 * EXCLUSIVE on the table with all partitions from the first statement to the commit.
 *
 * @param fingerprints queries that describe the table and the history, and their answers when `source` was read
 * @param records statements of the ledger, run while the names are the present ones
 */
export function swapBackStatements(
  source: BackSource,
  fingerprints: readonly { readonly query: string; readonly answer: string }[],
  records: readonly Statement[] = [],
): Statement[] {
  const handover = toHandover(source);
  return [
    lockAll(source),
    ...fingerprints.map((fingerprint) => assertUnchanged(source, fingerprint)),
    ...records,
    ...dropReferring(source),
    ...detachHistory(source),
    ...returnRows(source),
    ...exchangeNames(handover, source),
    ...buildSteps(carrySequences(handover)),
    ...carryTriggers(handover),
    ...carryPublications(handover),
    ...repointUsers(source),
    dropFormer(handover, source),
    ...restoreNames(source),
    ...restoreKey(source),
    ...buildSteps(carryStatistics({ bound: { ...source.bound, statistics: listNewStatistics(source) } })),
    ...buildSteps(carrySettings(handover)),
    ...carryAccess(handover),
    ...buildSteps(carryComments(limitToPlain(handover, source))),
    ...addReferring(source),
  ].map((statement) => ({ ...statement, transaction: nameSwapBack(source), timeouts: "strong" as const }));
}

function nameSwapBack({ table }: BackSource): string {
  return `convert back ${table.schema}.${table.name}`;
}

/** The history in the place of the partitioned table. */
function toHandover(source: BackSource): Handover {
  const { carried, privileges } = source.own;
  return {
    ...source,
    formerName: nameFormerTable(source),
    present: {
      owner: carried.owner,
      rowSecurity: carried.rowSecurity,
      policies: carried.policies,
      replicaIdentity: carried.replicaIdentity.kind,
      privileges,
    },
  };
}

/** LOCK TABLE of a partitioned table locks its partitions as well. */
function lockAll(source: BackSource): Statement {
  const lock = lockTable(source);
  const partitions = source.table.partitions.map(({ schema, name }): Lock => ({
    relation: `${schema}.${name}`,
    role: "partition",
    mode: "ACCESS EXCLUSIVE",
  }));
  return { ...lock, locks: [...lock.locks, ...partitions] };
}

/** Lets go of the history, which keeps its rows, its indexes and its foreign keys, and loses the copies of triggers. */
function detachHistory(source: BackSource): Statement[] {
  const locks = listReferenced(source, "SHARE ROW EXCLUSIVE");
  return [
    buildStep(`ALTER TABLE ${quoteTable(source)} DETACH PARTITION ${quoteHistoryTable(source)}`, {
      locks,
      hazards: locks.length > 0 ? ["LOCK_REF_WRITE"] : [],
    }),
  ];
}

function listReferenced({ table }: Pick<BackSource, "table">, mode: LockMode): Lock[] {
  return table.constraints.flatMap(({ kind, references }): Lock[] =>
    kind === "foreign" && references
      ? [{ relation: `${references.schema}.${references.table}`, role: "referenced", mode }]
      : [],
  );
}

/**
 * Inserts the rows of the other partitions into the history, and counts them on both sides. A policy that applies to the role
 * fails it: that would leave out rows. Generated columns are computed again, from the same values.
 */
function returnRows(source: BackSource): Statement[] {
  const move = buildStep(moveText(source), { hazards: ["COPIES_PARTITION"] });
  return [{ ...move, hold: "grows with rows" }];
}

function moveText(source: BackSource): string {
  const { table } = source;
  const name = `${table.schema}.${table.name}`;
  const columns = quoteList(table.columns.filter(({ generated }) => !generated).map((column) => column.name));
  const raise = (message: string) =>
    `    RAISE EXCEPTION USING MESSAGE = ${quoteLiteral(message)}, ERRCODE = 'object_not_in_prerequisite_state';`;
  const body = [
    "DECLARE",
    "  found pg_catalog.int8;",
    "  moved pg_catalog.int8;",
    "BEGIN",
    "  PERFORM pg_catalog.set_config('row_security', 'off', true);",
    `  SELECT pg_catalog.count(*) INTO found FROM (SELECT FROM ${quoteTable(source)} LIMIT ${MAX_RETURNED_ROWS + 1}) r;`,
    `  IF found > ${MAX_RETURNED_ROWS} THEN`,
    raise(`${name} now has more than ${MAX_RETURNED_ROWS} rows outside of its history; nothing was changed`),
    "  END IF;",
    `  INSERT INTO ${quoteHistoryTable(source)} (${columns}) OVERRIDING SYSTEM VALUE SELECT ${columns} FROM ${quoteTable(source)};`,
    "  GET DIAGNOSTICS moved = ROW_COUNT;",
    "  IF moved IS DISTINCT FROM found THEN",
    raise(`not every row of ${name} came into its history; nothing was changed`),
    "  END IF;",
    "END",
  ].join("\n");
  return `DO ${quoteLiteral(body)}`;
}

function exchangeNames(handover: Handover, source: BackSource): Statement[] {
  return buildSteps([
    `ALTER TABLE ${quoteTable(source)} RENAME TO ${quote(handover.formerName)}`,
    `ALTER TABLE ${quoteHistoryTable(source)} RENAME TO ${quote(source.table.name)}`,
  ]);
}

/** Drops the partitioned table with its partitions. Anything that is still bound to one of them fails it, and all before it. */
function dropFormer(handover: Handover, source: BackSource): Statement {
  const leaving = listLeaving(source).map(({ schema, name }) => `${schema}.${name}`);
  const locks = listReferenced(source, "ACCESS EXCLUSIVE");
  return {
    ...buildStep(`DROP TABLE ${quoteFormer(handover)}`, {
      locks,
      hazards: locks.length > 0 ? ["LOCK_REF_AX"] : [],
    }),
    undo: `none after the commit: ${leaving.length === 0 ? "no partition" : leaving.join(", ")} goes with it, and every row is in the plain table`,
  };
}

/** Gives indexes, constraints and statistics objects the names that the partitioned table had from the plain one. */
function restoreNames(source: BackSource): Statement[] {
  const { table, own, historyIndexes, plain } = source;
  const present = findPresentKey(source);
  const gone = present && (needsFormerKey(source) || !plain.primaryKey) ? present.name : undefined;
  const indexes = historyIndexes
    .filter(({ name }) => name !== gone && name !== nameFormerKey(source))
    .map(({ name, attachedTo }) => ({ name, to: attachedTo ?? plain.names[name] ?? name }));
  return buildSteps([
    ...indexes
      .filter(({ name, to }) => name !== to)
      .map(({ name, to }) => `ALTER INDEX ${quoteQualified(table.schema, name)} RENAME TO ${quote(to)}`),
    ...own.statistics
      .map(({ schema, name }) => ({ schema, name, to: plain.names[name] ?? name }))
      .filter(({ name, to }) => name !== to)
      .map(({ schema, name, to }) => `ALTER STATISTICS ${quoteQualified(schema, name)} RENAME TO ${quote(to)}`),
  ]);
}

/** Statistics objects that the partitioned table got after the conversion. */
function listNewStatistics({ bound, own, plain }: BackSource): BackSource["bound"]["statistics"] {
  const kept = new Set(own.statistics.map(({ name }) => plain.names[name] ?? name));
  return bound.statistics.filter(({ name }) => !kept.has(name));
}

function restoreKey(source: BackSource): Statement[] {
  const { plain } = source;
  const present = findPresentKey(source);
  const alter = `ALTER TABLE ${quoteTable(source)}`;
  const drops = present && (needsFormerKey(source) || !plain.primaryKey);
  const index = quote(nameFormerKey(source));
  return buildSteps([
    ...(drops ? [`${alter} DROP CONSTRAINT ${quote(present.constraint?.name ?? present.name)}`] : []),
    ...(plain.primaryKey && needsFormerKey(source)
      ? [`${alter} ADD CONSTRAINT ${quote(plain.primaryKey.name)} PRIMARY KEY USING INDEX ${index}`]
      : []),
  ]);
}

/** Leaves out the comments of a primary key that the plain table does not have. */
function limitToPlain(handover: Handover, { table, bound, plain }: BackSource): Handover {
  const key = table.constraints.find(({ kind }) => kind === "primary")?.name;
  if (key === undefined || key === plain.primaryKey?.name) return handover;
  return {
    ...handover,
    table: { ...table, indexes: table.indexes.filter(({ name }) => name !== key) },
    bound: { ...bound, constraints: bound.constraints.filter(({ name }) => name !== key) },
  };
}
