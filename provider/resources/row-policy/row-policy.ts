import type { Relation } from "../../../core/sql/relation";
import {
  listDeclaredPolicies,
  planRowPolicy,
  type RowPolicyPlan,
  nameRowPolicyTransaction,
} from "../../../core/partition/carry/plan-row-policy";
import { formatTableId, parseTableId } from "../../../core/names/resource-id";
import type { CarriedState, Observation } from "../../../core/observed/observed-table";
import { rowPolicyType } from "../../../core/resources/row-policy";
import type { RowPolicyWire } from "../../../core/declare/table/row-policy";
import { decodeKey } from "../../../core/declare/table/wire";
import type { Statement } from "../../../core/sql/statement";
import { findNeedProblems, type NeedProblem } from "../../../core/table/needs/need-problems";
import { listRoles } from "../../../core/table/needs/needs";
import { listPartitionedTables } from "../../../postgres/read/list-tables";
import { readNeeded } from "../../../postgres/read/needed";
import { recordPoliciesStatement, registerTableStatement } from "../../../postgres/registry/registry";
import type { ResourceContext, CallContext } from "../../runtime/call-context";
import { Refusal } from "../../runtime/failures";
import type { CheckResult } from "../../runtime/handler";
import type { Runtime } from "../../runtime/runtime";
import type { TableQueue } from "../../runtime/table-queue";
import { isList, type PropertyMap } from "../../runtime/values";
import { CheckedInputs } from "../shared/checked";
import { defineResource } from "../shared/define-resource";
import { toProperties, toFailures, refuse, requireWire } from "../shared/inputs";
import { nameArguments, tellProblems } from "../shared/judge";
import { type AskedPolicies, askPolicies } from "../shared/policy-prints";
import { resolvePolicies } from "../shared/policy-source";
import { toAccessFacts, pickDeclared, importRowPolicyInputs } from "./row-policy-state";
import { showStatements } from "../shared/show";
import { isPlainAgain } from "../shared/plain-again";
import { findOwnershipProblems, findTableRenameProblems } from "../shared/table-problems";
import { createWorkContext } from "../shared/run-context";
import type { TableName } from "../../../core/names/table-name";
import { readViewLeaks } from "../../../postgres/read/view-leaks";

/**
 * Access to the table itself: flags, policies and grants as one set, changed in one transaction. Check reads the live database
 * and writes the pending changes into the inputs, so that a policy changed by hand is seen without a refresh. The window
 * manages access to partitions.
 */
export const rowPolicy = defineResource(rowPolicyType, (runtime, queue) => {
  const checked = new CheckedInputs();
  return {
    id: formatTableId,
    declaredOnce: (wire) => ({ property: "table", subject: describeSubject(wire) }),
    declared: ["schema", "table", "rowSecurity", "grants"],
    keep: pickDeclared,

    check: async (ctx, wire, { olds, news }) => {
      const renamed = olds ? findTableRenameProblems(olds, wire) : [];
      if (renamed.length > 0) return { failures: toFailures(renamed) };
      const result = await checkAccess(ctx, runtime, wire, news);
      return { ...result, inputs: checked.remember(ctx, result.inputs) };
    },

    diff: async (ctx, _wire, { news }, declared) => {
      const work = checked.has(ctx, news) ? news["work"] : await readOutsideChanges(ctx, runtime, news);
      // Without the database the meaning of the texts is unknown: then a changed text is a change.
      if (!isList(work)) return declared;
      return work.length > 0 ? { ...declared, work: "update" } : {};
    },

    preview: async (ctx, wire) => {
      await previewAccess(ctx, runtime, wire);
      return {};
    },

    perform: async (ctx, wire) => toAccessFacts(await applyAccess(ctx, runtime, queue, wire)),

    observe: async (_ctx, { id, oldInputs }) => {
      const table = parseTableId(id);
      if (!table) throw new Refusal(`"${id}" is not the id of a row policy; write schema.table`);
      const key = oldInputs && decodeKey(requireWire(rowPolicyType.inputs, oldInputs).key);
      const observation = await runtime.observe(table, key);
      const carried = observation.table?.carried;
      if (!carried) return undefined;
      return { inputs: oldInputs ?? importRowPolicyInputs(table, observation, carried), facts: toAccessFacts(carried) };
    },

    remove: (ctx, wire) => forget(ctx, runtime, wire),

    list: async function* () {
      for (const table of await listPartitionedTables(runtime.database)) {
        const carried = (await runtime.observe(table)).table?.carried;
        if (carried && (carried.rowSecurity.enabled || carried.policies.length > 0 || carried.grants.length > 0))
          yield { id: formatTableId(table), name: table.table };
      }
    },
  };
});

