import {
  type DeclaredAccess,
  type PrintedPolicy,
  listUnsettledPolicies,
} from "../../../core/partition/carry/plan-row-policy";
import type { Observation } from "../../../core/observed/observed-table";
import { tokenize } from "../../../core/sql/expression";
import type { NeedProblem } from "../../../core/table/needs/need-problems";
import { formatPolicyPath } from "../../../core/table/needs/needs";
import { refuseText } from "../../../core/table/needs/trial-problems";
import type { PrintedPolicies } from "../../../postgres/catalog/print-policies";
import type { TableName } from "../../../core/names/table-name";
import type { Runtime } from "../../runtime/runtime";
import { listOthers } from "./judge";

/** Declared policies as the server prints them, where the registry does not have them. */
export interface AskedPolicies {
  readonly printed: ReadonlyMap<string, PrintedPolicy>;
  readonly problems: readonly NeedProblem[];
}

const NOTHING: AskedPolicies = { printed: new Map(), problems: [] };

/**
 * Has the server print the policies of an existing table whose form the registry does not settle. Most runs have none, and send
 * no query.
 */
export async function askPolicies(
  runtime: Runtime,
  table: TableName,
  declared: DeclaredAccess,
  observation: Observation,
): Promise<AskedPolicies> {
  const policies = listUnsettledPolicies(
    declared,
    observation.table?.carried?.policies ?? [],
    observation.registration?.policies ?? [],
  );
  if (policies.length === 0 || !observation.table) return NOTHING;
  const { schema, table: name } = table;
  const printed = await runtime.database.printPolicies({ schema, table: name, policies });
  return judge(name, printed, declared, listOthers(runtime, table));
}

function judge(
  table: string,
  { printed, refused }: PrintedPolicies,
  declared: DeclaredAccess,
  others: readonly string[],
): AskedPolicies {
  const problems = refused
    .filter(({ policy, sqlState }) => sqlState !== "42883" || !takesRow(policy, table, declared))
    .map(({ policy, sqlState, message }) =>
      refuseText(
        formatPolicyPath(declared.rowSecurity, policy),
        `the expression of policy ${JSON.stringify(policy)}`,
        { sqlState, message },
        { sql: formatClauses(policy, declared), others, fix: "Write one condition on the columns of the table." },
      ),
    );
  return { printed, problems };
}

/** Finds functions that may take the whole row: they exist for the row type of the table alone, so only the table can tell. */
function takesRow(policy: string, table: string, declared: DeclaredAccess): boolean {
  const names = tokenize(formatClauses(policy, declared)).map(({ text }) => text.replaceAll('"', ""));
  return names.some((name) => name.toLowerCase() === table.toLowerCase());
}

function formatClauses(policy: string, declared: DeclaredAccess): string {
  const spec = declared.rowSecurity?.policies?.find(({ name }) => name === policy);
  return `${spec?.using ?? ""} ${spec?.withCheck ?? ""}`;
}
