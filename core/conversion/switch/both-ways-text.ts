import { quote, quoteList } from "../../names/identifier";
import {
  CHANGE,
  EMPTIED,
  FROM_TARGET,
  getColumn,
  matchKey,
  nameKeyColumn,
  type Pair,
  quoteRelationOf,
} from "../between/pair";
import { proveTakenText } from "../between/reconcile-text";
import { type BothWays, turnSides } from "./both-ways";

/**
 * The statements of one step that keeps two tables equal while both are written to, of one REPEATABLE READ transaction. Changes are
 * taken by their numbers, which both sides draw from one sequence; what this transaction itself writes is captured too, by larger
 * ones, and forgotten before it commits.
 */
interface BothWaysTexts {
  /**
   * $1: how many rows at most. For each row that changed, with all of its changes that this snapshot sees: the side whose change has the
   * largest number wins. Answers with the numbers of the changes to be applied to the target (`forth`) and to the source (`back`),
   * those of rows that changed on both sides (`twice`), the largest number that it sees (`last`), and the last TRUNCATE of each side.
   */
  readonly take: string;
  readonly forth: DirectionTexts;
  readonly back: DirectionTexts;
  /** $1: numbers of changes. Lists the keys of rows that are not equal on both sides, as text. */
  readonly conflicts: string;
  /** $1: numbers of changes. */
  readonly consume: string;
  /** $1: the largest number before this transaction. Forgets what its own statements have made pending. */
  readonly forgetOwn: string;
  /** $1: the largest number of TRUNCATEs that are done. */
  readonly forgetEmptied: string;
}

/** $1 of each: the numbers of the changes that are applied. */
interface DirectionTexts {
  /** Deletes rows that the source has no more; changes others in place; inserts the rest: in this order. */
  readonly apply: readonly string[];
  /** The same by deleting and inserting, while no session can write: values that rows have exchanged never collide. */
  readonly replace: readonly string[];
  /** Number and hash of the rows on both sides. */
  readonly prove: string;
  /** After a TRUNCATE of the source, $1: its number. Deletes the rows of the target that the source lacks, but those that changed later. */
  readonly removeGone: string;
}

export function bothWaysTexts(both: BothWays): BothWaysTexts {
  const { pair } = both;
  const pending = quoteRelationOf(pair.pending);
  const taken = listTaken(pair);
  const keys = pair.key.map((_, index) => nameKeyColumn(index));
  const joined = `${taken} LEFT JOIN ${quoteRelationOf(pair.source)} s ON ${matchKey(pair, "s", "p")} LEFT JOIN ${quoteRelationOf(pair.target)} t ON ${matchKey(pair, "t", "p")}`;
  return {
    take: takeText(both),
    forth: directionTexts(pair, both.identity),
    back: directionTexts(turnSides(pair), both.identity),
    conflicts: `SELECT pg_catalog.jsonb_build_array(${keys.map((key) => `p.${key}::pg_catalog.text`).join(", ")}) AS key FROM ${joined} WHERE ${differs(pair)} ORDER BY 1`,
    consume: `DELETE FROM ${pending} WHERE ${CHANGE} = ANY ($1::pg_catalog.int8[])`,
    forgetOwn: `DELETE FROM ${pending} WHERE ${CHANGE} > $1::pg_catalog.int8 AND xmin = pg_catalog.pg_current_xact_id()::pg_catalog.xid`,
    forgetEmptied: `DELETE FROM ${pending} WHERE ${EMPTIED} AND ${CHANGE} <= $1::pg_catalog.int8`,
  };
}

function takeText({ pair, identity }: BothWays): string {
  const pending = quoteRelationOf(pair.pending);
  const ids = listIdentity(pair, identity).join(", ");
  const first = `SELECT ${CHANGE}, ${FROM_TARGET}, ${ids}, pg_catalog.min(${CHANGE}) OVER (PARTITION BY ${ids}) AS began FROM ${pending} WHERE NOT ${EMPTIED}`;
  const row = `PARTITION BY ${ids}`;
  const ranked = `SELECT ${CHANGE}, pg_catalog.first_value(${FROM_TARGET}) OVER (${row} ORDER BY ${CHANGE} DESC) AS back, pg_catalog.bool_or(${FROM_TARGET}) OVER (${row}) AND NOT pg_catalog.bool_and(${FROM_TARGET}) OVER (${row}) AS twice, pg_catalog.dense_rank() OVER (ORDER BY began) AS place FROM (${first}) f`;
  const numbers = (which: string, name: string) =>
    `coalesce(pg_catalog.array_agg(${CHANGE}) FILTER (WHERE ${which}), '{}')::pg_catalog.text AS ${name}`;
  const emptied = (side: string, name: string) =>
    `(SELECT pg_catalog.max(${CHANGE})::pg_catalog.text FROM ${pending} WHERE ${EMPTIED} AND ${side}) AS ${name}`;
  return [
    `SELECT pg_catalog.count(*) AS changes, ${numbers("NOT back", "forth")}, ${numbers("back", "back")}, ${numbers("twice", "twice")},`,
    `(SELECT pg_catalog.max(${CHANGE})::pg_catalog.text FROM ${pending}) AS last,`,
    `${emptied(`NOT ${FROM_TARGET}`, "source_emptied")}, ${emptied(FROM_TARGET, "target_emptied")}`,
    `FROM (${ranked}) r WHERE place <= $1::pg_catalog.int8`,
  ].join(" ");
}

