import type { ConversionFacts } from "./facts";

type Texts = Pick<ConversionFacts, "table" | "texts">;

/** A text that names the table: a statement of pg_stat_statements, or the source of a function. */
interface Text {
  /** Where it was read: `a statement with 12 calls`, `function app.save(text)`. */
  readonly where: string;
  readonly sql: string;
}

/** An INSERT … ON CONFLICT on the table. */
interface Upsert {
  readonly where: string;
  readonly text: string;
  /** Undefined: none are named. */
  readonly columns: readonly string[] | undefined;
  readonly constraint: string | undefined;
}

/** What a text was found to do, and a short form of it. */
interface Use {
  readonly where: string;
  readonly text: string;
}

const NAME = String.raw`(?:"(?:[^"]|"")+"|[A-Za-z_][\w$]*)`;

/** Finds upserts by their text. A statement that a client composes in another way is not found. */
export function findUpserts(facts: Texts): Upsert[] {
  const target = buildTargetPattern(facts);
  const pattern = new RegExp(
    String.raw`insert\s+into\s+(?:only\s+)?${target}[^;]*?\bon\s+conflict\s*(?:\(([^)]*)\)|on\s+constraint\s+(${NAME}))?`,
    "gis",
  );
  return listTexts(facts).flatMap(({ where, sql }) =>
    [...sql.matchAll(pattern)].map((match) => ({
      where,
      text: shorten(match[0]),
      columns: match[1]?.split(",").map((one) => unquote(one.trim())),
      constraint: match[2] === undefined ? undefined : unquote(match[2]),
    })),
  );
}

/** Finds texts that name both the table and `ctid`, which is unique within one partition only. */
export function findCtidUses(facts: Texts): Use[] {
  return listNaming(facts)
    .filter(({ text }) => /\bctid\b/i.test(text))
    .map(toShort);
}

/** Finds COPY … TO of the table by its name, which a partitioned table allows from PostgreSQL 19 on. */
export function findCopies(facts: Texts): Use[] {
  const pattern = new RegExp(String.raw`\bcopy\s+${buildTargetPattern(facts)}\s*(?:\([^)]*\)\s*)?to\b`, "is");
  return listNaming(facts)
    .filter(({ text }) => pattern.test(text))
    .map(toShort);
}

/** Finds statements with a condition that does not name the key: they read every partition. Functions are too long to tell. */
export function findUnprunable(facts: Texts, column: string): Use[] {
  const target = buildTargetPattern(facts);
  const reads = new RegExp(String.raw`\b(?:from|join|update|using)\s+(?:only\s+)?${target}`, "is");
  const key = new RegExp(String.raw`(?<![\w$])"?${escape(column)}"?(?![\w$])`, "i");
  return facts.texts.statements
    .filter(({ text }) => reads.test(text) && !listConditions(text).some((condition) => key.test(condition)))
    .map((one) => toShort({ where: describeCalls(one), text: one.text }));
}

/** Lists the texts after WHERE, up to the next clause. */
function listConditions(sql: string): string[] {
  const pattern = /\bwhere\b(.*?)(?=\bwhere\b|\bgroup\s+by\b|\border\s+by\b|\blimit\b|\breturning\b|$)/gis;
  return [...sql.matchAll(pattern)].map((match) => match[1] ?? "");
}

function listNaming(facts: Texts): Use[] {
  const target = new RegExp(buildTargetPattern(facts), "i");
  return listTexts(facts)
    .filter(({ sql }) => target.test(sql))
    .map(({ where, sql }) => ({ where, text: sql }));
}

function listTexts({ texts }: Texts): Text[] {
  return [
    ...texts.statements.map((one) => ({ where: describeCalls(one), sql: one.text })),
    ...texts.functions.map(({ signature, source }) => ({ where: `function ${signature}`, sql: source })),
  ];
}

function describeCalls({ calls, meanMs }: { readonly calls: number; readonly meanMs: number }): string {
  return `a statement with ${calls} calls of ${meanMs >= 10 ? Math.round(meanMs) : Number(meanMs.toPrecision(2))} ms`;
}

/** Matches the table's name, quoted or not, with its schema or without. */
function buildTargetPattern({ table }: Pick<ConversionFacts, "table">): string {
  const either = (name: string) => `(?:"${escape(name.replaceAll('"', '""'))}"|${escape(name)})`;
  return String.raw`(?<![\w$."])(?:${either(table.schema)}\s*\.\s*)?${either(table.name)}(?![\w$"])`;
}

function escape(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`);
}

function unquote(name: string): string {
  return name.startsWith('"') ? name.slice(1, -1).replaceAll('""', '"') : name.toLowerCase();
}

const SHOWN = 160;

function toShort({ where, text }: Use): Use {
  return { where, text: shorten(text) };
}

function shorten(sql: string): string {
  const flat = sql.replace(/\s+/g, " ").trim();
  return flat.length > SHOWN ? `${flat.slice(0, SHOWN - 1)}…` : flat;
}
