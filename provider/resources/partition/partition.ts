import { formatMemberId, formatTableId, parseMemberId } from "../../../core/names/resource-id";
import type { Observation } from "../../../core/observed/table";
import { decidingHorizon } from "../../../core/window/clocks";
import { planCreation } from "../../../core/plan/create/creation";
import { statementsOfCreation } from "../../../core/plan/create/statements";
import { partitionType } from "../../../core/resources/partition";
import { keyFromWire, partitionInterval, type PartitionWire } from "../../../core/declare/table/wire";
import { observedParent, type ParentShape } from "../../../core/partition/carry/parent";
import { compareInstants, earlier, formatInstant } from "../../../core/time/instant";
import { formatInterval, type Interval, sameInterval } from "../../../core/time/interval";
import { hasExpired, planWindow } from "../../../core/window/window";
import { windowFromWire } from "../../../core/window/wire";
import { listPartitionedTables } from "../../../postgres/read/list-tables";
import { createPartition, withCreated } from "../../../postgres/work/create-partition";
import type { ResourceContext } from "../../runtime/context";
import { Refusal } from "../../runtime/failures";
import type { ListItem, Problem } from "../../runtime/handler";
import type { Runtime } from "../../runtime/runtime";
import type { TableQueue } from "../../runtime/table-queue";
import type { PropertyMap } from "../../runtime/values";
import { withCountedRows } from "../shared/default-rows";
import { defineResource, type Observed } from "../shared/define-resource";
import { importedKey, refuse, requireWire } from "../shared/inputs";
import { ownershipProblems } from "../shared/table-problems";
import { rowsAreGone, workContext } from "../shared/work";

/**
 * One partition. Create creates, adopts or restores; Delete only forgets, because only the window retires. Check and Diff send
 * no queries: the engine calls them one after the other.
 */
export const partition = defineResource(partitionType, (runtime, queue) => ({
  id: (wire, facts) => formatMemberId(wire, typeof facts?.partition === "string" ? facts.partition : wire.name),
  identify: intervalId,
  // The name is not included: an adopted partition keeps its own.
  declared: ["schema", "table", "from", "to", "allowEmpty"],

  check: async (_ctx, wire, { olds }) => ({ failures: boundsProblems(olds, wire) }),

  preview: async (ctx, wire) => ({ partition: await previewPartition(ctx, runtime, wire) }),

  perform: async (ctx, wire) => ({ partition: await makePartition(ctx, runtime, queue, wire) }),

  observe: async (_ctx, { id, oldInputs }) => (oldInputs ? refreshed(runtime, oldInputs) : imported(runtime, id)),

  remove: async (ctx, wire) => {
    const observation = await runtime.observe(wire, keyFromWire(wire.key));
    requireForgettable(ctx, runtime, wire, observation);
  },

  list: () => listPartitions(runtime),
}));

/** Returns an id of table and bounds: the partition's name may differ in the database. */
function intervalId(wire: PartitionWire): string {
  return formatMemberId(wire, formatInterval(partitionInterval(wire)));
}

async function previewPartition(ctx: ResourceContext, runtime: Runtime, wire: PartitionWire): Promise<string> {
  const key = keyFromWire(wire.key);
  const found = await runtime.observeIfReachable(ctx, wire, key);
  if (!found) return wire.name;
  const observation = await withCountedRows(runtime, wire, key, found, [partitionInterval(wire)]);
  const creation = planCreation(specOf(wire), { ...partitionInterval(wire), name: wire.name }, observation);
  if (creation.kind === "refuse") refuse(`partition "${wire.name}"`, [creation.problem]);
  const parent = parentOf(runtime, wire, observation);
  if (parent) for (const statement of statementsOfCreation(parent, creation)) ctx.log.debug(statement.sql);
  return creation.kind === "present"
    ? creation.leaf.name
    : creation.kind === "attach"
      ? creation.detached.name
      : wire.name;
}

async function makePartition(
  ctx: ResourceContext,
  runtime: Runtime,
  queue: TableQueue,
  wire: PartitionWire,
): Promise<string> {
  const key = keyFromWire(wire.key);
  return queue.run(
    runtime.database,
    wire,
    ctx,
    () => runtime.observe(wire, key),
    async (turn) => {
      const observation = await withCountedRows(runtime, wire, key, turn.observation, [partitionInterval(wire)]);
      const problems = ownershipProblems(wire, observation, runtime.owner(ctx));
      if (problems.length > 0) refuse(`partition "${wire.name}"`, problems);
      const parent = parentOf(runtime, wire, observation);
      if (!parent || !observation.table)
        throw new Refusal(`table "${wire.schema}.${wire.table}" does not exist; its Table resource creates it first`);
      const creation = planCreation(specOf(wire), { ...partitionInterval(wire), name: wire.name }, observation);
      if (creation.kind === "refuse") refuse(`partition "${wire.name}"`, [creation.problem]);
      if (creation.kind === "create" && creation.lost) ctx.log.warn(rowsAreGone(wire.name));
      const known = creation.kind === "present" && observation.ledger.some((entry) => entry.oid === creation.leaf.oid);
      // The window reads the archive after everything else, outside of the table's lock.
      if (!known && creation.kind !== "restore") await createPartition(workContext(runtime, ctx), parent, creation);
      turn.update(withCreated(parent, observation, creation));
      return creation.kind === "present"
        ? creation.leaf.name
        : creation.kind === "attach"
          ? creation.detached.name
          : wire.name;
    },
  );
}

