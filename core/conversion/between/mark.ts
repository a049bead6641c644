import { quoteLiteral } from "../../names/identifier";
import { CAPTURE_TRIGGERS, nameCapture } from "./capture";
import { type Pair, type PairRelation, quoteRelationOf } from "./pair";

/**
 * What the engine has to know of a pair at every step, as one row. `mark` changes when a trigger of the capture was touched, even if
 * it was switched off and on again, and when columns of either side changed: then changes may have been missed. `files` changes
 * when the source was written anew, as by VACUUM FULL: then positions in it mean nothing any more. `columns` changes with any
 * ALTER of a column, also with a harmless one: together with another file it means that ALTER COLUMN … TYPE … USING changed the
 * values, which fires no trigger.
 */
export interface PairMark {
  readonly mark: string;
  readonly files: string;
  readonly columns: string;
}

/**
 * Returns the query. Its fourth column, `bare`, lists the partitions of the source that have no TRUNCATE trigger yet, as
 * `[schema, name]` in JSON; null: none.
 */
export function markQuery(pair: Pair): string {
  const source = toOid(pair.source);
  const facts = [
    describeRelation("source", pair.source),
    describeRelation("target", pair.target),
    describeRelation("pending", pair.pending),
    `SELECT pg_catalog.concat_ws(' ', 'trigger', t.oid, t.tgrelid, t.xmin, t.tgenabled) FROM pg_catalog.pg_trigger t WHERE t.tgname IN (${OURS}) AND t.tgrelid = ${source}`,
    ...(pair.partitioned ? [touchedLeaves(source), leavesWithoutCapture(source)] : []),
    `SELECT pg_catalog.concat_ws(' ', 'function', p.oid, p.xmin) FROM pg_catalog.pg_proc p WHERE p.oid = pg_catalog.to_regprocedure(${quoteLiteral(`${quoteRelationOf(nameCapture(pair))}()`)})`,
    `SELECT pg_catalog.concat_ws(' ', 'generated', d.adrelid, d.adnum, d.xmin) FROM pg_catalog.pg_attrdef d JOIN pg_catalog.pg_attribute a ON a.attrelid = d.adrelid AND a.attnum = d.adnum WHERE a.attgenerated <> '' AND d.adrelid = ${source}`,
  ];
  const union = facts.map((fact) => `(${fact})`).join(" UNION ALL ");
  return [
    `SELECT (SELECT pg_catalog.md5(pg_catalog.string_agg(u.fact, '|' ORDER BY u.fact)) FROM (${union}) u (fact)) AS mark`,
    `(SELECT pg_catalog.string_agg(f.oid::pg_catalog.text || ':' || pg_catalog.pg_relation_filenode(f.oid), ' ' ORDER BY f.oid) FROM (SELECT ${source}::pg_catalog.oid UNION SELECT l.oid FROM ${tree(source)} l) f (oid) WHERE pg_catalog.pg_relation_filenode(f.oid) IS NOT NULL) AS files`,
    `(SELECT pg_catalog.md5(pg_catalog.string_agg(a.attnum || ' ' || a.xmin::pg_catalog.text, '|' ORDER BY a.attnum)) FROM pg_catalog.pg_attribute a WHERE a.attrelid = ${source} AND a.attnum > 0) AS columns`,
    `${pair.partitioned ? leavesWithoutTruncate(source) : "NULL::pg_catalog.json"} AS bare`,
  ].join(", ");
}

const OURS = Object.values(CAPTURE_TRIGGERS).map(quoteLiteral).join(", ");

/**
 * The partitions below the source, each with the transactions that attached it and every branch above it. By pg_inherits, which is read by the snapshot of the
 * statement like the triggers; pg_partition_tree would already list one that is attached meanwhile.
 */
function tree(source: string): string {
  const own = (made: string, from: string) => `SELECT i.inhrelid, ${made} FROM pg_catalog.pg_inherits i${from}`;
  const first = own("ARRAY[i.xmin]", ` WHERE i.inhparent = ${source}`);
  const below = own("p.made || i.xmin", " JOIN tree p ON p.oid = i.inhparent");
  return `(WITH RECURSIVE tree (oid, made) AS (${first} UNION ALL ${below}) SELECT t.oid, t.made FROM tree t)`;
}

