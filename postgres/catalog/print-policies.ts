import type { PrintedPolicy } from "../../core/partition/carry/plan-row-policy";
import { policyText } from "../../core/partition/carry/security-statements";
import { quote, quoteQualified } from "../../core/names/identifier";
import type { PolicySpec } from "../../core/declare/table/security";
import type { Session } from "../connect/session";
import { isConnectionLoss, isLockTimeout, sqlState, textOf } from "../connect/sqlstate";

/** Policies for the server to parse, on their table, which may not exist yet. */
export interface PrintRequest {
  readonly schema: string;
  readonly table: string;
  /** Columns of a table that does not exist yet; undefined: as the table has them. */
  readonly columns: readonly { readonly name: string; readonly type: string }[] | undefined;
  readonly policies: readonly PolicySpec[];
}

export interface PrintedPolicies {
  /** Policies as the server prints them, by name. */
  readonly printed: ReadonlyMap<string, PrintedPolicy>;
  /** Policies that the server refuses. */
  readonly refused: readonly { readonly policy: string; readonly sqlState: string; readonly message: string }[];
}

/**
 * Lets the server parse each expression as one expression and print it again, on a temporary table of the same name and columns
 * in a transaction that is rolled back: no session waits for it, and nothing remains. The result is empty if the role may not
 * create temporary tables, or the server takes no writes.
 */
export async function printPolicies(session: Session, request: PrintRequest): Promise<PrintedPolicies> {
  await session.query("begin");
  try {
    return await printInTransaction(session, request);
  } finally {
    await session.query("rollback").catch(() => undefined);
  }
}

async function printInTransaction(session: Session, request: PrintRequest): Promise<PrintedPolicies> {
  const printed = new Map<string, PrintedPolicy>();
  const refused: { policy: string; sqlState: string; message: string }[] = [];
  const table = `pg_temp.${quote(request.table)}`;
  if (!(await works(session, `create temporary table ${quote(request.table)} (${bodyOf(request)})`))) {
    return { printed, refused };
  }
  for (const policy of request.policies) {
    await session.query("savepoint one");
    try {
      // The same program may create the roles, and they do not affect the expression.
      await session.query(`create policy p on ${table} ${policyText({ ...policy, roles: ["public"] })}`);
      const [row] = await session.query(
        "select pg_get_expr(p.polqual, p.polrelid) as using, pg_get_expr(p.polwithcheck, p.polrelid) as check from pg_policy p where p.polrelid = $1::regclass",
        [table],
      );
      printed.set(policy.name, { using: textOrNull(row?.["using"]), withCheck: textOrNull(row?.["check"]) });
    } catch (error) {
      const code = sqlState(error);
      if (code === undefined || isConnectionLoss(error) || isLockTimeout(error)) throw error;
      refused.push({ policy: policy.name, sqlState: code, message: textOf(error) });
    }
    await session.query("rollback to savepoint one");
  }
  return { printed, refused };
}

function bodyOf({ schema, table, columns }: PrintRequest): string {
  if (columns === undefined) return `like ${quoteQualified(schema, table)}`;
  return columns.map((column) => `${quote(column.name)} ${column.type}`).join(", ");
}

async function works(session: Session, sql: string): Promise<boolean> {
  try {
    await session.query(sql);
    return true;
  } catch (error) {
    if (sqlState(error) === undefined || isConnectionLoss(error) || isLockTimeout(error)) throw error;
    return false;
  }
}

function textOrNull(value: unknown): string | null {
  return typeof value === "string" ? value : null;
}