/** Throws if forgetting could lose data: a partition inside its window is not forgotten, not even an empty one. */
function requireForgettable(
  ctx: ResourceContext,
  runtime: Runtime,
  wire: PartitionWire,
  observation: Observation,
): void {
  const interval = partitionInterval(wire);
  const leaf = findLeaf(observation.table, interval);
  if (!leaf) return;
  const registration = observation.registration;
  if (!registration || registration.mode === "released" || registration.owner !== runtime.owner(ctx)) return;
  const window = windowFromWire(registration.window);
  if (!("spec" in window)) return;
  if (window.spec.resources === "window") return;
  const clocks = runtime.clocks(runtime.latestAsOf(wire) ?? observation.now, observation);
  if (hasExpired(leaf.bounds?.to, decidingHorizon(window.spec, clocks))) return;
  // Created for a longer lead, or by a clock that was ahead: it remains attached, and preview lists it as kept.
  const moment = clocks.trusted ?? earlier(clocks.asOf, clocks.database);
  if (!planWindow(window.spec, moment).desired.some((wanted) => sameInterval(wanted, interval))) return;
  throw new Refusal(
    `partition "${leaf.name}" (${formatInterval(interval)}) of "${wire.schema}.${wire.table}" is inside its window and is not deleted, whatever it holds. ` +
      `A partition is retired by the window (retention), the whole table by allowDestroy, and this stack releases it by \`pgpartition release ${wire.schema}.${wire.table}\``,
  );
}

type ObservedPartition = Observed<typeof partitionType> | undefined;

async function refreshed(runtime: Runtime, inputs: PropertyMap): Promise<ObservedPartition> {
  const wire = requireWire(partitionType.inputs, inputs);
  const { table } = await runtime.observe(wire, keyFromWire(wire.key));
  const leaf = findLeaf(table, partitionInterval(wire));
  return leaf && { inputs, facts: { partition: leaf.name } };
}

async function imported(runtime: Runtime, id: string): Promise<ObservedPartition> {
  const member = parseMemberId(id);
  if (!member) throw new Refusal(`"${id}" is not the id of a partition; write schema.table#partition`);
  const observation = await runtime.observe(member);
  const leaf = observation.table?.leaves.find((candidate) => candidate.name === member.member);
  if (!leaf?.bounds?.from || !leaf.bounds.to) return undefined;
  const { schema, table } = member;
  const bounds = { from: formatInstant(leaf.bounds.from), to: formatInstant(leaf.bounds.to) };
  const inputs: PropertyMap = { schema, table, name: leaf.name, ...bounds, key: importedKey(observation) };
  return { inputs, facts: { partition: leaf.name } };
}

function findLeaf(table: Observation["table"], interval: Interval) {
  return table?.leaves.find(({ bounds }) => bounds !== undefined && sameInterval(bounds, interval));
}

async function* listPartitions(runtime: Runtime): AsyncGenerator<ListItem> {
  for (const table of await listPartitionedTables(runtime.database)) {
    const { table: found } = await runtime.observe(table);
    // Import takes neither a default partition nor a branch, which belong to the table and its window.
    for (const leaf of found?.leaves ?? [])
      if (leaf.bounds?.from && leaf.bounds.to) yield { id: formatMemberId(table, leaf.name), name: leaf.name };
  }
}

/** Returns the parent from the catalogue, or as this preview plans it. */
function parentOf(runtime: Runtime, wire: PartitionWire, observation: Observation): ParentShape | undefined {
  if (!observation.table) return runtime.planned.get(formatTableId(wire))?.parent;
  return observedParent(observation.table, keyFromWire(wire.key), runtime.known(wire, observation));
}

function specOf(wire: PartitionWire): Parameters<typeof planCreation>[0] {
  const range = partitionInterval(wire);
  return { allowEmpty: wire.allowEmpty ? [range] : [], restored: wire.restored ? [{ range, until: undefined }] : [] };
}

function boundsProblems(olds: PropertyMap | undefined, wire: PartitionWire): Problem[] {
  const { from, to } = partitionInterval(wire);
  if (compareInstants(from, to) >= 0)
    return [{ property: "to", reason: `the partition ends (${wire.to}) before it begins (${wire.from})` }];
  if (!olds) return [];
  return (["schema", "table", "from", "to"] as const).flatMap((property) =>
    olds[property] === wire[property]
      ? []
      : [
          {
            property,
            reason: `the ${property} of a partition never changes (was ${String(olds[property])}, now ${wire[property]}); declare another partition`,
          },
        ],
  );
}