/**
 * Triggers of partitions that are not as they were created: by the transaction that installed the capture, by the one that attached
 * the partition or a branch above it, or, a TRUNCATE trigger, by the one that wrote its comment. DISABLE and ENABLE give it another transaction.
 */
function touchedLeaves(source: string): string {
  const installed = `SELECT r.xmin FROM pg_catalog.pg_trigger r WHERE r.tgname IN (${OURS}) AND r.tgrelid = ${source}`;
  const said = `SELECT d.xmin FROM pg_catalog.pg_description d WHERE d.classoid = 'pg_catalog.pg_trigger'::pg_catalog.regclass AND d.objoid = t.oid AND t.tgname = ${quoteLiteral(CAPTURE_TRIGGERS.emptied)}`;
  return `SELECT pg_catalog.concat_ws(' ', 'touched', t.oid, t.xmin, t.tgenabled) FROM pg_catalog.pg_trigger t JOIN ${tree(source)} l ON l.oid = t.tgrelid WHERE t.tgname IN (${OURS}) AND NOT (t.tgenabled = 'A' AND (t.xmin = ANY (l.made) OR t.xmin IN (${installed}) OR t.xmin IN (${said})))`;
}

function leavesWithoutCapture(source: string): string {
  return `SELECT pg_catalog.concat_ws(' ', 'bare', l.oid) FROM ${tree(source)} l WHERE NOT ${hasTrigger("l.oid", CAPTURE_TRIGGERS.rows)}`;
}

function leavesWithoutTruncate(source: string): string {
  return `(SELECT pg_catalog.json_agg(pg_catalog.json_build_array(n.nspname, c.relname) ORDER BY n.nspname, c.relname) FROM ${tree(source)} l JOIN pg_catalog.pg_class c ON c.oid = l.oid JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace WHERE NOT ${hasTrigger("l.oid", CAPTURE_TRIGGERS.emptied)})`;
}

function hasTrigger(oid: string, name: string): string {
  return `EXISTS (SELECT FROM pg_catalog.pg_trigger g WHERE g.tgrelid = ${oid} AND g.tgname = ${quoteLiteral(name)})`;
}

/** Identity, kind and columns: privileges, storage and statistics may change meanwhile. */
function describeRelation(side: string, relation: PairRelation): string {
  return `SELECT pg_catalog.concat_ws(' ', '${side}', c.oid, c.relkind, c.relpersistence, c.relforcerowsecurity, (SELECT pg_catalog.string_agg(pg_catalog.concat_ws(',', a.attnum, a.attname, a.atttypid, a.atttypmod, a.attcollation, a.attisdropped, a.attgenerated), ';' ORDER BY a.attnum) FROM pg_catalog.pg_attribute a WHERE a.attrelid = c.oid AND a.attnum > 0)) FROM pg_catalog.pg_class c WHERE c.oid = ${toOid(relation)}`;
}

/** Null for a name that means nothing any more, so that the mark is another one, and not an error. */
function toOid(relation: PairRelation): string {
  return `pg_catalog.to_regclass(${quoteLiteral(quoteRelationOf(relation))})`;
}

/** What a mark says, compared with the one of the beginning. */
type Standing =
  | "same"
  /** The source has another file with the same rows. */
  | "moved"
  /** Changes may have been missed, or columns differ: only a copy from the beginning helps. */
  | "broken";

export function compareMarks(begun: PairMark, now: PairMark): Standing {
  if (begun.mark !== now.mark) return "broken";
  if (!isWrittenAnew(begun, now)) return "same";
  return begun.columns === now.columns ? "moved" : "broken";
}

/** True if a relation that was there then has another file now. */
function isWrittenAnew(begun: PairMark, now: PairMark): boolean {
  const files = new Set(now.files.split(" "));
  const oids = new Set(now.files.split(" ").map((file) => file.split(":")[0]));
  return begun.files.split(" ").some((file) => !files.has(file) && oids.has(file.split(":")[0]));
}
