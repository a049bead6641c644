import { quote, quoteLiteral } from "../../core/names/identifier";
import type { Trial } from "../../core/table/needs/trial";
import type { TrialFailure, TrialOutcome } from "../../core/table/needs/trial-problems";
import type { Session } from "../connect/session";
import { getSqlState, isConnectionLoss } from "../connect/sqlstate";

/**
 * Lets the server judge every step on a temporary table, in one transaction that is rolled back, and in one round trip: no
 * other session can see the table, wait for it or for its name, and nothing remains. A step that fails does not stop the
 * others. Where no temporary table can be made (a standby, a read-only session, a missing right, an event trigger that refuses
 * it), the queries of the steps are parsed instead, which writes nothing at all. Undefined: the server judges nothing.
 */
export async function trySteps(session: Session, trial: Trial): Promise<TrialOutcome | undefined> {
  const sent = ["begin", buildBlock(trial), `select pg_catalog.current_setting('${RESULT}') as result`, "rollback"];
  const answers = await Promise.allSettled(sent.map((text) => session.query(text)));
  for (const answer of answers) {
    if (answer.status === "fulfilled") continue;
    if (getSqlState(answer.reason) === undefined || isConnectionLoss(answer.reason)) throw answer.reason;
    return undefined;
  }
  const result = answers[2]?.status === "fulfilled" ? answers[2].value[0]?.["result"] : undefined;
  // Written by the block below.
  const { parsedOnly, failures } = JSON.parse(String(result)) as { parsedOnly: boolean; failures: TrialFailure[] };
  return { parsedOnly, failures };
}

/** Setting of the transaction that carries the result out of the block. */
const RESULT = "pgpartition.trial";

/** Returns a block in which each step is a subtransaction. */
function buildBlock({ table, steps }: Trial): string {
  const list = steps.map(({ sql, query }) => ({ sql, query: query ?? null }));
  return `DO ${quoteLiteral(`
DECLARE
  step record;
  parsed_only boolean := false;
  failures jsonb := '[]';
  state text;
  words text;
BEGIN
  BEGIN
    EXECUTE ${quoteLiteral(`CREATE TEMPORARY TABLE ${quote(table)} ()`)};
  EXCEPTION WHEN OTHERS THEN
    parsed_only := true;
  END;
  FOR step IN
    SELECT l.position - 1 AS at, l.value ->> 'sql' AS sql, l.value ->> 'query' AS query
    FROM jsonb_array_elements(${quoteLiteral(JSON.stringify(list))}) WITH ORDINALITY l (value, position)
    ORDER BY l.position
  LOOP
    BEGIN
      IF NOT parsed_only THEN
        EXECUTE step.sql;
      ELSIF step.query IS NOT NULL THEN
        EXECUTE 'PREPARE pgpartition_trial AS ' || step.query;
        DEALLOCATE pgpartition_trial;
      END IF;
    EXCEPTION WHEN OTHERS THEN
      GET STACKED DIAGNOSTICS state = RETURNED_SQLSTATE, words = MESSAGE_TEXT;
      failures := failures || jsonb_build_object('step', step.at, 'sqlState', state, 'message', words);
    END;
  END LOOP;
  PERFORM set_config('${RESULT}', jsonb_build_object('parsedOnly', parsed_only, 'failures', failures)::text, true);
END
`)}`;
}
