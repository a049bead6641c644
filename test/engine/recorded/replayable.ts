// Of all statements that a server has logged, those that changed something, as SQL that one session can run in their order.
import type { LoggedStatement } from "../../support/statement-log";

/** `relations`: names of relations by their oids, which are others where the statements are replayed. */
export function replayable(
  statements: readonly LoggedStatement[],
  relations: ReadonlyMap<string, string> = new Map(),
): readonly string[] {
  return texts(
    committed(
      statements.map((statement) => ({
        ...statement,
        sql: statement.sql
          .replace(/^\s*--.*\n/gm, "")
          .replace(/;?\s*$/, "")
          .trim(),
      })),
    ),
    relations,
  );
}

/** Transactions in the order of their ends, and single statements. */
function committed(statements: readonly LoggedStatement[]): (readonly LoggedStatement[])[] {
  const open = new Map<number, LoggedStatement[]>();
  const units: (readonly LoggedStatement[])[] = [];
  for (const statement of statements) {
    const { pid, sql } = statement;
    const transaction = open.get(pid);
    if (/^begin\b/i.test(sql)) open.set(pid, []);
    else if (/^(commit|rollback)$/i.test(sql)) {
      open.delete(pid);
      if (/^commit$/i.test(sql) && transaction) units.push(transaction);
    } else if (!changes(sql)) continue;
    else if (transaction) transaction.push(statement);
    else units.push([statement]);
  }
  if (units.flat().some(({ sql }) => ROLLED_BACK.test(sql))) throw new Error("a part of a transaction was rolled back");
  return units.filter((unit) => unit.length > 0);
}

const ROLLED_BACK = /^rollback to /i;

/** Reads, settings and assertions change nothing; what comes in by COPY is not in the log. */
function changes(sql: string): boolean {
  if (/^select "pgpartition"\.(set_size_thresholds|fence|keep_read_only)\(/i.test(sql)) return true;
  if (/^with\b/.test(sql)) return /\b(insert into|update|delete from) /.test(sql);
  return !/^(select|show|set|savepoint|release|lock table|copy|create temporary)\b/i.test(sql) && sql !== "";
}

/** A statement with values is prepared once. */
function texts(
  units: readonly (readonly LoggedStatement[])[],
  relations: ReadonlyMap<string, string>,
): readonly string[] {
  const names = new Map<string, string>();
  const text = ({ sql, values }: LoggedStatement): string[] => {
    if (values.length === 0) return [sql];
    const known = names.get(sql);
    const name = known ?? `s${String(names.size + 1)}`;
    names.set(sql, name);
    const given = values.map((value, index) => {
      if (value === null) return "null";
      const relation = sql.includes(`$${String(index + 1)}::oid`) ? relations.get(value) : undefined;
      return relation === undefined ? literal(value) : `${literal(relation)}::regclass::oid`;
    });
    const execute = `execute ${name} (${given.join(", ")})`;
    return known === undefined ? [`prepare ${name} as ${sql}`, execute] : [execute];
  };
  return units.flatMap((unit) => (unit.length > 1 ? ["begin", ...unit.flatMap(text), "commit"] : unit.flatMap(text)));
}

const literal = (value: string): string => `'${value.replaceAll("'", "''")}'`;
