// Printed against run, and declared against observed.
import type { LockMode } from "../../core/sql/statement";
import type { PrintedTransaction } from "./printed";
import { type RanTransaction, stronger } from "./observed";

/** Text of one transaction, for comparing and for reading. */
export function textOf(transaction: readonly { readonly sql: string }[]): string {
  return transaction.map(({ sql }) => withPlaceholders(sql)).join(";\n");
}

/**
 * A COPY is printed once for all parts, without columns and ranges: docs/reference/locks.md says so. The fingerprint of a table
 * that is converted changes with what is prepared in between.
 */
function withPlaceholders(sql: string): string {
  return sql
    .replace(/^(COPY \(SELECT ).*?( FROM .*?)(?: WHERE .*)?(\) TO STDOUT).*$/, "$1…$2$3")
    .replace(/ IS DISTINCT FROM ''[0-9a-f]{32}''/g, " IS DISTINCT FROM ''…''")
    .replace(/^(COPY \S+ )\(.*?\)( FROM STDIN).*$/, "$1(…)$2");
}

/** Transactions of the first list that the second one lacks, each as often as it lacks it. */
export function missingFrom(some: readonly string[], all: readonly string[]): string[] {
  const left = [...all];
  return some.filter((text) => {
    const at = left.indexOf(text);
    if (at >= 0) left.splice(at, 1);
    return at < 0;
  });
}

/** The first transaction that did not run after the one printed before it; undefined: all in order. */
export function outOfOrder(printed: readonly string[], ran: readonly string[]): string | undefined {
  let from = 0;
  for (const text of printed) {
    const at = ran.indexOf(text, from);
    if (at < 0 && ran.includes(text)) return text;
    if (at >= 0) from = at + 1;
  }
  return undefined;
}

/** Differences between the locks that were declared and those that the session held, statement by statement. */
export function lockDifferences(printed: PrintedTransaction, ran: RanTransaction): string[] {
  const declared = new Map<string, LockMode>();
  const counted = new Set<LockMode>();
  const made = new Set<string>();
  const reaching = new Set<string>();
  const differences: string[] = [];
  ran.forEach((statement, index) => {
    for (const [relation, mode] of printed[index]?.locks ?? [])
      declared.set(relation, stronger(declared.get(relation), mode));
    for (const mode of printed[index]?.counted ?? []) counted.add(mode);
    for (const relation of printed[index]?.reaching ?? []) reaching.add(relation);
    for (const name of namesMade(statement.sql)) made.add(name);
    // Its lock stays, under the new name.
    declared.delete(formerName(statement.sql) ?? "");
    if (!statement.locks || isReleasing(statement.sql)) return;
    for (const [relation, mode] of statement.locks) {
      if (made.has(relation)) continue;
      const wanted = declared.get(relation);
      if (wanted === mode || (wanted === undefined && counted.has(mode))) continue;
      if ([...reaching].some((of) => declared.get(of) === mode && relation.startsWith(`${of}_`))) continue;
      if (wanted === "ACCESS EXCLUSIVE" && isFencing(statement.sql)) continue;
      if (wanted !== undefined && counted.has(mode) && stronger(wanted, mode) === mode) continue;
      differences.push(`${statement.sql}: ${relation} declared ${wanted ?? "nothing"}, observed ${mode}`);
    }
    for (const [relation, mode] of declared)
      if (!made.has(relation) && !statement.locks.has(relation) && isTable(relation, statement.sql))
        differences.push(`${statement.sql}: ${relation} declared ${mode}, observed nothing`);
  });
  return [...new Set(differences)];
}

/** Its locks are gone when it fires: they are looked at from a second session, in locks-sampled.test.ts. */
function isReleasing(sql: string): boolean {
  return /^(CREATE|DROP|REINDEX) .*\bCONCURRENTLY\b/.test(sql);
}

/** Only a table with foreign keys, or with FORCE ROW LEVEL SECURITY, needs what is declared for every one. */
function isFencing(sql: string): boolean {
  return /^SELECT .*\.(fence|unfence|keep_read_only)\(/.test(sql);
}

/** The index of ALTER INDEX … ATTACH, whose lock is declared too, is no table. */
function isTable(relation: string, sql: string): boolean {
  return !(sql.startsWith("ALTER INDEX") && sql.includes(`"${relation.split(".")[1] ?? ""}"`));
}

/** `schema.name` of the table that a statement gives a new name. */
function formerName(sql: string): string | undefined {
  const [, schema, name] = /^ALTER TABLE "((?:[^"]|"")+)"\."((?:[^"]|"")+)" RENAME TO "(?:[^"]|"")+"$/.exec(sql) ?? [];
  return schema === undefined ? undefined : `${schema}.${name ?? ""}`;
}

/** `schema.name` of the tables that a statement creates, or gives a new name. */
function namesMade(sql: string): string[] {
  const [, schema, name] = /^CREATE (?:TEMPORARY )?TABLE "((?:[^"]|"")+)"\."((?:[^"]|"")+)"/.exec(sql) ?? [];
  const [, of, renamed] = /^ALTER TABLE "((?:[^"]|"")+)"\."(?:[^"]|"")+" RENAME TO "((?:[^"]|"")+)"$/.exec(sql) ?? [];
  return [
    ...(schema === undefined ? [] : [`${schema}.${name ?? ""}`]),
    ...(of === undefined ? [] : [`${of}.${renamed ?? ""}`]),
  ];
}
