import { findStrongestLocks, type Hazard, listHazards, type Lock, type Statement } from "./statement";
import { formatStatementLines, formatTraits } from "./statement-text";

/** Statements that run together: those of one transaction, or one outside of any. */
interface Unit {
  readonly statements: readonly Statement[];
  /** The text in which units of one kind are equal. */
  readonly kind: string;
  /** Names in it, without schemas and without the relations that it only locks. */
  readonly names: readonly string[];
}

/** Hazards by which a kind of statements comes first, the worst first. */
const WORST: readonly Hazard[] = ["DELETES_DATA"];

/** What takes a partition out of its table comes before what adds one. */
const LEAVES = /\bDETACH PARTITION\b/;

/** Statements that are printed one by one; beyond that each kind has one line. A rolled month of one table fits. */
const LISTED_STATEMENTS = 24;

/** The same for several tables, which mostly have the same kinds each. */
const LISTED_OF_SEVERAL = 12;

/**
 * True if a preview prints each of these statements.
 *
 * @param tables number of tables that they change
 */
export function areFew(statements: readonly Statement[], tables = 1): boolean {
  return statements.length <= (tables > 1 ? LISTED_OF_SEVERAL : LISTED_STATEMENTS);
}

/** A statement up to this length is printed as it is where it is the only one of its kind. */
const SHORT = 160;

/**
 * Formats statements as a long preview prints them: one line for each kind, with the number of its transactions, their names and
 * their locks. A kind is a transaction, or a statement outside of any, that differs from another only in names and values. What
 * deletes and detaches comes first.
 */
export function formatStatementKinds(statements: readonly Statement[]): string[] {
  const kinds = new Map<string, Unit[]>();
  for (const unit of listUnits(statements)) kinds.set(unit.kind, [...(kinds.get(unit.kind) ?? []), unit]);
  const sorted = [...kinds.values()].sort((a, b) => rank(a) - rank(b));
  return sorted.map((units, index) => `${index + 1}. ${formatKind(units)}`);
}

/** Returns the number of transactions, and of statements outside of any. */
export function countTransactions(statements: readonly Statement[]): number {
  return listUnits(statements).length;
}

function formatKind(units: readonly Unit[]): string {
  const [first] = units;
  if (!first) return "";
  const [single] = first.statements;
  const line = single ? (formatStatementLines([{ ...single, transaction: undefined }])[0] ?? "") : "";
  if (units.length === 1 && first.statements.length === 1 && (single?.sql.length ?? 0) <= SHORT) return line;
  const times = units.length > 1 ? `${units.length} x ` : "";
  const named = listNames(units);
  const names = named.length > 0 ? ` for ${named.join(", ")}` : "";
  const traits = mergeTraits(first.statements);
  const shown = units.length > 1 ? { ...traits, locks: dropRelations(traits.locks) } : traits;
  return `${times}${abbreviate(units)}${names}  -- ${formatTraits(shown)}`;
}

/** Names of relations differ within a kind: their roles stand for them. */
function dropRelations(locks: readonly Lock[]): Lock[] {
  const byRole = locks.map((lock) => ({ ...lock, relation: "" }));
  return [...new Map(byRole.map((lock) => [`${lock.role} ${lock.mode}`, lock])).values()];
}

/** Returns the name of each unit in which it differs from the others of its kind. */
function listNames(units: readonly Unit[]): string[] {
  const [first] = units;
  if (!first) return [];
  if (units.length === 1) return first.names.slice(0, 1);
  const variety = first.names.map((_, at) => new Set(units.map(({ names }) => names[at])).size);
  const most = Math.max(1, ...variety);
  const at = variety.indexOf(most);
  return most === 1 ? [] : [...new Set(units.flatMap(({ names }) => names[at] ?? []))];
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
  return groups.map((group) => ({ statements: group, kind: describeKind(group), names: readNames(group) }));
}

/** An identifier in double quotes, with the dot that makes it a schema. */
const QUOTED = /"(?:[^"]|"")*"\.?/g;
const LITERAL = /'(?:[^']|'')*'/g;

/** Roles of relations that a statement locks without being about them. */
const BESIDE: readonly Lock["role"][] = ["parent", "referenced", "referring"];

function readNames(group: readonly Statement[]): string[] {
  const beside = new Set(
    group.flatMap(({ locks }) => locks.filter(({ role }) => BESIDE.includes(role)).map(({ relation }) => relation)),
  );
  const isBeside = (name: string) => [...beside].some((relation) => relation.endsWith(`.${name}`));
  return [
    ...group
      .map(({ sql }) => sql)
      .join("\n")
      .matchAll(QUOTED),
  ]
    .filter(([name]) => !name.endsWith("."))
    .map(([name]) => name.slice(1, -1).replaceAll('""', '"'))
    .filter((name) => !isBeside(name));
}

/** Units of one kind have the same words, locks by role, hold, time-outs and hazards; how often a word is repeated is no difference. */
function describeKind(group: readonly Statement[]): string {
  const traits = mergeTraits(group);
  return [
    ...countHeads(group).map(({ text }) => text),
    formatTraits({ ...traits, locks: dropRelations(traits.locks) }),
    group[0]?.transaction === undefined,
  ].join("|");
}

/** Writes `BEGIN; CREATE TABLE …; 2 x CREATE INDEX …; COMMIT`: the words of SQL, without names, values and lists. */
function abbreviate(units: readonly Unit[]): string {
  const heads = units.map(({ statements }) => countHeads(statements));
  const texts = (heads[0] ?? []).map(({ text }, at) => {
    const times = heads.map((one) => one[at]?.times ?? 1);
    const [least, most] = [Math.min(...times), Math.max(...times)];
    const often = least === most ? `${most}` : `${least} to ${most}`;
    return most > 1 ? `${often} x ${text}` : text;
  });
  return units[0]?.statements[0]?.transaction === undefined ? texts.join("; ") : `BEGIN; ${texts.join("; ")}; COMMIT`;
}

/** Returns the words of each statement, those that follow each other alike counted. */
function countHeads(group: readonly Statement[]): { readonly text: string; readonly times: number }[] {
  const heads: { text: string; times: number }[] = [];
  for (const { sql } of group) {
    const text = omitParts(sql);
    const last = heads.at(-1);
    if (last?.text === text) last.times += 1;
    else heads.push({ text, times: 1 });
  }
  return heads;
}

function omitParts(sql: string): string {
  let text = sql.replace(LITERAL, "…").replace(QUOTED, "…");
  for (let inner = ""; inner !== text;) {
    inner = text;
    text = text.replace(/\([^()]*\)/g, "…");
  }
  return text
    .replace(/\s+/g, " ")
    .replace(/…(?:[\s.,]*…)+/g, "…")
    .trim();
}

/** Returns what the strictest of several statements has. */
function mergeTraits(group: readonly Statement[]): Pick<Statement, "locks" | "hold" | "timeouts" | "hazards"> {
  const has = (one: Statement["hold"]) => group.some(({ hold }) => hold === one);
  const timesOut = (one: Statement["timeouts"]) => group.some(({ timeouts }) => timeouts === one);
  return {
    locks: findStrongestLocks(group),
    hold: has("waits for others") ? "waits for others" : has("grows with rows") ? "grows with rows" : "instant",
    timeouts: timesOut("strong") ? "strong" : timesOut("waiting") ? "waiting" : "light",
    hazards: listHazards(group),
  };
}
