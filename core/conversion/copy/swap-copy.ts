import { MAX_SWAP_CHANGES } from "../../defaults";
import { quote, quoteLiteral, quoteQualified } from "../../names/identifier";
import { buildRowSecurityStatements } from "../../partition/carry/security-statements";
import type { Lock, Statement } from "../../sql/statement";
import { namePrimaryKey, quoteTable } from "../attach/attach-source";
import { carryAccess, carryComments, carryPublications, carrySettings, carryStatistics } from "../attach/carry";
import { carrySequences } from "../attach/carry-sequences";
import { type Handover, quoteFormer } from "../attach/handover";
import { referAgain, repointUsers } from "../attach/repoint";
import { buildStep, buildSteps } from "../attach/step";
import { addConstraint, assertUnchanged, carryTriggers, listReferenced, lockTable, renameFormer } from "../attach/swap";
import { CAPTURE_TRIGGERS, nameCapture } from "../between/capture";
import { markQuery } from "../between/mark";
import { EMPTIED, quoteRelationOf } from "../between/pair";
import { reconcileTexts } from "../between/reconcile-text";
import { refuseOldSnapshots } from "./old-snapshots";
import { type CopySource, nameOnTarget, quoteTarget, toPair } from "./copy-source";

/** What was true when the swap was planned, and has to be true under its lock. */
export interface SwapProof {
  /** Query that describes the table and what is bound to it, and its answer then. */
  readonly fingerprint: { readonly query: string; readonly answer: string };
  /** Mark of the capture when it was installed. */
  readonly mark: string;
  readonly management: string;
  /** Id of the conversion in the journal. */
  readonly conversion: string;
}

/**
 * Returns the one transaction of the swap: under ACCESS EXCLUSIVE on the table, the last changes are reconciled and proved; the plain
 * table gets its former name, the copy takes its place with everything that was bound to it, and the former one refuses every
 * write. What is reconciled under the lock is limited, everything else is an instant.
 */
export function swapCopyStatements(
  source: CopySource,
  proof: SwapProof,
  records: readonly Statement[] = [],
): Statement[] {
  const handover = toHandover(source);
  const { table } = source;
  const former = renameFormer(handover, []);
  return [
    lockTable(source),
    lockCopy(source),
    assertUnchanged(source, proof.fingerprint),
    drain(source, proof),
    ...endCapture(source),
    ...dropOutgoing(source),
    ...former.table,
    ...former.others,
    ...buildSteps([`ALTER TABLE ${quoteTarget(source)} RENAME TO ${quote(table.name)}`]),
    ...takeNames(source),
    ...buildSteps(carrySettings(handover)),
    ...buildSteps(carrySequences(handover)),
    ...buildSteps(carryStatistics(handover)),
    ...carryTriggers(handover),
    ...carryAccess(handover),
    ...closePartitions(source),
    ...buildSteps(carryComments(handover)),
    ...carryUnproven(source),
    ...referToOthers(source),
    ...carryPublications(handover),
    ...repointUsers(source),
    ...referAgain(source),
    ...buildSteps([refuseOldSnapshots(quoteTable(source), proof.management)]),
    ...refuseWrites(handover, proof.management),
    ...records,
  ].map((statement) => ({
    ...statement,
    transaction: `convert ${table.schema}.${table.name}`,
    timeouts: "strong" as const,
  }));
}

/** The copy in the place of the plain table. */
function toHandover(source: CopySource): Handover {
  const present = {
    owner: source.table.owner,
    rowSecurity: { enabled: false, forced: false },
    policies: [],
    replicaIdentity: "default",
    grantees: source.defaultGrantees,
  } as const;
  return { ...source, formerName: source.names.former, present };
}

/** The copy with its partitions, after the table: every step of a copy locks in this order. No other session uses it. */
function lockCopy(source: CopySource): Statement {
  const { table, names, partitions } = source;
  return buildStep(`LOCK TABLE ${quoteTarget(source)} IN ACCESS EXCLUSIVE MODE`, {
    locks: [names.target, ...partitions.map(({ name }) => name)].map((name) => lockOwn(table.schema, name)),
  });
}

function lockOwn(schema: string, name: string, mode: Lock["mode"] = "ACCESS EXCLUSIVE"): Lock {
  return { relation: `${schema}.${name}`, role: "partition", mode };
}

/**
 * Reconciles what is pending, under the lock that no writer passes: nothing can be added. Ends the swap if the capture is not what it
 * was, if it would take too long, or if the rows differ.
 */
