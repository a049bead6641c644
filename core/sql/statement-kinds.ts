import type { Hazard, Statement } from "./statement";
import { formatStatementLines } from "./statement-text";

/** Statements that run together: those of one transaction, or one outside of any. */
interface Unit {
  readonly statements: readonly Statement[];
  /** The text in which units of one kind are equal. */
  readonly kind: string;
  readonly names: readonly string[];
}

/** Hazards by which a kind of statements comes first, the worst first. */
const WORST: readonly Hazard[] = ["DELETES_DATA"];

/** What takes a partition out of its table comes before what adds one. */
const LEAVES = /\bDETACH PARTITION\b/;

/**
 * Formats statements as preview prints them, each kind once in full with the number and the names of all others of it. A kind is
 * a transaction, or a statement, that differs from another only in names and values. What deletes and detaches comes first, and
 * no transaction is cut.
 */
export function formatStatementKinds(statements: readonly Statement[]): string[] {
  const kinds = new Map<string, Unit[]>();
  for (const unit of listUnits(statements)) kinds.set(unit.kind, [...(kinds.get(unit.kind) ?? []), unit]);
  const sorted = [...kinds.values()].sort((a, b) => rank(a) - rank(b));
  return sorted.flatMap(([first, ...others]) =>
    first ? [...describeOthers(first, others), ...formatStatementLines(first.statements)] : [],
  );
}

function describeOthers(first: Unit, others: readonly Unit[]): string[] {
  if (others.length === 0) return [];
  const names = others.map((other) => findDifferentName(first, other)).filter((name) => name !== undefined);
  const own = others[0] ? findDifferentName(others[0], first) : undefined;
  const listed = [...new Set([...(own === undefined ? [] : [own]), ...names])];
  return [`-- ${others.length + 1} times${listed.length > 0 ? `, for ${listed.join(", ")}` : ""}:`];
}

/** Returns the first name of a unit in which it differs from another of its kind. */
function findDifferentName(other: Unit, { names }: Unit): string | undefined {
  return names.find((name, index) => name !== other.names[index]);
}

function rank([first]: readonly Unit[]): number {
  const statements = first?.statements ?? [];
  const hazard = WORST.findIndex((one) => statements.some(({ hazards }) => hazards.includes(one)));
  if (hazard >= 0) return hazard;
  return WORST.length + (statements.some(({ sql }) => LEAVES.test(sql)) ? 0 : 1);
}

function listUnits(statements: readonly Statement[]): Unit[] {
  const groups: Statement[][] = [];
  let open: string | undefined;
  for (const statement of statements) {
    const group = groups.at(-1);
    if (group && statement.transaction !== undefined && statement.transaction === open) group.push(statement);
    else groups.push([statement]);
    open = statement.transaction;
  }
  return groups.map((group) => {
    const sql = group.map((one) => one.sql).join("\n");
    return {
      statements: group,
      kind: describeKind(group),
      names: [...sql.matchAll(QUOTED)].map(([name]) => strip(name)),
    };
  });
}

/** An identifier in double quotes. */
const QUOTED = /"(?:[^"]|"")*"/g;
const LITERAL = /'(?:[^']|'')*'/g;

function describeKind(group: readonly Statement[]): string {
  const traits = group.map(({ sql, locks, hold, hazards, timeouts }) => {
    const text = sql
      .replace(LITERAL, "''")
      .replace(QUOTED, '""')
      .replace(/\b\d+\b/g, "0");
    return [text, ...locks.map(({ role, mode }) => `${role} ${mode}`), hold, timeouts, ...hazards].join("|");
  });
  return traits.join("\n");
}

function strip(name: string): string {
  return name.slice(1, -1).replaceAll('""', '"');
}
