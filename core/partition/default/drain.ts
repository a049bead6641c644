import { quote, quoteList, quoteQualified } from "../../names/identifier";
import type { ObservedOwnTrigger } from "../../observed/observed-table";
import type { ObservedTrigger } from "../../observed/observed-default";
import { decideNewborn } from "../statements/new-table";
import type { ParentShape } from "../carry/parent";
import type { Statement } from "../../sql/statement";
import type { OpenInterval } from "../../time/interval";
import { buildKeyRangeCondition } from "../../observed/key-excludes";
import type { DefaultShape } from "../carry/default-shape";
import { buildDefaultStatement, quoteDefault } from "./default-statements";

const MOVED = "pg_temp.pgpartition_moved";

/**
 * Takes the rows of a range out of the default partition, in the transaction that attaches their partition, so that no session
 * misses them. They wait in a temporary table, because they must be inserted into an attached partition: before that, streams of
 * changes would show them deleted and never inserted. Moving a row is not a change: user triggers do not fire, and row security
 * does not hide it.
 */
export function takeOutStatements(
  parent: ParentShape,
  shape: DefaultShape,
  range: OpenInterval,
  transaction: string,
): Statement[] {
  const columns = quoteList(shape.columns);
  const table = quoteDefault(shape);
  const quiet = silenceTriggers(
    shape.hidden,
    shape.triggers.filter((trigger) => trigger.onDelete),
  );
  const alter = (change: string) =>
    buildDefaultStatement(shape, transaction, `ALTER TABLE ${table} ${change}`, {
      mode: "ACCESS EXCLUSIVE",
      undo: "not needed",
    });
  return [
    buildOwnStatement(`CREATE TEMPORARY TABLE pgpartition_moved (LIKE ${table}) ON COMMIT DROP`, transaction),
    ...quiet.before.map(alter),
    buildDefaultStatement(
      shape,
      transaction,
      `WITH moved AS (DELETE FROM ONLY ${table} WHERE ${buildKeyRangeCondition(parent.key, range)} RETURNING ${columns}) INSERT INTO ${MOVED} (${columns}) SELECT ${columns} FROM moved`,
      { mode: "ROW EXCLUSIVE", reads: !shape.few, undo: "the same transaction puts them into the partition" },
    ),
    ...quiet.after.map(alter),
  ];
}

/** Inserts them into their partition, once it is attached. */
export function putInStatements(
  parent: ParentShape,
  shape: DefaultShape,
  partition: string,
  transaction: string,
): Statement[] {
  const columns = quoteList(shape.columns);
  const table = quoteQualified(parent.partitionSchema, partition);
  const { rowSecurity, triggers } = decideNewborn(parent, { name: partition, to: undefined, cut: undefined });
  const quiet = silenceTriggers(rowSecurity ? rowSecurity.forced : shape.hidden, [
    ...shape.triggers.flatMap(({ name, inherited, onInsert }) =>
      inherited && onInsert ? [{ name, fires: inherited }] : [],
    ),
    ...triggers.filter((trigger) => trigger.onInsert),
  ]);
  const alter = (change: string) => buildOwnStatement(`ALTER TABLE ${table} ${change}`, transaction);
  return [
    ...quiet.before.map(alter),
    buildOwnStatement(
      `INSERT INTO ${table} (${columns}) OVERRIDING SYSTEM VALUE SELECT ${columns} FROM ${MOVED}`,
      transaction,
    ),
    ...quiet.after.map(alter),
  ];
}

/** A statement on a table that no other session can see, or whose lock the transaction holds. */
function buildOwnStatement(sql: string, transaction: string): Statement {
  return { sql, transaction, timeouts: "light", locks: [], hold: "instant", hazards: [], undo: "not needed" };
}

interface Quiet {
  readonly before: readonly string[];
  readonly after: readonly string[];
}

interface Firing {
  readonly name: string;
  readonly fires: ObservedTrigger["fires"] | ObservedOwnTrigger["fires"];
}

function silenceTriggers(hidden: boolean, all: readonly Firing[]): Quiet {
  const triggers = all.filter((trigger) => trigger.fires !== "never");
  return {
    before: [
      ...(hidden ? ["NO FORCE ROW LEVEL SECURITY"] : []),
      ...triggers.map((trigger) => `DISABLE TRIGGER ${quote(trigger.name)}`),
    ],
    after: [
      ...triggers.map(
        ({ name, fires }) => `ENABLE ${fires === "origin" ? "" : `${fires.toUpperCase()} `}TRIGGER ${quote(name)}`,
      ),
      ...(hidden ? ["FORCE ROW LEVEL SECURITY"] : []),
    ],
  };
}