function describeSubject({ schema, table }: RowPolicyWire): string {
  return `the row policy of "${schema}.${table}"`;
}

async function checkAccess(
  ctx: ResourceContext,
  runtime: Runtime,
  declared: RowPolicyWire,
  news: PropertyMap,
): Promise<CheckResult> {
  const resolved = await resolvePolicies(runtime, declared, declared.rowSecurity);
  if ("problem" in resolved) return { inputs: news, failures: toFailures([resolved.problem]) };
  const wire = { ...declared, ...(resolved.security ? { rowSecurity: resolved.security } : {}) };
  const inputs = { ...news, ...(resolved.security ? toProperties({ rowSecurity: resolved.security }) : {}) };
  const observation = await runtime.observe(wire, decodeKey(wire.key));
  const owned = findOwnershipProblems(wire, observation, runtime.getOwner(ctx));
  if (owned.length > 0) return { inputs, failures: toFailures(owned) };
  const { work, asked } = await planAccess(runtime, wire, observation);
  const problems = [...(await findMissingRoles(runtime, wire, observation)), ...asked.problems];
  if (wire.rowSecurity?.enable) await warnOfViews(ctx, runtime, wire);
  return { inputs: { ...inputs, work: [...work] }, failures: toFailures(tellProblems(ctx, runtime, wire, problems)) };
}

/** Plans the changes of an existing table; a new one is created with all of them. */
async function planAccess(
  runtime: Runtime,
  wire: RowPolicyWire,
  observation: Observation,
): Promise<RowPolicyPlan & { readonly asked: AskedPolicies }> {
  const asked = await askPolicies(runtime, wire, wire, observation);
  const carried = observation.table?.carried;
  if (!carried) return { statements: [], work: [], asked };
  const { serverVersion } = observation;
  const table: Relation = { schema: wire.schema, name: wire.table, role: "parent", fresh: false, serverVersion };
  const prints = { registered: observation.registration?.policies ?? [], asked: asked.printed };
  return { ...planRowPolicy(table, wire, carried, prints), asked };
}

/** Finds roles that an existing table gives rights to for the first time; its Table judges those of a new one. */
async function findMissingRoles(
  runtime: Runtime,
  wire: RowPolicyWire,
  observation: Observation,
): Promise<readonly NeedProblem[]> {
  const roles = observation.table ? listRoles(wire, observation) : [];
  if (roles.length === 0) return [];
  const needs = { roles, schemas: [], tablespaces: [], keys: [] };
  return findNeedProblems(needs, await readNeeded(runtime.database, needs));
}

/** Returns changes made outside Pulumi since the last update, for a refresh. */
async function readOutsideChanges(
  ctx: ResourceContext,
  runtime: Runtime,
  inputs: PropertyMap,
): Promise<string[] | undefined> {
  const wire = requireWire(rowPolicyType.inputs, inputs);
  return [...(await planAccess(runtime, wire, await runtime.observe(wire, decodeKey(wire.key)))).work];
}

async function previewAccess(ctx: ResourceContext, runtime: Runtime, wire: RowPolicyWire): Promise<void> {
  const observation = await runtime.observe(wire, decodeKey(wire.key));
  const { statements, work } = await planAccess(runtime, wire, observation);
  runtime.addBeside(ctx, wire, statements);
  showStatements(ctx, `row policy ${wire.schema}.${wire.table}: ${work.join("; ")}`, statements);
}

