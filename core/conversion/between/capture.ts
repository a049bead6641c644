import { fitIdentifier, quote, quoteList, quoteLiteral } from "../../names/identifier";
import { buildFreshGrantStatements } from "../../partition/carry/security-statements";
import { buildRelationStatement } from "../../sql/relation";
import type { Statement } from "../../sql/statement";
import {
  CHANGE,
  EMPTIED,
  FROM_TARGET,
  getColumn,
  nameKeyColumn,
  type Pair,
  type PairRelation,
  quoteRelationOf,
} from "./pair";

/** Names of the triggers that capture. They sort before usual names; which of several triggers fires first does not matter. */
export const CAPTURE_TRIGGERS = { rows: "pgpartition_capture", emptied: "pgpartition_capture_truncate" } as const;

/** What the objects of a capture belong to. */
interface CaptureOwner {
  /** Owner of the source. Writers need no right on the pending keys: the function works as its owner. */
  readonly owner: string;
  /** The connected role. */
  readonly role: string;
  /** Roles that default privileges give rights on a new table. */
  readonly defaultGrantees: readonly string[];
}

/**
 * Creates the table of pending keys and the function that fills it, before any trigger calls it. Only the owner may read or write
 * the keys: a forged one would delete a row of the target, and a sequence that is set back would stop the writers.
 *
 * Keys and never values: which of two captured values is the later one, their order does not tell, because a trigger of the
 * application that updates the same row again makes the outer statement the last one to be captured, with the former values.
 *
 * Without an index, which each writer would pay for: who reads them reads all of them, or those up to a place in the file.
 */
export function prepareCapture(pair: Pair, owner: CaptureOwner): Statement[] {
  const pending = quoteRelationOf(pair.pending);
  const keys = pair.key.map((name, index) => {
    const { type, collation } = getColumn(pair, name);
    return `${quote(nameKeyColumn(index))} ${type}${collation === undefined ? "" : ` COLLATE ${collation}`}`;
  });
  const settings =
    "autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 10000, autovacuum_vacuum_insert_scale_factor = 0, autovacuum_analyze_scale_factor = 0, autovacuum_analyze_threshold = 10000";
  const relation = { ...pair.pending, role: "parent", fresh: true } as const;
  return [
    ...build(pair, [
      `CREATE TABLE ${pending} (${CHANGE} bigint GENERATED ALWAYS AS IDENTITY, ${EMPTIED} boolean NOT NULL DEFAULT false, ${keys.join(", ")}) WITH (${settings})`,
    ]),
    ...buildFreshGrantStatements(relation, "", [], owner.defaultGrantees),
    ...build(pair, giveTo("TABLE", pending, owner)),
    ...createCapture(pair, owner),
  ].map((statement) => ({
    ...statement,
    transaction: `prepare the capture of ${pair.source.schema}.${pair.source.name}`,
  }));
}

/** Creates the function alone that fills the table of pending keys, which exists. */
export function createCapture(pair: Pair, owner: Pick<CaptureOwner, "owner" | "role">): Statement[] {
  const name = `${quoteRelationOf(nameCapture(pair))}()`;
  return build(pair, [
    captureFunction(pair),
    `REVOKE ALL ON FUNCTION ${name} FROM PUBLIC`,
    ...giveTo("FUNCTION", name, owner),
  ]);
}

function giveTo(
  kind: "TABLE" | "FUNCTION",
  name: string,
  { owner, role }: Pick<CaptureOwner, "owner" | "role">,
): string[] {
  return owner === role ? [] : [`ALTER ${kind} ${name} OWNER TO ${quote(owner)}`];
}

/** The function has the name of the table that it fills; where it is filled from both sides, that of the target has its own. */
export function nameCapture({ pending, fromTarget }: Pick<Pair, "pending" | "fromTarget">): PairRelation {
  return fromTarget ? { ...pending, name: fitIdentifier(`${pending.name}_target`) } : pending;
}

