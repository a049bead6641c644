// Values that appear between two updates: the call that creates their branches, and what became of each.
import { quoteLiteral } from "../../core/names/identifier";
import type { TestDatabase } from "../support/database";
import { petriProgram } from "../support/harness/petri";
import { column, DAY } from "./support";

export const march = petriProgram(DAY);

export const ensureValues = `select branch, branch_name, outcome, detail from pgpartition.ensure_values('app.petri_obs', '${DAY}')`;

/** `["new-1"] petri_obs_prog_new1 created`, a line for each value that has appeared. */
export async function outcomes(database: Pick<TestDatabase, "query">): Promise<string[]> {
  return (await database.query<Record<string, string>>(ensureValues)).map(
    ({ branch, branch_name: name, outcome }) => `${String(branch)} ${String(name)} ${String(outcome)}`,
  );
}

/** Names of all partitions that were created, also twice. */
export const made = "select partition_name from pgpartition.ledger where event = 'created' order by 1";

/** `null` where there is none. */
export async function tableOf(database: TestDatabase, name: string): Promise<string> {
  const [found] = await column(database, `select to_regclass(${quoteLiteral(`app.${name}`)})`);
  return String(found);
}
