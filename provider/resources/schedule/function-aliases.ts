import { formatTableId, parseTableId } from "../../../core/names/resource-id";
import type { Observation } from "../../../core/observed/observed-table";
import { functionAliasesType } from "../../../core/resources/function-aliases";
import {
  type Alias,
  aliasesOf,
  type AliasPlan,
  declaredBy,
  planAliases,
  signature,
} from "../../../core/schedule/aliases";
import type { FunctionAliasesWire } from "../../../core/declare/schedule/function-names";
import { readTakenNames } from "../../../postgres/read/names-taken";
import { listManaged } from "../../../postgres/read/ownership";
import { recordAliasesStatement } from "../../../postgres/registry/schedule-records";
import type { ResourceContext } from "../../runtime/call-context";
import { Refusal } from "../../runtime/failures";
import type { Runtime } from "../../runtime/runtime";
import { defineResource } from "../shared/define-resource";
import { asProperties, failures, refuse } from "../shared/inputs";
import { ownershipProblems } from "../shared/table-problems";
import { workContext } from "../shared/run-context";

/** Functions and views under the names that callers of a table use: thin wrappers over those of the management schema. */
export const functionAliases = defineResource(functionAliasesType, (runtime) => ({
  id: formatTableId,
  declaredOnce: ({ table }) => ({ property: "table", subject: `the set of names for "${table}"` }),

  check: async (ctx, wire) => {
    const found = await runtime.ifReachable(ctx, () => readPlan(runtime, wire, wantedOf(runtime, wire)));
    return { failures: failures(found?.plan.problems ?? []) };
  },

  /** Compares with the database: every update restores what was dropped or changed by hand, with or without a refresh. */
  diff: async (ctx, wire, _request, declared) => {
    const observation = await runtime.ifReachable(ctx, () => runtime.observe(wire));
    const drifted =
      observation && planAliases(wantedOf(runtime, wire), aliasesIn(observation), []).differences.length > 0;
    return drifted ? { ...declared, functions: "update" } : declared;
  },

  preview: async (ctx, wire) => {
    const wanted = wantedOf(runtime, wire);
    const found = await runtime.ifReachable(ctx, () => readPlan(runtime, wire, wanted));
    if (found) describe(ctx, wire, found.plan);
    return { functions: wanted.map(signature) };
  },

  perform: async (ctx, wire) => {
    const wanted = wantedOf(runtime, wire);
    await perform(ctx, runtime, wire, wanted);
    return { functions: wanted.map(signature) };
  },

  observe: async (_ctx, { id, oldInputs }) => {
    const table = parseTableId(id);
    if (!table) throw new Refusal(`"${id}" is not the id of a table; write schema.table`);
    const there = aliasesIn(await runtime.observe(table)).filter((alias) => alias.state === "same");
    if (there.length === 0) return undefined;
    const inputs = oldInputs ?? asProperties(declaredBy(runtime.config.managementSchema, table, there) ?? table);
    return { inputs, facts: { functions: there.map(signature) } };
  },

  remove: (ctx, wire) => perform(ctx, runtime, wire, []),

  list: async function* () {
    for (const table of await listManaged(runtime.database))
      if (aliasesIn(await runtime.observe(table)).some((alias) => alias.state === "same"))
        yield { id: formatTableId(table), name: `${table.table}-functions` };
  },
}));

function wantedOf(runtime: Runtime, wire: FunctionAliasesWire): Alias[] {
  return aliasesOf(runtime.config.managementSchema, wire);
}

/** Looks names up only if one has to be created: an unchanged update sends no query. */
async function readPlan(
  runtime: Runtime,
  wire: FunctionAliasesWire,
  wanted: readonly Alias[],
): Promise<{ readonly plan: AliasPlan; readonly observation: Observation }> {
  const observation = await runtime.observe(wire);
  const registered = aliasesIn(observation);
  const plan = planAliases(wanted, registered, []);
  if (plan.statements.length === 0) return { plan, observation };
  const names = [...new Set(wanted.map((alias) => alias.name))];
  const taken = await readTakenNames(runtime.database, wire.aliasSchema, names);
  return { plan: planAliases(wanted, registered, taken), observation };
}

async function perform(
  ctx: ResourceContext,
  runtime: Runtime,
  wire: FunctionAliasesWire,
  wanted: readonly Alias[],
): Promise<void> {
  const subject = `naming functions of "${wire.schema}.${wire.table}"`;
  const options = { signal: ctx.signal, log: ctx.log, subject };
  await runtime.database.withTableLock(wire.schema, wire.table, options, async () => {
    runtime.database.invalidate(wire.schema, wire.table);
    const { plan, observation } = await readPlan(runtime, wire, wanted);
    const removing = wanted.length === 0;
    // A table of another stack, or one that is no longer registered, has no names managed by this stack.
    const owned = ownershipProblems(wire, observation, runtime.owner(ctx));
    if (removing && (owned.length > 0 || !observation.registration)) return;
    const problems = [...owned, ...plan.problems];
    if (problems.length > 0) refuse(subject, problems);
    const [first] = plan.statements;
    if (!first) return;
    const entry = { schema: wire.schema, table: wire.table, aliases: wanted };
    const record = recordAliasesStatement(workContext(runtime, ctx).management, entry);
    await runtime.database.execute([...plan.statements, { ...record, transaction: first.transaction }], options);
    runtime.database.invalidate(wire.schema, wire.table);
  });
}

function describe(ctx: ResourceContext, wire: FunctionAliasesWire, plan: AliasPlan): void {
  if (plan.statements.length === 0) return;
  const lines = plan.statements.map(({ sql }) => `  ${sql};`);
  ctx.log.info(
    [`names for callers of ${wire.schema}.${wire.table}: ${plan.differences.join(", ")}`, ...lines].join("\n"),
  );
}

function aliasesIn(observation: Observation) {
  return observation.registration?.aliases ?? [];
}
