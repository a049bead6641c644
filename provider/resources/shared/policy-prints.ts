import {
  type DeclaredAccess,
  type PrintedPolicy,
  listUnsettledPolicies,
} from "../../../core/partition/carry/plan-row-policy";
import type { Observation } from "../../../core/observed/observed-table";
import type { Problem as CoreProblem } from "../../../core/problems/problem";
import { tokenize } from "../../../core/sql/expression";
import { formatPath } from "../../../core/problems/shape-problems";
import type { PrintedPolicies } from "../../../postgres/catalog/print-policies";
import type { TableName } from "../../../core/names/table-name";
import type { Runtime } from "../../runtime/runtime";

/** Declared policies as the server prints them, where the registry does not have them. */
export interface AskedPolicies {
  readonly printed: ReadonlyMap<string, PrintedPolicy>;
  /** Problems whatever else the program creates. */
  readonly wrong: readonly CoreProblem[];
  /** Names of objects that do not exist now, and may by the time of the update. */
  readonly missing: readonly CoreProblem[];
}

const NOTHING: AskedPolicies = { printed: new Map(), wrong: [], missing: [] };

/** Has the server print the policies whose form the registry does not settle. Most runs have none, and send no query. */
export async function askPolicies(
  runtime: Runtime,
  table: TableName & { readonly columns?: readonly { readonly name: string; readonly type: string }[] | undefined },
  declared: DeclaredAccess,
  observation: Observation,
): Promise<AskedPolicies> {
  const policies = listUnsettledPolicies(
    declared,
    observation.table?.carried?.policies ?? [],
    observation.registration?.policies ?? [],
  );
  const columns = observation.table ? undefined : table.columns;
  if (policies.length === 0 || (!observation.table && !columns)) return NOTHING;
  const { schema, table: name } = table;
  return judge(name, await runtime.database.printPolicies({ schema, table: name, columns, policies }), declared);
}

/** Functions, relations, columns, schemas, types and roles that the same update may create. */
const MAY_COME = ["42883", "42P01", "42703", "3F000", "42704"];

function judge(table: string, { printed, refused }: PrintedPolicies, declared: DeclaredAccess): AskedPolicies {
  const problems = refused
    .filter(({ policy, sqlState }) => sqlState !== "42883" || !takesRow(policy, table, declared))
    .map(({ policy, sqlState, message }) => ({ sqlState, problem: refusePolicy(policy, sqlState, message) }));
  const mayCome = (sqlState: string): boolean => MAY_COME.includes(sqlState);
  return {
    printed,
    wrong: problems.filter(({ sqlState }) => !mayCome(sqlState)).map(({ problem }) => problem),
    missing: problems.filter(({ sqlState }) => mayCome(sqlState)).map(({ problem }) => problem),
  };
}

/** Finds functions that may take the whole row: they exist for the row type of the table alone, so only the table can tell. */
function takesRow(policy: string, table: string, declared: DeclaredAccess): boolean {
  const spec = declared.rowSecurity?.policies?.find(({ name }) => name === policy);
  const names = tokenize(`${spec?.using ?? ""} ${spec?.withCheck ?? ""}`).map(({ text }) => text.replaceAll('"', ""));
  return names.some((name) => name.toLowerCase() === table.toLowerCase());
}

function refusePolicy(policy: string, sqlState: string, message: string): CoreProblem {
  const qualify = MAY_COME.includes(sqlState) ? " Names outside of pg_catalog are written with their schema." : "";
  return {
    path: formatPath(["rowSecurity", "policies", policy]),
    code: "invalid-value",
    message: `the server refuses the expression of policy "${policy}": ${message} (SQLSTATE ${sqlState}).`,
    fix: `Write one condition on the columns of the table.${qualify}`,
  };
}
