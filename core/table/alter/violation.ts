import { quote, quoteLiteral, quoteQualified } from "../../names/identifier";
import type { ForeignKeySpec } from "../../declare/table/constraints";
import type { Lock, Statement } from "../../sql/statement";
import type { Family, Member } from "./family";
import type { StepRecords } from "./step";

/** What follows when rows do not satisfy a constraint: what is taken back, and how things are then. */
export interface OnViolation {
  /** Empty: this update has added nothing of it. */
  readonly takeBack: readonly Statement[];
  /** What is recorded in the transaction that takes back. */
  readonly records?: StepRecords;
  /** Its name where it is added, by which what is taken back is told from what stays. */
  readonly name: string;
  /** What became of it, as the end of a sentence is missing: where nothing else was changed, the table is as it was. */
  readonly outcome: string;
  /** What follows: what stands as it was, where the rows are, and the way on. */
  readonly says: string;
}

/** A constraint as errors speak of it, and what it demands. */
export interface Demand {
  /** Its name where rows are read for it: a check that replaces another one has a name of its own until then. */
  readonly name: string;
  /** `check "known"` of the program. */
  readonly subject: string;
  /** `checks: { "known": { …, validate: false } }`; undefined: it cannot be declared so. */
  readonly forNewRows: string | undefined;
  /** WHERE clause of the rows of a partition, called `f`, that do not satisfy it. */
  readonly violated: string;
  /** Tables that are read besides. */
  readonly reads: readonly Lock[];
}

export function checkDemand(name: string, declared: string, expression: string): Demand {
  return {
    name,
    subject: `check ${JSON.stringify(declared)}`,
    forNewRows: `checks: { ${JSON.stringify(declared)}: { expression: …, validate: false } }`,
    violated: `NOT (${expression})`,
    reads: [],
  };
}

export function foreignKeyDemand(name: string, key: ForeignKeySpec, mayBeUnread: boolean): Demand {
  const { schema, table, columns } = key.references;
  const given = key.columns.map((column) => `f.${quote(column)} IS NOT NULL`);
  const pairs = key.columns.map((column, index) => `r.${quote(columns[index] ?? column)} = f.${quote(column)}`);
  return {
    name,
    subject: `foreign key ${JSON.stringify(key.name)}`,
    forNewRows: mayBeUnread ? `foreignKeys: { ${JSON.stringify(key.name)}: { …, validate: false } }` : undefined,
    violated: `${given.join(" AND ")} AND NOT EXISTS (SELECT FROM ${quoteQualified(schema, table)} r WHERE ${pairs.join(" AND ")})`,
    reads: [{ relation: `${schema}.${table}`, role: "referenced", mode: "ACCESS SHARE" }],
  };
}

/** Where a constraint was before this update, and where it is added. */
export interface Standing {
  /** It was on the table, NOT VALID, or has been put there by this update or one that was interrupted. */
  readonly table: "before" | "added" | "not there";
  /** Partitions that had it on their own before. */
  readonly before: readonly Member[];
}

/** What to do and to say when a reading of `leaf` fails, after those of `read` went well. */
export function onViolation(
  family: Family,
  demand: Demand,
  standing: Standing,
  takeBack: readonly Statement[],
  { leaf, read }: { readonly leaf: Member | undefined; readonly read: readonly Member[] },
): OnViolation {
  const { forNewRows } = demand;
  const declare =
    forNewRows === undefined ? "" : `; or, where it is to hold for new rows only, declare that: ${forNewRows}`;
  return {
    takeBack,
    name: demand.name,
    outcome: `Rows that are there do not satisfy it${takeBack.length > 0 ? ", so it was taken back" : ""}`,
    says: [
      standingText(family, demand, standing, read),
      ...(leaf ? [`Its rows are found by: ${rowsText(leaf, demand)}.`] : []),
      `Mend the rows, then run the update again${declare}`,
    ].join(" "),
  };
}

function standingText(family: Family, { subject }: Demand, standing: Standing, read: readonly Member[]): string {
  if (standing.table === "before")
    return `Nothing was dropped: ${subject} of "${family.schema}.${family.table}" was there before this update, NOT VALID, and stands so; every new row is checked by it${readText(read)}.`;
  if (standing.before.length === 0) return `New rows are not checked by ${subject}.`;
  const there = standing.before.map((one) => `"${one.schema}.${one.name}"`).join(", ");
  const those = standing.before.length === 1 ? "that partition" : "those partitions";
  return `On ${there} it was before this update, and stands there as it was: new rows of ${those} are checked by ${subject}, others are not${readText(read)}.`;
}

function readText(read: readonly Member[]): string {
  if (read.length === 0) return "";
  return `. The rows of ${read.map((one) => `"${one.schema}.${one.name}"`).join(", ")} satisfy it: there it is valid`;
}

/** The rows of a partition that do not satisfy a constraint. */
function rowsText(leaf: Member, { violated }: Demand): string {
  return `SELECT * FROM ONLY ${quoteQualified(leaf.schema, leaf.name)} f WHERE ${violated}`;
}

/**
 * Looks for rows that do not satisfy a constraint, and fails where there are any: before a VALIDATE of what stood there
 * before this update, because nothing makes a constraint NOT VALID again. A role that may not read leaves it to VALIDATE.
 */
export function lookForRows(leaf: Member, demand: Demand): Statement {
  const relation = `${leaf.schema}.${leaf.name}`;
  const says = `rows of partition "${relation}" do not satisfy ${demand.subject}`;
  const body = [
    `IF EXISTS (${rowsText(leaf, demand)}) THEN`,
    `RAISE EXCEPTION USING ERRCODE = 'check_violation', MESSAGE = ${quoteLiteral(says)}; END IF;`,
    "EXCEPTION WHEN insufficient_privilege THEN NULL;",
  ].join(" ");
  const tag = tagFor(body);
  return {
    sql: `DO ${tag} BEGIN ${body} END ${tag}`,
    transaction: `look for rows of ${relation} for ${demand.name}`,
    timeouts: "waiting",
    locks: [{ relation, role: "leaf", mode: "ACCESS SHARE" }, ...demand.reads],
    hold: "grows with rows",
    hazards: ["SCAN_PARTITION"],
    undo: "not needed: it only reads",
  };
}

function tagFor(body: string): string {
  let tag = "$look$";
  for (let n = 1; body.includes(tag); n += 1) tag = `$look${String(n)}$`;
  return tag;
}
