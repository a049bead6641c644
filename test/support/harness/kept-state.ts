// A database with what a deployment knows of it, remembered together: what many tests or rounds begin with is made once.
import type { TestDatabase } from "../database";
import type { Deployment } from "./deployment";
import { sessionsGone } from "./fixture";

/** Returns what brings both back to the present state; undefined for a database that cannot be kept. */
export async function keepState(
  database: TestDatabase,
  { state }: Deployment,
): Promise<(() => Promise<void>) | undefined> {
  await sessionsGone(database);
  const restore = await database.keep?.();
  if (!restore) return undefined;
  const known = [...state];
  return async () => {
    await restore();
    state.clear();
    for (const [urn, entry] of known) state.set(urn, entry);
  };
}