/** Observes, decides, executes and observes again: the change and its row of the registry are committed together. */
async function applyAccess(
  ctx: ResourceContext,
  runtime: Runtime,
  queue: TableQueue,
  wire: RowPolicyWire,
): Promise<CarriedState> {
  const key = decodeKey(wire.key);
  const subject = describeSubject(wire);
  return queue.run(
    runtime.database,
    wire,
    ctx,
    () => runtime.observe(wire, key),
    async (turn) => {
      const { observation } = turn;
      if (!observation.table?.carried) throw new Refusal(`${subject}: the table does not exist or is not partitioned`);
      const owned = findOwnershipProblems(wire, observation, runtime.getOwner(ctx));
      if (owned.length > 0) refuse(subject, owned);
      const { statements, work, asked } = await planAccess(runtime, wire, observation);
      // Before anything runs: one bad expression leaves the other policies unchanged.
      const judge = async () => [...(await findMissingRoles(runtime, wire, observation)), ...asked.problems];
      const bad = await judge();
      if (bad.length > 0) refuse(subject, bad);
      if (work.length === 0) return observation.table.carried;
      runtime.addBeside(ctx, wire, statements);
      const options = { signal: ctx.signal, log: ctx.log, subject: `applying ${subject}` };
      await nameArguments(subject, judge, () =>
        runtime.database.execute([...statements, ...buildRecordStatements(ctx, runtime, wire, observation)], options),
      );
      const after = await runtime.observeAgain(wire, key);
      turn.update(after);
      return after.table?.carried ?? observation.table.carried;
    },
  );
}

/** Records in the transaction of the change. A table that was only imported is known to the state alone until then. */
function buildRecordStatements(
  ctx: ResourceContext,
  runtime: Runtime,
  wire: RowPolicyWire,
  { registration }: Observation,
): Statement[] {
  const { management } = createWorkContext(runtime, ctx);
  const table = { schema: wire.schema, table: wire.table };
  const records = [
    ...(registration ? [] : [registerTableStatement(management, { ...table, owner: runtime.getOwner(ctx) })]),
    ...(wire.rowSecurity?.policies
      ? [recordPoliciesStatement(management, { ...table, policies: listDeclaredPolicies(wire) })]
      : []),
  ];
  return records.map((record) => ({ ...record, transaction: nameRowPolicyTransaction(wire) }));
}

/** Forgets the rules. Removing them from a program never opens a table: it keeps its rules, unmanaged. */
async function forget(ctx: ResourceContext, runtime: Runtime, wire: RowPolicyWire): Promise<void> {
  const observation = await runtime.observe(wire, decodeKey(wire.key));
  const { table, registration } = observation;
  if (isPlainAgain(runtime, wire, observation)) return;
  if (!table?.carried || registration?.mode === "released" || registration?.owner !== runtime.getOwner(ctx)) return;
  const { rowSecurity, policies } = table.carried;
  ctx.log.info(
    `table "${wire.schema}.${wire.table}" keeps row security ${rowSecurity.enabled ? "on" : "off"}, ${policies.length} policies and its grants; only the state forgets them. ` +
      "New partitions of a table with row security are created closed. To switch it off, declare rowSecurity: { enable: false }",
  );
}

/** Warns of views that bypass the policies of a table, with the fix. */
async function warnOfViews(ctx: CallContext, runtime: Runtime, table: TableName): Promise<void> {
  for (const view of await readViewLeaks(runtime.database, table)) {
    const name = `"${view.schema}"."${view.name}"`;
    ctx.log.warn(
      view.materialized
        ? `materialized view ${name} has rows of "${table.schema}.${table.table}" outside of its row security: every reader of the view sees them all. Revoke its privileges from roles that row security is for.`
        : `view ${name} reads "${table.schema}.${table.table}" as its owner "${view.owner}", exempt from row security: every reader of the view sees every row. ALTER VIEW ${name} SET (security_invoker = true) limits it to the reader's rows.`,
    );
  }
}
