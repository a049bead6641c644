import { quote, quoteList, quoteLiteral, quoteQualified } from "../../names/identifier";
import type { Lock, Statement } from "../../sql/statement";
import {
  type AttachSource,
  findPrimaryKey,
  formatHistoryEnd,
  nameHistoryCheck,
  namePrimaryKey,
  nameWiderKey,
  needsWiderKey,
  quoteHistory,
  quoteTable,
  renameForHistory,
} from "./attach-source";
import { carryAccess, carryComments, carryPublications, carrySettings, carryStatistics } from "./carry";
import { carrySequences } from "./carry-sequences";
import { type Handover, quoteFormer } from "./handover";
import { repointUsers, referAgain } from "./repoint";
import { buildStep, buildSteps } from "./step";

/**
 * Returns the one transaction of the swap: the plain table gets the name of the history, a partitioned table its former name and
 * everything that was bound to it, and the history is attached. ACCESS EXCLUSIVE on the table from the first statement to the
 * commit; nothing is read or copied meanwhile, because everything that ATTACH asks for is proved and built.
 *
 * @param fingerprint query that describes the table and what is bound to it, and its answer when `source` was read
 */
export function swapStatements(
  source: AttachSource,
  fingerprint: { readonly query: string; readonly answer: string },
): Statement[] {
  const handover = toHandover(source);
  return [
    lockTable(source),
    assertUnchanged(source, fingerprint),
    ...freeNames(source),
    createParent(source),
    ...buildSteps(carrySettings(handover)),
    ...buildSteps(carrySequences(handover)),
    ...carryConstraints(source),
    ...carryIndexes(source),
    ...buildSteps(carryStatistics(handover)),
    ...carryTriggers(handover),
    ...carryAccess(handover),
    ...buildSteps(carryComments(handover)),
    ...carryForeignKeys(source),
    ...attachHistory(source),
    ...carryUnproven(source),
    ...carryPublications(handover),
    ...repointUsers(source),
    ...referAgain(source),
  ].map((statement) => ({ ...statement, transaction: nameSwap(source), timeouts: "strong" as const }));
}

/** The partitioned table, which does not exist yet, in the place of the plain one. */
function toHandover(source: AttachSource): Handover {
  const present = {
    owner: source.table.rights.role,
    rowSecurity: { enabled: false, forced: false },
    policies: [],
    replicaIdentity: "default",
    grantees: source.defaultGrantees,
  } as const;
  return { ...source, formerName: source.historyName, present };
}

function nameSwap({ table }: Pick<AttachSource, "table">): string {
  return `convert ${table.schema}.${table.name}`;
}

export function lockTable(source: Pick<AttachSource, "table">): Statement {
  const relation = `${source.table.schema}.${source.table.name}`;
  const lock = buildStep(`LOCK TABLE ${quoteTable(source)} IN ACCESS EXCLUSIVE MODE`, {
    locks: [{ relation, role: "parent", mode: "ACCESS EXCLUSIVE" }],
    hazards: ["LOCK_PARENT_AX"],
  });
  return { ...lock, outwaitsAutovacuum: true };
}

/** Ends the swap if another session has changed the table, or what is bound to it, since it was read: that would be lost. */
export function assertUnchanged(
  source: Pick<AttachSource, "table">,
  { query, answer }: { readonly query: string; readonly answer: string },
): Statement {
  const message = `table ${source.table.schema}.${source.table.name} was altered while it was being converted; nothing was swapped`;
  const body = [
    "BEGIN",
    `  IF (${query}) IS DISTINCT FROM ${quoteLiteral(answer)} THEN`,
    `    RAISE EXCEPTION USING MESSAGE = ${quoteLiteral(message)}, ERRCODE = 'object_not_in_prerequisite_state';`,
    "  END IF;",
    "END",
  ].join("\n");
  return buildStep(`DO ${quoteLiteral(body)}`);
}

/** Gives the plain table, its indexes, constraints and statistics objects the names of the history. */
function freeNames(source: AttachSource): Statement[] {
  const { table, historyName } = source;
  const widens = needsWiderKey(source);
  const replaced = widens ? findPrimaryKey(table)?.name : undefined;
  const wider = nameWiderKey(source);
  const history = quoteHistory(source);
  const renames = renameFormer({ ...source, formerName: historyName }, [replaced, wider]);
  return [
    ...renames.table,
    ...buildSteps([
      ...(replaced === undefined ? [] : [`ALTER TABLE ${history} DROP CONSTRAINT ${quote(replaced)}`]),
      ...(widens
        ? [`ALTER TABLE ${history} ADD CONSTRAINT ${quote(wider)} PRIMARY KEY USING INDEX ${quote(wider)}`]
        : []),
    ]),
    ...renames.others,
  ];
}

/** Gives a plain table, and all that has a name of its own in its schema, the names that are to be those of the former one. */
export function renameFormer(
  { table, bound, formerName }: Pick<Handover, "table" | "bound" | "formerName">,
  without: readonly (string | undefined)[],
): { readonly table: Statement[]; readonly others: Statement[] } {
  const rename = (name: string) => renameForHistory(name, table.name, formerName);
  const constraints = table.constraints.filter(
    ({ kind, name }) => ["primary", "unique", "exclusion"].includes(kind) && !without.includes(name),
  );
  const indexes = table.indexes.filter(({ constraint, name }) => constraint === undefined && !without.includes(name));
  const former = quoteFormer({ table, formerName });
  return {
    table: buildSteps([`ALTER TABLE ${quoteTable({ table })} RENAME TO ${quote(formerName)}`]),
    others: buildSteps([
      ...constraints.map(
        ({ name }) => `ALTER TABLE ${former} RENAME CONSTRAINT ${quote(name)} TO ${quote(rename(name))}`,
      ),
      ...indexes.map(
        ({ name }) => `ALTER INDEX ${quoteQualified(table.schema, name)} RENAME TO ${quote(rename(name))}`,
      ),
      ...bound.statistics.map(
        ({ schema, name }) => `ALTER STATISTICS ${quoteQualified(schema, name)} RENAME TO ${quote(rename(name))}`,
      ),
    ]),
  };
}

