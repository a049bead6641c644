import type { Session } from "./session";

/**
 * Runs `body` in a transaction of its own, with settings that end with it. If it cannot be rolled back, the session is given up.
 */
export async function runInTransaction<T>(
  session: Session,
  begin: "begin" | "begin read only",
  settings: Readonly<Record<string, string>>,
  body: () => Promise<T>,
): Promise<T> {
  await session.query(begin);
  try {
    for (const [name, value] of Object.entries(settings))
      await session.query("select pg_catalog.set_config($1, $2, true)", [name, value]);
    const result = await body();
    await session.query("commit");
    return result;
  } catch (error) {
    if (session.lost === undefined) await session.query("rollback").catch(() => session.destroy());
    throw error;
  }
}
