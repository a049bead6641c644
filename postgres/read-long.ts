import type { Row, Session, Value } from "./session";

/** One read in a transaction of its own, under settings that end with it. */
export async function readInTransaction(
  session: Session,
  text: string,
  values: readonly Value[],
  settings: Readonly<Record<string, string>>,
): Promise<Row[]> {
  await session.query("begin read only");
  try {
    for (const [name, value] of Object.entries(settings))
      await session.query("select pg_catalog.set_config($1, $2, true)", [name, value]);
    const rows = await session.query(text, values);
    await session.query("commit");
    return rows;
  } catch (error) {
    if (session.lost === undefined) await session.query("rollback").catch(() => session.destroy());
    throw error;
  }
}
