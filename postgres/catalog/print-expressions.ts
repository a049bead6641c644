import { quote, quoteQualified } from "../../core/names/identifier";
import type { RegisteredExpression } from "../../core/observed/registration";
import type { TableName } from "../../core/names/table-name";
import type { Session } from "../connect/session";
import { isConnectionLoss, isLockTimeout, getSqlState } from "../connect/sqlstate";

/** Check or default as declared. */
export type DeclaredExpression = Pick<RegisteredExpression, "kind" | "name" | "declared">;

/**
 * Lets the server parse checks and defaults and print them again, on a temporary table with the columns of the table, in a
 * transaction that is rolled back: no session waits for it, and nothing remains. Expressions that the server refuses are left
 * out; all of them are if the role may not create temporary tables.
 */
export async function printExpressions(
  session: Session,
  { schema, table }: TableName,
  declared: readonly DeclaredExpression[],
): Promise<RegisteredExpression[]> {
  await session.query("begin");
  try {
    const like = `create temporary table ${quote(table)} (like ${quoteQualified(schema, table)})`;
    if ((await attempt(session, like)) === undefined) return [];
    const printed: RegisteredExpression[] = [];
    for (const one of declared) printed.push(...(await printOne(session, table, one)));
    return printed;
  } finally {
    await session.query("rollback").catch(() => undefined);
  }
}

async function printOne(session: Session, table: string, one: DeclaredExpression): Promise<RegisteredExpression[]> {
  const name = `pg_temp.${quote(table)}`;
  const alter =
    one.kind === "default"
      ? `alter table ${name} alter column ${quote(one.name)} set default ${one.declared}`
      : `alter table ${name} add constraint ${quote(one.name)} check (${one.declared})`;
  await session.query("savepoint one");
  const done = await attempt(session, alter);
  const [row] = done === undefined ? [] : await session.query(PRINTED[one.kind], [name, one.name]);
  await session.query("rollback to savepoint one");
  return typeof row?.["printed"] === "string" ? [{ ...one, printed: row["printed"] }] : [];
}

const CONSTRAINT =
  "select pg_get_constraintdef(k.oid) as printed from pg_constraint k where k.conrelid = $1::regclass and k.conname = $2";

const PRINTED: Readonly<Record<DeclaredExpression["kind"], string>> = {
  default:
    "select pg_get_expr(d.adbin, 0) as printed from pg_attrdef d join pg_attribute a on a.attrelid = d.adrelid and a.attnum = d.adnum where d.adrelid = $1::regclass and a.attname = $2",
  check: CONSTRAINT,
  foreign: CONSTRAINT,
  unique: CONSTRAINT,
};

/** Sends a statement; undefined: the server refused it. */
async function attempt(session: Session, sql: string): Promise<unknown> {
  try {
    return await session.query(sql);
  } catch (error) {
    if (getSqlState(error) === undefined || isConnectionLoss(error) || isLockTimeout(error)) throw error;
    return undefined;
  }
}
