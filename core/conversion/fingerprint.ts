import { quoteLiteral, quoteQualified } from "../names/identifier";

/**
 * Returns a query whose answer changes when the table is altered, or what is bound to it: columns, constraints, indexes, triggers
 * and their state, policies, rules, privileges, publications, statistics, and the objects that depend on it. Versions of rows of the
 * catalogue count where their contents are not compared, so that an object that was replaced under its name is another one.
 */
export function fingerprintQuery(schema: string, table: string): string {
  const oid = `${quoteLiteral(quoteQualified(schema, table))}::pg_catalog.regclass`;
  const parts = [
    `SELECT pg_catalog.concat_ws(' ', c.relowner, c.relacl, c.relreplident, c.relrowsecurity, c.relforcerowsecurity, c.reloptions, c.reltablespace, c.relkind) FROM pg_catalog.pg_class c WHERE c.oid = ${oid}`,
    `SELECT pg_catalog.concat_ws(' ', a.attnum, a.attname, a.atttypid, a.atttypmod, a.attcollation, a.attnotnull, a.atthasdef, a.attidentity, a.attgenerated, a.attisdropped, a.attacl, a.attoptions, a.attstorage) FROM pg_catalog.pg_attribute a WHERE a.attrelid = ${oid} AND a.attnum > 0`,
    ...[
      ["pg_attrdef", "adrelid"],
      ["pg_constraint", "conrelid"],
      ["pg_constraint", "confrelid"],
      ["pg_trigger", "tgrelid"],
      ["pg_policy", "polrelid"],
      ["pg_rewrite", "ev_class"],
      ["pg_publication_rel", "prrelid"],
      ["pg_statistic_ext", "stxrelid"],
    ].map(
      ([catalogue = "", column = ""]) =>
        `SELECT pg_catalog.concat_ws(' ', '${catalogue}', x.oid, x.xmin) FROM pg_catalog.${catalogue} x WHERE x.${column} = ${oid}`,
    ),
    `SELECT pg_catalog.concat_ws(' ', i.indexrelid, i.indisvalid, i.indisunique, i.indisprimary, i.indisreplident, n.relname) FROM pg_catalog.pg_index i JOIN pg_catalog.pg_class n ON n.oid = i.indexrelid WHERE i.indrelid = ${oid}`,
    `SELECT pg_catalog.concat_ws(' ', h.inhrelid, h.inhparent) FROM pg_catalog.pg_inherits h WHERE ${oid} IN (h.inhrelid, h.inhparent)`,
    `SELECT pg_catalog.concat_ws(' ', d.classid, d.objid, r.xmin, p.xmin) FROM pg_catalog.pg_depend d LEFT JOIN pg_catalog.pg_rewrite r ON d.classid = 'pg_catalog.pg_rewrite'::pg_catalog.regclass AND r.oid = d.objid LEFT JOIN pg_catalog.pg_proc p ON d.classid = 'pg_catalog.pg_proc'::pg_catalog.regclass AND p.oid = d.objid WHERE d.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass AND d.refobjid = ${oid}`,
  ];
  const facts = parts
    .map((part, index) => `SELECT '${index} ' || f.t AS fact FROM (${part}) f (t)`)
    .join(" UNION ALL ");
  return `SELECT pg_catalog.md5(pg_catalog.string_agg(u.fact, '|' ORDER BY u.fact)) FROM (${facts}) u`;
}