function drain(source: CopySource, { mark, management, conversion }: SwapProof): Statement {
  const pair = toPair(source);
  const texts = reconcileTexts(pair);
  const pending = quoteRelationOf(pair.pending);
  const all = (text: string) => text.replaceAll("$1", "'9223372036854775807'");
  const name = `${pair.source.schema}.${pair.source.name}`;
  const raise = (message: string) =>
    `    RAISE EXCEPTION USING MESSAGE = ${quoteLiteral(`${message}; nothing was swapped`)}, ERRCODE = 'object_not_in_prerequisite_state';`;
  const settings = ["enable_hashjoin", "enable_mergejoin", "enable_seqscan", "jit", "row_security"];
  const body = [
    "DECLARE",
    "  waiting pg_catalog.int8;",
    "  proof record;",
    "BEGIN",
    `  IF (SELECT m.mark FROM (${markQuery(pair)}) m) IS DISTINCT FROM ${quoteLiteral(mark)} THEN`,
    raise(`the capture of ${name} was altered`),
    "  END IF;",
    `  IF NOT EXISTS (SELECT FROM ${quote(management)}.conversions c WHERE c.id = ${quoteLiteral(conversion)}::pg_catalog.int8 AND c.phase = 'verified') THEN`,
    raise(`the copy of ${name} is not verified`),
    "  END IF;",
    `  SELECT pg_catalog.count(*) INTO waiting FROM (SELECT FROM ${pending} LIMIT ${MAX_SWAP_CHANGES + 1}) p;`,
    `  IF waiting > ${MAX_SWAP_CHANGES} THEN`,
    raise(`${name} changed faster than its copy follows`),
    "  END IF;",
    `  IF EXISTS (SELECT FROM ${pending} WHERE ${EMPTIED}) THEN`,
    raise(`${name} was truncated`),
    "  END IF;",
    ...settings.map((setting) => `  PERFORM pg_catalog.set_config('${setting}', 'off', true);`),
    `  ${all(texts.remove)};`,
    `  ${all(texts.insert)};`,
    `  SELECT * INTO proof FROM (${all(texts.prove)}) p;`,
    "  IF (proof.source_rows, proof.source_hash) IS DISTINCT FROM (proof.target_rows, proof.target_hash) THEN",
    raise(`the copy of ${name} differs from it`),
    "  END IF;",
    "END",
  ].join("\n");
  return buildStep(`DO ${quoteLiteral(body)}`, {
    locks: [lockOwn(pair.pending.schema, pair.pending.name, "ACCESS SHARE")],
  });
}

function endCapture(source: CopySource): Statement[] {
  const pair = toPair(source);
  return [
    ...buildSteps([
      ...Object.values(CAPTURE_TRIGGERS).map((name) => `DROP TRIGGER ${name} ON ${quoteTable(source)}`),
      `DROP FUNCTION ${quoteRelationOf(nameCapture(pair))}()`,
    ]),
    buildStep(`DROP TABLE ${quoteRelationOf(pair.pending)}`, {
      locks: [lockOwn(pair.pending.schema, pair.pending.name)],
    }),
  ];
}

/** The former table refers to no other one any more: its rows would stop, or be reached by, a delete there. */
function dropOutgoing(source: CopySource): Statement[] {
  return listOutgoing(source).map(({ name }) =>
    buildStep(`ALTER TABLE ${quoteTable(source)} DROP CONSTRAINT ${quote(name)}`, {
      locks: listReferenced(source, name).map((lock): Lock => ({ ...lock, mode: "ACCESS EXCLUSIVE" })),
      hazards: ["LOCK_REF_AX"],
    }),
  );
}

/** Gives keys and indexes of the copy the names that those of the plain table had. */
function takeNames(source: CopySource): Statement[] {
  const { table } = source;
  const primary = namePrimaryKey(table);
  const constraints = [
    primary,
    ...table.constraints.filter(({ kind }) => kind === "unique" || kind === "exclusion").map(({ name }) => name),
  ];
  const indexes = table.indexes.filter(({ constraint, valid }) => constraint === undefined && valid);
  return buildSteps([
    ...constraints.map(
      (name) =>
        `ALTER TABLE ${quoteTable(source)} RENAME CONSTRAINT ${quote(nameOnTarget(source, name))} TO ${quote(name)}`,
    ),
    ...indexes.map(
      ({ name }) => `ALTER INDEX ${quoteQualified(table.schema, nameOnTarget(source, name))} RENAME TO ${quote(name)}`,
    ),
  ]);
}

