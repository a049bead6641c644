import { formatTableId, parseTableId } from "../../core/names/resource-id";
import type { Observation } from "../../core/observed";
import { type Alias, aliasesOf, type AliasPlan, declaredBy, planAliases, signature } from "../../core/schedule/aliases";
import { type FunctionAliasesWire, functionAliasesWireSchema } from "../../core/spec/function-names";
import { readWire } from "../../core/spec/wire";
import { readTakenNames } from "../../postgres/names-taken";
import { listManaged } from "../../postgres/ownership";
import { recordAliasesStatement } from "../../postgres/registry-schedule";
import type { ResourceContext } from "../context";
import { Refusal } from "../failures";
import type { ResourceHandler } from "../handler";
import type { Runtime } from "../runtime";
import { containsUnknown, type PropertyMap, UNKNOWN } from "../values";
import { asProperties, declaredDiff, diffResult, failures, refuse, requireWire } from "./inputs";
import { ownershipProblems } from "./table-problems";
import { workContext } from "./work";

const DECLARED = ["schema", "table", "aliasSchema", "names"];

/** Functions and views under the names that callers of a table use: thin ones over those of the management schema. */
export function functionAliasesHandler(runtime: Runtime): ResourceHandler {
  const apply = async (ctx: ResourceContext, inputs: PropertyMap, preview: boolean): Promise<PropertyMap> => {
    const wire = wireOf(inputs);
    const wanted = aliasesOf(runtime.config.managementSchema, wire);
    if (preview) {
      const found = await runtime.ifReachable(ctx, () => readPlan(runtime, wire, wanted));
      if (found) describe(ctx, wire, found.plan);
      return { ...inputs, functions: wanted.map(signature), database: UNKNOWN };
    }
    await perform(ctx, runtime, wire, wanted);
    return { ...inputs, functions: wanted.map(signature), database: await runtime.identity() };
  };
  return {
    token: "pgpartition:index:FunctionAliases",

    check: async (ctx, { news }) => {
      if (containsUnknown(news)) return { inputs: news, failures: [] };
      const read = readWire(functionAliasesWireSchema, news);
      if ("problems" in read) return { inputs: news, failures: failures(read.problems) };
      const other = runtime.declare(ctx, formatTableId(read.value));
      const twice = other
        ? [{ property: "table", reason: `names for "${read.value.table}" are declared twice: also by ${other}` }]
        : [];
      const wanted = aliasesOf(runtime.config.managementSchema, read.value);
      const found = await runtime.ifReachable(ctx, () => readPlan(runtime, read.value, wanted));
      return { inputs: news, failures: [...twice, ...failures(found?.plan.problems ?? [])] };
    },

    /** What somebody dropped or changed by hand is made again by every update, with a refresh or without. */
    diff: async (ctx, { oldInputs, news }) => {
      const declared = declaredDiff(oldInputs, news, DECLARED);
      const wire = wireOf(news);
      const observation = await runtime.ifReachable(ctx, () => runtime.observe(wire));
      const wanted = aliasesOf(runtime.config.managementSchema, wire);
      const drifted = observation && planAliases(wanted, aliasesIn(observation), []).differences.length > 0;
      return diffResult(drifted ? { ...declared, functions: "update" } : declared);
    },

    create: async (ctx, { inputs, preview }) => ({
      id: formatTableId(wireOf(inputs)),
      outputs: await apply(ctx, inputs, preview),
    }),

    update: async (ctx, { news, oldOutputs, preview }) => {
      if (!preview) await runtime.requireSameDatabase(oldOutputs);
      return { outputs: await apply(ctx, news, preview) };
    },

    read: async (_ctx, { id, oldInputs, oldOutputs }) => {
      const table = parseTableId(id);
      if (!table) throw new Refusal(`"${id}" is not the id of a table; write schema.table`);
      if (oldOutputs) await runtime.requireSameDatabase(oldOutputs);
      const there = aliasesIn(await runtime.observe(table)).filter((alias) => alias.state === "same");
      if (there.length === 0) return undefined;
      const inputs = oldInputs ?? asProperties(declaredBy(runtime.config.managementSchema, table, there) ?? table);
      const outputs = { ...inputs, functions: there.map(signature), database: await runtime.identity() };
      return { id, inputs, outputs };
    },

    delete: async (ctx, { id, oldInputs, oldOutputs }) => {
      await runtime.requireSameDatabase(oldOutputs);
      if (runtime.renamed(ctx, id)) return;
      await perform(ctx, runtime, wireOf(oldInputs), []);
    },

    list: async function* () {
      for (const table of await listManaged(runtime.database))
        if (aliasesIn(await runtime.observe(table)).some((alias) => alias.state === "same"))
          yield { id: formatTableId(table), name: `${table.table}-functions` };
    },
  };
}

/** Names are looked up only where something is to be made: an unchanged update asks nothing. */
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
    // A table of another stack, or one that is not registered any more, has no names of ours to take away.
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

function wireOf(inputs: PropertyMap): FunctionAliasesWire {
  return requireWire(functionAliasesWireSchema, inputs);
}
