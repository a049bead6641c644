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

export function markQuery(pair: Pair): string {
  const source = toOid(pair.source);
  const facts = [
    describeRelation("source", pair.source),
    describeRelation("target", pair.target),
    describeRelation("pending", pair.pending),
    // Partitions have clones of a row trigger: each is a trigger of its own that can be switched off.
    `SELECT pg_catalog.concat_ws(' ', 'trigger', t.oid, t.tgrelid, t.xmin, t.tgenabled) FROM pg_catalog.pg_trigger t WHERE t.tgname IN (${Object.values(CAPTURE_TRIGGERS).map(quoteLiteral).join(", ")}) AND t.tgrelid IN (${listTree(source)})`,
    `SELECT pg_catalog.concat_ws(' ', 'function', p.oid, p.xmin) FROM pg_catalog.pg_proc p WHERE p.oid = pg_catalog.to_regprocedure(${quoteLiteral(`${quoteRelationOf(nameCapture(pair))}()`)})`,
    `SELECT pg_catalog.concat_ws(' ', 'generated', d.adrelid, d.adnum, d.xmin) FROM pg_catalog.pg_attrdef d JOIN pg_catalog.pg_attribute a ON a.attrelid = d.adrelid AND a.attnum = d.adnum WHERE a.attgenerated <> '' AND d.adrelid = ${source}`,
  ];
  const union = facts.map((fact) => `(${fact})`).join(" UNION ALL ");
  return [
    `SELECT (SELECT pg_catalog.md5(pg_catalog.string_agg(u.fact, '|' ORDER BY u.fact)) FROM (${union}) u (fact)) AS mark`,
    `(SELECT pg_catalog.string_agg(f.oid::pg_catalog.text || ':' || pg_catalog.pg_relation_filenode(f.oid), ' ' ORDER BY f.oid) FROM (${listTree(source)}) f (oid) WHERE pg_catalog.pg_relation_filenode(f.oid) IS NOT NULL) AS files`,
    `(SELECT pg_catalog.md5(pg_catalog.string_agg(a.attnum || ' ' || a.xmin::pg_catalog.text, '|' ORDER BY a.attnum)) FROM pg_catalog.pg_attribute a WHERE a.attrelid = ${source} AND a.attnum > 0) AS columns`,
  ].join(", ");
}

/** A relation that is not partitioned is not in its own tree. */
function listTree(oid: string): string {
  return `SELECT ${oid}::pg_catalog.oid UNION SELECT t.relid::pg_catalog.oid FROM pg_catalog.pg_partition_tree(${oid}) t`;
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
  if (begun.files === now.files) return "same";
  return begun.columns === now.columns ? "moved" : "broken";
}