/** Row security of the partitions as of the table: reading one directly must show no more than that. */
function closePartitions({ table, bound, partitions }: CopySource): Statement[] {
  return partitions.flatMap(({ name }) =>
    buildRowSecurityStatements(
      { schema: table.schema, name, role: "partition", fresh: true },
      "",
      bound.carried.rowSecurity,
      { enabled: false, forced: false },
    ),
  );
}

/** Checks that are not validated, or not enforced: the rows may contradict them. */
function carryUnproven(source: CopySource): Statement[] {
  return source.bound.constraints
    .filter(({ kind, validated, enforced, noInherit }) => kind === "check" && !(validated && enforced) && !noInherit)
    .map(({ name, definition }) => addConstraint(source, name, definition));
}

/**
 * Foreign keys, on each partition and not validated: they are enforced from the swap on, and no row is read under its lock. Validated
 * afterwards, they become one of the whole table.
 */
function referToOthers(source: CopySource): Statement[] {
  return listOutgoing(source).flatMap(({ name, definition }) =>
    source.partitions.map((partition) => {
      const locks: Lock[] = listReferenced(source, name);
      return buildStep(
        `ALTER TABLE ${quoteQualified(source.table.schema, partition.name)} ADD CONSTRAINT ${quote(name)} ${definition.replace(/ NOT VALID$/, "")} NOT VALID`,
        { locks, hazards: ["LOCK_REF_WRITE"] },
      );
    }),
  );
}

export function listOutgoing({ bound }: Pick<CopySource, "bound">): CopySource["bound"]["constraints"] {
  return bound.constraints.filter(({ kind }) => kind === "foreign");
}

/** A writer that is still bound to the former table by its oid gets an error, and no write is lost. */
function refuseWrites(handover: Handover, management: string): Statement[] {
  const former = quoteFormer(handover);
  const argument = quoteLiteral(`${handover.table.schema}.${handover.table.name}`);
  return buildSteps([
    `CREATE TRIGGER ${FORMER_TRIGGER} BEFORE INSERT OR UPDATE OR DELETE OR TRUNCATE ON ${former} FOR EACH STATEMENT EXECUTE FUNCTION ${quote(management)}.refuse_former(${argument})`,
    `ALTER TABLE ${former} ENABLE ALWAYS TRIGGER ${FORMER_TRIGGER}`,
  ]);
}

/** Name of the trigger by which the former table refuses writes. */
const FORMER_TRIGGER = "pgpartition_former";

/**
 * After the swap: each foreign key is validated partition by partition while writers continue, and then added to the table, which takes
 * over those of the partitions without reading a row. One that was not validated before stays so, on the partitions alone.
 */
export function settleOutgoing(source: Pick<CopySource, "table" | "bound" | "partitions">): Statement[] {
  const { table, partitions } = source;
  return listOutgoing(source)
    .filter(({ validated }) => validated)
    .flatMap(({ name, definition }) => [
      ...partitions.map((partition): Statement => ({
        sql: `ALTER TABLE ${quoteQualified(table.schema, partition.name)} VALIDATE CONSTRAINT ${quote(name)}`,
        transaction: `validate ${partition.name}.${name}`,
        timeouts: "waiting",
        locks: [
          { relation: `${table.schema}.${partition.name}`, role: "partition", mode: "SHARE UPDATE EXCLUSIVE" },
          ...listReferenced(source, name).map((lock): Lock => ({ ...lock, mode: "ROW SHARE" })),
        ],
        hold: "grows with rows",
        hazards: ["SCAN_PARTITION"],
        undo: "not needed: it changes no row",
      })),
      addWhole(source, name, definition),
    ]);
}

/** Taking over the constraints of the partitions, PostgreSQL drops triggers of theirs on the referenced table. */
function addWhole(
  { table, partitions }: Pick<CopySource, "table" | "partitions">,
  name: string,
  definition: string,
): Statement {
  const referenced = listReferenced({ table }, name).map((lock): Lock => ({ ...lock, mode: "ACCESS EXCLUSIVE" }));
  const { hazards, ...statement } = addConstraint({ table }, name, definition, [
    { relation: `${table.schema}.${table.name}`, role: "parent", mode: "SHARE ROW EXCLUSIVE" },
    ...partitions.map((partition) => lockOwn(table.schema, partition.name, "SHARE ROW EXCLUSIVE")),
    ...referenced,
  ]);
  return {
    ...statement,
    transaction: `refer ${table.schema}.${table.name}.${name}`,
    hazards: [...hazards, "LOCK_REF_AX", "LOCK_WRITES_SHORT"],
  };
}