function directionTexts(pair: Pair, identity: readonly string[]): DirectionTexts {
  const { source, target, pending, columns } = pair;
  const from = quoteRelationOf(source);
  const to = quoteRelationOf(target);
  const taken = listTaken(pair);
  const names = columns.map(({ name }) => name);
  const has = (side: string, alias: string, by: string) =>
    `EXISTS (SELECT FROM ${side} ${alias} WHERE ${matchKey(pair, alias, by)})`;
  const lacks = (side: string, alias: string, by: string) => `NOT ${has(side, alias, by)}`;
  const insert = (where: string) =>
    `INSERT INTO ${to} (${quoteList(names)}) OVERRIDING SYSTEM VALUE SELECT ${names.map((name) => `s.${quote(name)}`).join(", ")} FROM ${taken} JOIN ${from} s ON ${matchKey(pair, "s", "p")}${where}`;
  const moves = identity.length < pair.key.length;
  const ids = identity.map((name) => `t.${quote(name)} OPERATOR(pg_catalog.=) s.${quote(name)}`).join(" AND ");
  const moved = listTaken(pair, "q");
  // A row whose key is another one on the source by now: it moves, so that a session that waits for it is not told that it is gone.
  const other = `${moved} JOIN ${from} s ON ${matchKey(pair, "s", "q")} WHERE ${ids} AND ${lacks(to, "o", "q")}`;
  const isLeft = `${matchKey(pair, "t", "p")} AND ${lacks(from, "g", "p")}`;
  const set = (kept: readonly string[]) =>
    names
      .filter((name) => !kept.includes(name))
      .map((name) => `${quote(name)} = s.${quote(name)}`)
      .join(", ");
  const later = `EXISTS (SELECT FROM ${quoteRelationOf(pending)} p WHERE ${pair.fromTarget ? "NOT " : ""}${FROM_TARGET} AND NOT ${EMPTIED} AND ${CHANGE} > $1::pg_catalog.int8 AND ${matchIdentity(pair, identity)})`;
  const match = pair.key.map((name) => `s.${quote(name)} OPERATOR(pg_catalog.=) t.${quote(name)}`).join(" AND ");
  return {
    apply: [
      `DELETE FROM ${to} t USING ${taken} WHERE ${isLeft}${moves ? ` AND NOT EXISTS (SELECT FROM ${other})` : ""}`,
      ...(moves
        ? [
            `UPDATE ${to} t SET ${set(identity)} FROM ${taken}, ${moved} JOIN ${from} s ON ${matchKey(pair, "s", "q")} WHERE ${isLeft} AND ${ids} AND ${lacks(to, "o", "q")}`,
          ]
        : []),
      ...(columns.length > pair.key.length
        ? [
            `UPDATE ${to} t SET ${set(pair.key)} FROM ${taken} JOIN ${from} s ON ${matchKey(pair, "s", "p")} WHERE ${matchKey(pair, "t", "p")} AND ${differs(pair)}`,
          ]
        : []),
      insert(` WHERE ${lacks(to, "t", "p")}`),
    ],
    replace: [`DELETE FROM ${to} t USING ${taken} WHERE ${matchKey(pair, "t", "p")}`, insert("")],
    prove: proveTakenText(pair, taken),
    removeGone: `DELETE FROM ${to} t WHERE NOT EXISTS (SELECT FROM ${from} s WHERE ${match}) AND NOT ${later}`,
  };
}

/** A row that changed a thousand times is read once. */
function listTaken({ pending, key }: Pick<Pair, "pending" | "key">, alias = "p"): string {
  const keys = quoteList(key.map((_, index) => nameKeyColumn(index)));
  return `(SELECT DISTINCT ${keys} FROM ${quoteRelationOf(pending)} WHERE ${CHANGE} = ANY ($1::pg_catalog.int8[])) ${alias}`;
}

function listIdentity({ key }: Pair, identity: readonly string[]): string[] {
  return key.flatMap((name, index) => (identity.includes(name) ? [nameKeyColumn(index)] : []));
}

function matchIdentity({ key }: Pair, identity: readonly string[]): string {
  return key
    .flatMap((name, index) =>
      identity.includes(name) ? [`t.${quote(name)} OPERATOR(pg_catalog.=) p.${nameKeyColumn(index)}`] : [],
    )
    .join(" AND ");
}

/** True for two rows, either of which may be missing, that do not print alike where equality is not identity. */
function differs(pair: Pair): string {
  return pair.columns
    .map(({ name }) => {
      const value = (alias: string) =>
        getColumn(pair, name).exact
          ? `${alias}.${quote(name)}`
          : `${alias}.${quote(name)}::pg_catalog.text COLLATE pg_catalog."C"`;
      return `${value("s")} IS DISTINCT FROM ${value("t")}`;
    })
    .join(" OR ")
    .replace(/^(.*)$/s, "($1)");
}
