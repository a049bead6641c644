import type { PrintedPolicy } from "../../core/partition/carry/plan-row-policy";
import { formatPolicy } from "../../core/partition/carry/security-statements";
import { quote, quoteQualified } from "../../core/names/identifier";
import type { PolicySpec } from "../../core/declare/table/security";
import type { Session } from "../connect/session";
import { isConnectionLoss, isLockTimeout, getSqlState, getMessage } from "../connect/sqlstate";

/** Policies for the server to parse, on their table. */
export interface PrintRequest {
  readonly schema: string;
  readonly table: string;
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
  if (
    !(await canRun(
      session,
      `create temporary table ${quote(request.table)} (like ${quoteQualified(request.schema, request.table)})`,
    ))
  ) {
    return { printed, refused };
  }
  for (const policy of request.policies) {
    await session.query("savepoint one");
    try {
      // The same program may create the roles, and they do not affect the expression.
      await session.query(`create policy p on ${table} ${formatPolicy({ ...policy, roles: ["public"] })}`);
      const [row] = await session.query(
        "select pg_get_expr(p.polqual, p.polrelid) as using, pg_get_expr(p.polwithcheck, p.polrelid) as check from pg_policy p where p.polrelid = $1::regclass",
        [table],
      );
      printed.set(policy.name, { using: toTextOrNull(row?.["using"]), withCheck: toTextOrNull(row?.["check"]) });
    } catch (error) {
      const code = getSqlState(error);
      if (code === undefined || isConnectionLoss(error) || isLockTimeout(error)) throw error;
      refused.push({ policy: policy.name, sqlState: code, message: getMessage(error) });
    }
    await session.query("rollback to savepoint one");
  }
  return { printed, refused };
}

async function canRun(session: Session, sql: string): Promise<boolean> {
  try {
    await session.query(sql);
    return true;
  } catch (error) {
    if (getSqlState(error) === undefined || isConnectionLoss(error) || isLockTimeout(error)) throw error;
    return false;
  }
}

function toTextOrNull(value: unknown): string | null {
  return typeof value === "string" ? value : null;
}
