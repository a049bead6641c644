import { quote, quoteLiteral, quoteQualified } from "../../names/identifier";
import type { ForeignKeySpec } from "../../declare/table/constraints";
import type { Lock, Statement } from "../../sql/statement";
import type { Family, Member } from "./family";
import type { StepRecords } from "./step";

/** Reaction to rows that violate a constraint: the changes reverted, and the resulting state. */
export interface OnViolation {
  /** Empty: this update has added nothing of it. */
  readonly takeBack: readonly Statement[];
  /** Record written in the transaction that reverts. */
  readonly records?: StepRecords;
  /** Name under which it is added; it distinguishes reverted constraints from those that stay. */
  readonly name: string;
  /** State of the constraint, as the end of a sentence: if nothing else was changed, the table is as it was. */
  readonly outcome: string;
  /** Rest of the message: what is unchanged, where the rows are, and the fix. */
  readonly says: string;
}

/** A constraint as errors name it, and its condition. */
export interface Demand {
  /** Name under which rows are validated: a check that replaces another one has its own name until then. */
  readonly name: string;
  /** `check "known"` of the program. */
  readonly subject: string;
  /** `checks: { "known": { …, validate: false } }`; undefined: it cannot be declared so. */
  readonly forNewRows: string | undefined;
  /** WHERE clause for the rows of a partition, named `f`, that violate it. */
  readonly violated: string;
  /** Other tables that are read. */
  readonly reads: readonly Lock[];
}

export function buildCheckDemand(name: string, declared: string, expression: string): Demand {
  return {
    name,
    subject: `check ${JSON.stringify(declared)}`,
    forNewRows: `checks: { ${JSON.stringify(declared)}: { expression: …, validate: false } }`,
    violated: `NOT (${expression})`,
    reads: [],
  };
}

export function buildForeignKeyDemand(name: string, key: ForeignKeySpec, mayBeUnread: boolean): Demand {
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

/** Tables that had a constraint before this update, and those that it is added to. */
export interface Standing {
  /** It was on the table, NOT VALID, or was added by this update or an interrupted one. */
  readonly table: "before" | "added" | "not there";
  /** Partitions that already had their own. */
  readonly before: readonly Member[];
}

/** Plans the reaction to a failed validation of `partition`, after those of `read` succeeded. */
export function planViolationResponse(
  family: Family,
  demand: Demand,
  standing: Standing,
  takeBack: readonly Statement[],
  { partition, read }: { readonly partition: Member | undefined; readonly read: readonly Member[] },
): OnViolation {
  const { forNewRows } = demand;
  const declare =
    forNewRows === undefined ? "" : `; or, if it should hold for new rows only, declare that: ${forNewRows}`;
  return {
    takeBack,
    name: demand.name,
    outcome: `Existing rows do not satisfy it${takeBack.length > 0 ? ", so it was reverted" : ""}`,
    says: [
      describeStanding(family, demand, standing, read),
      ...(partition ? [`Its rows are found by: ${buildRowsQuery(partition, demand)}.`] : []),
      `Correct the rows, then run the update again${declare}`,
    ].join(" "),
  };
}

function describeStanding(family: Family, { subject }: Demand, standing: Standing, read: readonly Member[]): string {
  if (standing.table === "before")
    return `Nothing was dropped: ${subject} of "${family.schema}.${family.table}" existed before this update, NOT VALID, and remains so; it checks every new row${describeRead(read)}.`;
  if (standing.before.length === 0) return `New rows are not checked by ${subject}.`;
  const there = standing.before.map((one) => `"${one.schema}.${one.name}"`).join(", ");
  const those = standing.before.length === 1 ? "that partition" : "those partitions";
  return `On ${there} it existed before this update, and remains as it was: new rows of ${those} are checked by ${subject}, others are not${describeRead(read)}.`;
}

function describeRead(read: readonly Member[]): string {
  if (read.length === 0) return "";
  return `. The rows of ${read.map((one) => `"${one.schema}.${one.name}"`).join(", ")} satisfy it: there it is valid`;
}

/** Returns a query for the rows of a partition that violate a constraint. */
function buildRowsQuery(partition: Member, { violated }: Demand): string {
  return `SELECT * FROM ONLY ${quoteQualified(partition.schema, partition.name)} f WHERE ${violated}`;
}

/**
 * Returns a statement that fails if rows violate a constraint: run before a VALIDATE of one that existed before this update,
 * because a constraint cannot become NOT VALID again. A role that may not read leaves the check to VALIDATE.
 */
export function lookForRows(partition: Member, demand: Demand): Statement {
  const relation = `${partition.schema}.${partition.name}`;
  const says = `rows of partition "${relation}" do not satisfy ${demand.subject}`;
  const body = [
    `IF EXISTS (${buildRowsQuery(partition, demand)}) THEN`,
    `RAISE EXCEPTION USING ERRCODE = 'check_violation', MESSAGE = ${quoteLiteral(says)}; END IF;`,
    "EXCEPTION WHEN insufficient_privilege THEN NULL;",
  ].join(" ");
  const tag = chooseTag(body);
  return {
    sql: `DO ${tag} BEGIN ${body} END ${tag}`,
    transaction: `look for rows of ${relation} for ${demand.name}`,
    timeouts: "waiting",
    locks: [{ relation, role: "partition", mode: "ACCESS SHARE" }, ...demand.reads],
    hold: "grows with rows",
    hazards: ["SCAN_PARTITION"],
    undo: "not needed: it only reads",
  };
}

function chooseTag(body: string): string {
  let tag = "$look$";
  for (let n = 1; body.includes(tag); n += 1) tag = `$look${String(n)}$`;
  return tag;
}