/** Columns and values that a change of the target has in addition. */
function markSide({ fromTarget }: Pick<Pair, "fromTarget">) {
  return fromTarget ? { columns: `${FROM_TARGET}, `, values: "true, " } : { columns: "", values: "" };
}

/**
 * An update captures the key before and after it, each once if they are equal. It runs with its owner's rights, so nothing in it is
 * looked up by the search path of the session: all names are qualified, operators too. To pin the search path instead costs a writer
 * as much as the row of keys, because SET on a function saves and restores it at each call.
 */
function captureFunction(pair: Pair): string {
  const names = pair.key.map((_, index) => nameKeyColumn(index));
  const side = markSide(pair);
  const insert = (row: "OLD" | "NEW") =>
    `INSERT INTO ${quoteRelationOf(pair.pending)} (${side.columns}${quoteList(names)}) VALUES (${side.values}${pair.key.map((name) => `${row}.${quote(name)}`).join(", ")});`;
  // A column that is NULL on one side has changed.
  const changed = pair.key
    .map((name) => `(NEW.${quote(name)} OPERATOR(pg_catalog.=) OLD.${quote(name)}) IS NOT TRUE`)
    .join(" OR ");
  const is = (operation: string) => `TG_OP OPERATOR(pg_catalog.=) '${operation}'`;
  const body = [
    "BEGIN",
    `  IF ${is("UPDATE")} THEN`,
    `    ${insert("OLD")}`,
    `    IF ${changed} THEN`,
    `      ${insert("NEW")}`,
    "    END IF;",
    `  ELSIF ${is("INSERT")} THEN`,
    `    ${insert("NEW")}`,
    `  ELSIF ${is("DELETE")} THEN`,
    `    ${insert("OLD")}`,
    "  ELSE",
    `    INSERT INTO ${quoteRelationOf(pair.pending)} (${side.columns}${EMPTIED}) VALUES (${side.values}true);`,
    "  END IF;",
    "  RETURN NULL;",
    "END",
  ].join("\n");
  return `CREATE FUNCTION ${quoteRelationOf(nameCapture(pair))}() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS ${quoteLiteral(body)}`;
}

/**
 * Installs the capture, in a transaction of its own: its lock waits for every earlier writer of the table, so a copy whose snapshot is
 * younger than the commit sees what they wrote, and all that comes later is captured. ALWAYS: also what a subscription or a session
 * with session_replication_role = replica writes.
 *
 * @param leaves partitions of a source that is partitioned: TRUNCATE of one fires no trigger of the table
 */
export function installCapture(pair: Pair, leaves: readonly PairRelation[] = []): Statement[] {
  const run = `EXECUTE FUNCTION ${quoteRelationOf(nameCapture(pair))}()`;
  const emptied = [pair.source, ...leaves].flatMap((relation) => {
    const on = quoteRelationOf(relation);
    return [
      `CREATE TRIGGER ${CAPTURE_TRIGGERS.emptied} AFTER TRUNCATE ON ${on} FOR EACH STATEMENT ${run}`,
      `ALTER TABLE ${on} ENABLE ALWAYS TRIGGER ${CAPTURE_TRIGGERS.emptied}`,
    ];
  });
  const on = quoteRelationOf(pair.source);
  return [
    `CREATE TRIGGER ${CAPTURE_TRIGGERS.rows} AFTER INSERT OR UPDATE OR DELETE ON ${on} FOR EACH ROW ${run}`,
    `ALTER TABLE ${on} ENABLE ALWAYS TRIGGER ${CAPTURE_TRIGGERS.rows}`,
    ...emptied,
  ].map((sql) => buildOnSource(pair, sql, nameInstall(pair)));
}

/**
 * Installs what captures TRUNCATE on a partition that came later; the table's row trigger it has already. Rows that it has by then
 * become pending: it may have been attached with them, and what was emptied before is found by what is pending. The comment is of
 * the same transaction as the trigger, by which {@link markQuery} knows that it was not touched since.
 */
