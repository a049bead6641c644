import { quoteLiteral } from "../../core/names/identifier";
import type { Session } from "./session";

/** How a transaction begins. */
export type Begin =
  | "begin"
  | "begin read only"
  | "begin isolation level repeatable read"
  | "begin isolation level repeatable read read only";

/**
 * Runs `body` in a transaction of its own, with settings that end with it. If it cannot be rolled back, the session is given up.
 * Nothing before `body` takes a snapshot: the first statement of a REPEATABLE READ transaction may lock a table before.
 */
export async function runInTransaction<T>(
  session: Session,
  begin: Begin,
  settings: Readonly<Record<string, string>>,
  body: () => Promise<T>,
): Promise<T> {
  try {
    const setUp = [
      begin,
      ...Object.entries(settings).map(([name, value]) => `set local ${name} = ${quoteLiteral(value)}`),
    ];
    await Promise.all(setUp.map((text) => session.query(text)));
    const result = await body();
    await session.query("commit");
    return result;
  } catch (error) {
    if (session.lost === undefined) await session.query("rollback").catch(() => session.destroy());
    throw error;
  }
}