function createParent(source: AttachSource): Statement {
  const { bound, key } = source;
  const options = ["DEFAULTS", "GENERATED", "STORAGE", "COMPRESSION"].map((option) => ` INCLUDING ${option}`).join("");
  const place = bound.carried.unsaid?.placed === true ? bound.carried.tablespace : undefined;
  return buildStep(
    `CREATE TABLE ${quoteTable(source)} (LIKE ${quoteHistory(source)}${options}) PARTITION BY RANGE (${quote(key.column)})${place === undefined ? "" : ` TABLESPACE ${quote(place)}`}`,
  );
}

/** Keys and checks that every partition will have. One that is not validated comes after the attach, which would refuse it. */
function carryConstraints(source: AttachSource): Statement[] {
  const { table, bound, primaryKey } = source;
  const widened = needsWiderKey(source) && primaryKey !== undefined;
  const own = bound.constraints.filter(
    (one) =>
      (one.kind === "unique" || one.kind === "exclusion" || one.kind === "check" || one.kind === "primary") &&
      one.validated &&
      !one.noInherit &&
      one.name !== nameHistoryCheck(source) &&
      !(widened && one.kind === "primary"),
  );
  return [
    ...(widened ? [addConstraint(source, namePrimaryKey(table), `PRIMARY KEY (${quoteList(primaryKey)})`)] : []),
    ...own.map((one) => addConstraint(source, one.name, one.definition)),
  ];
}

/** Foreign keys, before the attach, which then takes over the ones of the history without reading a row. */
function carryForeignKeys(source: AttachSource): Statement[] {
  return source.bound.constraints
    .filter((one) => one.kind === "foreign" && one.validated)
    .map((one) => addConstraint(source, one.name, one.definition, listReferenced(source, one.name)));
}

/** Checks and foreign keys that are not validated: after the attach they do not have to be. */
function carryUnproven(source: AttachSource): Statement[] {
  return source.bound.constraints
    .filter((one) => (one.kind === "check" || one.kind === "foreign") && !one.validated && !one.noInherit)
    .filter((one) => one.name !== nameHistoryCheck(source))
    .map((one) => addConstraint(source, one.name, one.definition, listReferenced(source, one.name)));
}

export function addConstraint(
  source: Pick<AttachSource, "table">,
  name: string,
  definition: string,
  locks: readonly Lock[] = [],
): Statement {
  return buildStep(`ALTER TABLE ${quoteTable(source)} ADD CONSTRAINT ${quote(name)} ${definition}`, {
    locks,
    hazards: locks.length > 0 ? ["LOCK_REF_WRITE"] : [],
  });
}

export function listReferenced({ table }: Pick<AttachSource, "table">, name: string): Lock[] {
  const references = table.constraints.find((one) => one.kind === "foreign" && one.name === name)?.references;
  return references
    ? [{ relation: `${references.schema}.${references.table}`, role: "referenced", mode: "SHARE ROW EXCLUSIVE" }]
    : [];
}

/** Indexes under their former names: the attach finds the equal ones of the history and builds none. */
function carryIndexes(source: AttachSource): Statement[] {
  const { table } = source;
  return table.indexes
    .filter(({ constraint, valid, name }) => constraint === undefined && valid && name !== nameWiderKey(source))
    .map(({ name, unique, definition }) =>
      buildStep(`CREATE ${unique ? "UNIQUE " : ""}INDEX ${quote(name)} ON ${quoteTable(source)} ${definition}`),
    );
}

/** Moves triggers to the new relation: an attach gives the history its part of those for each row. */
export function carryTriggers(source: Handover): Statement[] {
  const words = { always: "ENABLE ALWAYS", replica: "ENABLE REPLICA", never: "DISABLE", origin: "ENABLE" } as const;
  return source.bound.triggers
    .flatMap(({ name, definition, fires }) => [
      `DROP TRIGGER ${quote(name)} ON ${quoteFormer(source)}`,
      definition,
      ...(fires === "origin" ? [] : [`ALTER TABLE ${quoteTable(source)} ${words[fires]} TRIGGER ${quote(name)}`]),
    ])
    .map((sql) => buildStep(sql));
}

/**
 * Attaches the history. Its CHECK has proved the bound, which the bound itself says from then on. A table that a filled partition
 * refers to already is locked with ACCESS EXCLUSIVE.
 */
function attachHistory(source: AttachSource): Statement[] {
  const { bound } = source;
  const locks = bound.constraints
    .filter((one) => one.kind === "foreign" && one.validated)
    .flatMap(({ name }) => listReferenced(source, name))
    .map((lock): Lock => ({ ...lock, mode: "ACCESS EXCLUSIVE" }));
  const bounds = `FOR VALUES FROM (MINVALUE) TO (${formatHistoryEnd(source)})`;
  return [
    buildStep(`ALTER TABLE ${quoteTable(source)} ATTACH PARTITION ${quoteHistory(source)} ${bounds}`, {
      locks,
      hazards: locks.length > 0 ? ["LOCK_REF_AX"] : [],
    }),
    buildStep(`ALTER TABLE ${quoteHistory(source)} DROP CONSTRAINT ${quote(nameHistoryCheck(source))}`),
  ];
}
