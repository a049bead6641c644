import { quote, quoteLiteral, quoteQualified } from "../../names/identifier";
import { buildRowSecurityStatements } from "../../partition/carry/security-statements";
import type { Lock, Statement } from "../../sql/statement";
import { namePrimaryKey, quoteTable } from "../attach/attach-source";
import { carryStatistics } from "../attach/carry";
import { type Handover, quoteFormer } from "../attach/handover";
import { buildStep, buildSteps } from "../attach/step";
import { addConstraint, listReferenced } from "../attach/swap";
import type { Pair } from "../between/pair";
import { type CopyPartition, type CopySource, listHolding, nameOnTarget, toPair } from "./copy-source";
import { describeWayBack, type OpenedWayBack } from "./say-way-back";
import { exchangeStatements, listOutgoing, lockOwn, type SwapProof } from "./exchange";

/**
 * Returns the one transaction of the swap: the plain table gets its former name, the copy takes its place, and the former one refuses
 * every write but that of the follower.
 */
export function swapCopyStatements(
  source: CopySource,
  proof: SwapProof,
  records: readonly Statement[] = [],
  opens?: OpenedWayBack,
): Statement[] {
  const { table, partitions } = source;
  const handover = toHandover(source);
  const leaves = partitions.map(({ name }) => ({ schema: table.schema, name }));
  const parts = {
    transaction: nameConversion(source),
    phase: "verified",
    what: "the copy",
    handover,
    before: [],
    takeNames: takeNames(
      source,
      source.primaryKey.length === 0 ? undefined : nameOnTarget(source, namePrimaryKey(table)),
    ),
    statistics: buildSteps(carryStatistics(handover)),
    partitions: closePartitions(source),
    unproven: carryUnproven(source),
    outgoing: referToOthers(source),
    refuse: refuseWrites(handover, proof.management),
    captures: opens && { pair: turnPair(source, opens.pending), leaves, said: describeWayBack(opens.until) },
  } as const;
  return exchangeStatements(source, proof, parts, records);
}

/** Labels the transaction in which a copy takes the place of the table. */
export function nameConversion({ table }: Pick<CopySource, "table">): string {
  return `convert ${table.schema}.${table.name}`;
}

/** Returns the pair by which the relation that gives its place up is kept equal to the one that takes it. */
export function turnPair(source: CopySource, pending: string): Pair {
  const { schema } = source.table;
  return {
    ...toPair(source),
    target: { schema, name: source.names.former },
    pending: { schema, name: pending },
    partitioned: source.table.kind !== "partitioned",
  };
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

/**
 * Gives keys and indexes of the new table the names that those of the other one had.
 *
 * @param primary name of its primary key; undefined: it has none
 */
export function takeNames(source: CopySource, primary: string | undefined): Statement[] {
  const { table } = source;
  const constraints = table.constraints
    .filter(({ kind }) => kind === "unique" || kind === "exclusion")
    .map(({ name }) => ({ name, found: nameOnTarget(source, name) }));
  const keys = primary === undefined ? [] : [{ name: namePrimaryKey(table), found: primary }];
  const indexes = table.indexes.filter(({ constraint, valid }) => constraint === undefined && valid);
  return buildSteps([
    ...[...keys, ...constraints].map(
      ({ name, found }) => `ALTER TABLE ${quoteTable(source)} RENAME CONSTRAINT ${quote(found)} TO ${quote(name)}`,
    ),
    ...indexes.map(
      ({ name }) => `ALTER INDEX ${quoteQualified(table.schema, nameOnTarget(source, name))} RENAME TO ${quote(name)}`,
    ),
  ]);
}

/** Row security of the partitions as of the table: reading one directly must show no more than that. */
export function closePartitions({ table, bound, partitions }: CopySource): Statement[] {
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
  return listUnproven(source).map(({ name, definition }) => addConstraint(source, name, definition));
}

export function listUnproven({ bound }: Pick<CopySource, "bound">): CopySource["bound"]["constraints"] {
  return bound.constraints.filter(
    ({ kind, validated, enforced, noInherit }) => kind === "check" && !(validated && enforced) && !noInherit,
  );
}

/**
 * Foreign keys, on each partition and not validated: they are enforced from the swap on, and no row is read under its lock. Validated
 * afterwards, they become one of the whole table.
 */
export function referToOthers(source: Pick<CopySource, "table" | "bound" | "partitions">): Statement[] {
  return listOutgoing(source).flatMap(({ name, definition }) =>
    listHolding(source.partitions).map((partition) => {
      const locks: Lock[] = listReferenced(source, name);
      return buildStep(
        `ALTER TABLE ${quoteQualified(source.table.schema, partition.name)} ADD CONSTRAINT ${quote(name)} ${definition.replace(/ NOT VALID$/, "")} NOT VALID`,
        { locks, hazards: ["LOCK_REF_WRITE"] },
      );
    }),
  );
}

/** A writer that is still bound to the former table by its oid gets an error, and no write is lost. */
export function refuseWrites(handover: Pick<Handover, "table" | "formerName">, management: string): Statement[] {
  const former = quoteFormer(handover);
  const argument = quoteLiteral(`${handover.table.schema}.${handover.table.name}`);
  return buildSteps([
    `CREATE TRIGGER ${FORMER_TRIGGER} BEFORE INSERT OR UPDATE OR DELETE OR TRUNCATE ON ${former} FOR EACH STATEMENT EXECUTE FUNCTION ${quote(management)}.refuse_former(${argument})`,
    `ALTER TABLE ${former} ENABLE ALWAYS TRIGGER ${FORMER_TRIGGER}`,
  ]);
}

/** Name of the trigger by which the former table refuses writes. */
export const FORMER_TRIGGER = "pgpartition_former";

/** A table after its swap. */
interface SettledSource extends Pick<CopySource, "table" | "bound"> {
  readonly partitions: readonly Pick<CopyPartition, "name" | "cut">[];
}

/**
 * After the swap: each foreign key is validated partition by partition while writers continue, and then added to the table, which takes
 * over those of the partitions without reading a row. One that was not validated before stays so, on the partitions alone.
 */
export function settleOutgoing(source: SettledSource): Statement[] {
  const { table, partitions } = source;
  return listOutgoing(source)
    .filter(({ validated }) => validated)
    .flatMap(({ name, definition }) => [
      ...listHolding(partitions).map((partition): Statement => ({
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
  { table, partitions }: Pick<SettledSource, "table" | "partitions">,
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