export function captureLeaf(pair: Pair, leaf: PairRelation): Statement[] {
  const on = quoteRelationOf(leaf);
  const name = CAPTURE_TRIGGERS.emptied;
  const columns = pair.key.map((_, index) => nameKeyColumn(index));
  const side = markSide(pair);
  return [
    `CREATE TRIGGER ${name} AFTER TRUNCATE ON ${on} FOR EACH STATEMENT EXECUTE FUNCTION ${quoteRelationOf(nameCapture(pair))}()`,
    `ALTER TABLE ${on} ENABLE ALWAYS TRIGGER ${name}`,
    `COMMENT ON TRIGGER ${name} ON ${on} IS 'captures changes for a way back'`,
    `INSERT INTO ${quoteRelationOf(pair.pending)} (${side.columns}${quoteList(columns)}) SELECT ${side.values}${quoteList(pair.key)} FROM ${on}`,
  ].map((sql) => ({
    ...buildOnSource(pair, sql, `capture ${leaf.schema}.${leaf.name}`),
    locks: [{ relation: `${leaf.schema}.${leaf.name}`, role: "partition", mode: "SHARE ROW EXCLUSIVE" }],
  }));
}

/** Removes the capture from the source, and what it has captured. */
export function removeCapture(pair: Pair, leaves: readonly PairRelation[] = []): Statement[] {
  const transaction = `end the capture of ${pair.source.schema}.${pair.source.name}`;
  const on = quoteRelationOf(pair.source);
  const own = leaves.map(({ schema, name }) => ({
    relation: `${schema}.${name}`,
    role: "partition" as const,
    mode: "ACCESS EXCLUSIVE" as const,
  }));
  return [
    ...[
      `DROP TRIGGER IF EXISTS ${CAPTURE_TRIGGERS.rows} ON ${on}`,
      ...[pair.source, ...leaves].map(
        (relation) => `DROP TRIGGER IF EXISTS ${CAPTURE_TRIGGERS.emptied} ON ${quoteRelationOf(relation)}`,
      ),
    ].map((sql) => ({
      ...buildOnSource(pair, sql, transaction),
      locks: [lockSource(pair, "ACCESS EXCLUSIVE"), ...own],
      hazards: ["LOCK_PARENT_AX"] as const,
    })),
    ...build(pair, [
      `DROP FUNCTION IF EXISTS ${quoteRelationOf(nameCapture(pair))}()`,
      `DROP TABLE IF EXISTS ${quoteRelationOf(pair.pending)}`,
    ]).map((statement) => ({ ...statement, transaction })),
  ];
}

function nameInstall({ source }: Pick<Pair, "source">): string {
  return `capture ${source.schema}.${source.name}`;
}

function lockSource({ source }: Pick<Pair, "source">, mode: "SHARE ROW EXCLUSIVE" | "ACCESS EXCLUSIVE") {
  return { relation: `${source.schema}.${source.name}`, role: "parent", mode } as const;
}

function buildOnSource(pair: Pair, sql: string, transaction: string): Statement {
  return {
    sql,
    transaction,
    timeouts: "strong",
    outwaitsAutovacuum: true,
    locks: [lockSource(pair, "SHARE ROW EXCLUSIVE")],
    hold: "instant",
    hazards: ["LOCK_WRITES_SHORT"],
    undo: "rolled back with its transaction; later the trigger is dropped",
  };
}

/** On objects that no other session uses yet. */
function build({ pending }: Pick<Pair, "pending">, texts: readonly string[]): Statement[] {
  const relation = { ...pending, role: "parent", fresh: true } as const;
  const undo = "it is dropped when the conversion ends or is given up";
  return texts.map((sql) => buildRelationStatement(relation, undefined, sql, { undo }));
}
