import { formatMemberId, formatTableId, parseMemberId } from "../../../core/names/resource-id";
import type { WindowSpec } from "../../../core/declare/table/spec";
import type { Observation } from "../../../core/observed/observed-table";
import { getDecidingHorizon } from "../../../core/window/clocks";
import { type Creation, planCreation } from "../../../core/plan/create/creation";
import { buildCreationStatements } from "../../../core/plan/create/step-statements";
import { partitionType } from "../../../core/resources/partition";
import { decodeKey, decodePartitionInterval, type PartitionWire } from "../../../core/declare/table/wire";
import { buildObservedParent, type ParentShape } from "../../../core/partition/carry/parent";
import { compareInstants, pickEarlier, formatInstant } from "../../../core/time/instant";
import { formatInterval, type Interval, isSameInterval } from "../../../core/time/interval";
import { hasExpired, planWindow } from "../../../core/window/window-partitions";
import { decodeWindow } from "../../../core/window/wire";
import { listPartitionedTables } from "../../../postgres/read/list-tables";
import type { ComingPartition } from "../../../postgres/work/build-index";
import { createPartition, addCreated } from "../../../postgres/work/create-partition";
import type { ResourceContext } from "../../runtime/call-context";
import { Refusal } from "../../runtime/failures";
import type { ListItem, Problem } from "../../runtime/handler";
import type { Runtime } from "../../runtime/runtime";
import type { TableQueue } from "../../runtime/table-queue";
import type { PropertyMap } from "../../runtime/values";
import { addCountedRows } from "../shared/counted-default";
import { defineResource, type Observed } from "../shared/define-resource";
import { importKey, refuse, requireWire } from "../shared/inputs";
import { nameTableArguments } from "../shared/judge";
import { isPlainAgain } from "../shared/plain-again";
import { findOwnershipProblems, refuseDestroy } from "../shared/table-problems";
import { describeGoneRows, createWorkContext } from "../shared/run-context";

/**
 * One partition. Create creates, adopts or restores; Delete only forgets, because only the window retires. Check and Diff send
 * no queries: the engine calls them one after the other.
 */
export const partition = defineResource(partitionType, (runtime, queue) => ({
  id: (wire, facts) => formatMemberId(wire, typeof facts?.partition === "string" ? facts.partition : wire.name),
  identify: formatIntervalId,
  // The name is not included: an adopted partition keeps its own.
  declared: ["schema", "table", "from", "to", "allowEmpty", "status"],

  check: async (_ctx, wire, { olds }) => ({ failures: findBoundsProblems(olds, wire) }),

  preview: async (ctx, wire) => ({ partition: await previewPartition(ctx, runtime, wire) }),

  perform: async (ctx, wire) => ({
    partition: wire.status ? await requireLeft(runtime, wire) : await makePartition(ctx, runtime, queue, wire),
  }),

  observe: async (_ctx, { id, oldInputs }) =>
    oldInputs ? refreshPartition(runtime, oldInputs) : importPartition(runtime, id),

  remove: async (ctx, wire) => {
    const observation = await runtime.observe(wire, decodeKey(wire.key));
    requireForgettable(ctx, runtime, wire, observation);
  },

  list: () => listPartitions(runtime),
}));

/** Returns an id of table and bounds: the partition's name may differ in the database. */
function formatIntervalId(wire: PartitionWire): string {
  return formatMemberId(wire, formatInterval(decodePartitionInterval(wire)));
}

async function previewPartition(ctx: ResourceContext, runtime: Runtime, wire: PartitionWire): Promise<string> {
  if (wire.status) return wire.name;
  const key = decodeKey(wire.key);
  const found = await runtime.observe(wire, key);
  const observation = await addCountedRows(runtime, wire, key, found, [decodePartitionInterval(wire)]);
  const creation = planCreation(
    toCreationSpec(wire),
    { ...decodePartitionInterval(wire), name: wire.name },
    observation,
  );
  if (creation.kind === "refuse") refuse(`partition "${wire.name}"`, [creation.problem]);
  const parent = getParent(runtime, wire, observation);
  if (observation.table && parent) rememberComing(runtime, wire, parent, creation);
  if (parent) for (const statement of buildCreationStatements(parent, creation)) ctx.log.debug(statement.sql);
  return creation.kind === "present"
    ? creation.attached.name
    : creation.kind === "attach"
      ? creation.detached.name
      : wire.name;
}

/** Remembers a partition for the indexes, which are built on it after it is attached. */
function rememberComing(runtime: Runtime, wire: PartitionWire, parent: ParentShape, creation: Creation): void {
  if (creation.kind !== "create" && creation.kind !== "attach") return;
  const coming: ComingPartition =
    creation.kind === "attach"
      ? { schema: creation.detached.schema, name: creation.detached.name, detached: creation.detached }
      : { schema: parent.partitionSchema, name: creation.partition.name };
  const id = formatTableId(wire);
  runtime.coming.set(id, [...(runtime.coming.get(id) ?? []), coming]);
}

async function makePartition(
  ctx: ResourceContext,
  runtime: Runtime,
  queue: TableQueue,
  wire: PartitionWire,
): Promise<string> {
  const key = decodeKey(wire.key);
  return queue.run(
    runtime.database,
    wire,
    ctx,
    () => runtime.observe(wire, key),
    async (turn) => {
      const observation = await addCountedRows(runtime, wire, key, turn.observation, [decodePartitionInterval(wire)]);
      const problems = findOwnershipProblems(wire, observation, runtime.getOwner(ctx));
      if (problems.length > 0) refuse(`partition "${wire.name}"`, problems);
      const parent = getParent(runtime, wire, observation);
      if (!parent || !observation.table)
        throw new Refusal(`table "${wire.schema}.${wire.table}" does not exist; its Table resource creates it first`);
      const creation = planCreation(
        toCreationSpec(wire),
        { ...decodePartitionInterval(wire), name: wire.name },
        observation,
      );
      if (creation.kind === "refuse") refuse(`partition "${wire.name}"`, [creation.problem]);
      if (creation.kind === "create" && creation.lost) ctx.log.warn(describeGoneRows(wire.name));
      const known =
        creation.kind === "present" && observation.ledger.some((entry) => entry.oid === creation.attached.oid);
      // The window reads the archive after everything else, outside of the table's lock.
      if (!known && creation.kind !== "restore")
        await nameTableArguments(runtime, wire, `partition "${creation.partition.name}" was not created`, () =>
          createPartition(createWorkContext(runtime, ctx), parent, creation),
        );
      turn.update(addCreated(parent, observation, creation));
      return creation.kind === "present"
        ? creation.attached.name
        : creation.kind === "attach"
          ? creation.detached.name
          : wire.name;
    },
  );
}

/** Returns the name of a partition that the window, which came before, has detached; throws if it has not. */
async function requireLeft(runtime: Runtime, wire: PartitionWire): Promise<string> {
  const interval = decodePartitionInterval(wire);
  const { table, detached } = await runtime.observe(wire, decodeKey(wire.key));
  const attached = findPartition(table, interval);
  if (!attached) return findDetached(detached, interval)?.name ?? wire.name;
  throw new Refusal(
    `partition "${attached.name}" (${formatInterval(interval)}) of "${wire.schema}.${wire.table}" is still attached: ` +
      "something that needs it came up during the update, and the warnings of its window name that. Nothing was lost; run `pulumi up` again",
  );
}

/**
 * Throws if forgetting could lose data, or would deny a table that is there: a partition inside its window is not forgotten, not
 * even an empty one, and one whose table was to be dropped is not while it exists.
 */
function requireForgettable(
  ctx: ResourceContext,
  runtime: Runtime,
  wire: PartitionWire,
  observation: Observation,
): void {
  const interval = decodePartitionInterval(wire);
  const registration = observation.registration;
  if (!registration || registration.mode === "released" || registration.owner !== runtime.getOwner(ctx)) return;
  if (isPlainAgain(runtime, wire, observation)) return;
  const window = decodeWindow(registration.window);
  if (!("spec" in window)) return;
  if (window.spec.resources === "window") return;
  const attached = findPartition(observation.table, interval);
  if (!attached) return requireDropped(runtime, wire, observation, window.spec);
  const clocks = runtime.getClocks(runtime.getLatestAsOf(wire) ?? observation.now, observation);
  const name = `partition "${attached.name}" (${formatInterval(interval)}) of "${wire.schema}.${wire.table}"`;
  if (hasExpired(attached.bounds?.to, getDecidingHorizon(window.spec, clocks))) {
    if (isAsked(runtime, wire)) throw refuseStill(name, "attached");
    return;
  }
  // Created for a longer lead, or by a clock that was ahead: it remains attached, and preview lists it as kept.
  const moment = clocks.trusted ?? pickEarlier(clocks.asOf, clocks.database);
  if (!planWindow(window.spec, moment).desired.some((wanted) => isSameInterval(wanted, interval))) return;
  throw new Refusal(
    `${name} is inside its window and is not deleted, whatever it holds. ` +
      `A partition is retired by the window (retention), the whole table by allowDestroy, and this stack releases it by \`pgpartition release ${wire.schema}.${wire.table}\``,
  );
}

/** Throws while the table of a detached partition exists that a drop was promised for. */
function requireDropped(runtime: Runtime, wire: PartitionWire, observation: Observation, spec: WindowSpec): void {
  const left = findDetached(observation.detached, decodePartitionInterval(wire));
  if (!left || (left.dropAfter === undefined && !left.toArchive && !left.archived)) return;
  // The window comes later in a destroy, and refuses it for the whole table.
  if (!runtime.declaresTable(wire) && spec.ownsTable && !runtime.isDestroyAllowed(wire))
    throw refuseDestroy(wire, observation);
  if (isAsked(runtime, wire))
    throw refuseStill(`partition "${left.name}" of "${wire.schema}.${wire.table}"`, "there, detached");
}

/** True if this run's program was told which partitions to declare: one that it leaves out was to be dropped before. */
function isAsked(runtime: Runtime, wire: PartitionWire): boolean {
  return runtime.outside.has(formatTableId(wire)) && runtime.declaresTable(wire);
}

function refuseStill(name: string, how: string): Refusal {
  return new Refusal(
    `${name} is still ${how}: its drop was planned, and something that needs it came up during the update; the warnings of its window name that. ` +
      "Nothing was lost; run `pulumi up` again",
  );
}

type ObservedPartition = Observed<typeof partitionType> | undefined;

async function refreshPartition(runtime: Runtime, inputs: PropertyMap): Promise<ObservedPartition> {
  const wire = requireWire(partitionType.inputs, inputs);
  const { table, detached } = await runtime.observe(wire, decodeKey(wire.key));
  const interval = decodePartitionInterval(wire);
  const found = wire.status ? findDetached(detached, interval) : findPartition(table, interval);
  return found && { inputs, facts: { partition: found.name } };
}

async function importPartition(runtime: Runtime, id: string): Promise<ObservedPartition> {
  const member = parseMemberId(id);
  if (!member) throw new Refusal(`"${id}" is not the id of a partition; write schema.table#partition`);
  const observation = await runtime.observe(member);
  const attached = observation.table?.partitions.find((candidate) => candidate.name === member.member);
  if (!attached?.bounds?.from || !attached.bounds.to) return undefined;
  const { schema, table } = member;
  const bounds = { from: formatInstant(attached.bounds.from), to: formatInstant(attached.bounds.to) };
  const inputs: PropertyMap = { schema, table, name: attached.name, ...bounds, key: importKey(observation) };
  return { inputs, facts: { partition: attached.name } };
}

function findPartition(table: Observation["table"], interval: Interval) {
  return table?.partitions.find(({ bounds }) => bounds !== undefined && isSameInterval(bounds, interval));
}

function findDetached(detached: Observation["detached"], interval: Interval) {
  return detached.find(({ bounds, awaitsRows }) => isSameInterval(bounds, interval) && !awaitsRows);
}

async function* listPartitions(runtime: Runtime): AsyncGenerator<ListItem> {
  for (const table of await listPartitionedTables(runtime.database)) {
    const { table: found } = await runtime.observe(table);
    // Import takes neither a default partition nor a branch, which belong to the table and its window.
    for (const attached of found?.partitions ?? [])
      if (attached.bounds?.from && attached.bounds.to)
        yield { id: formatMemberId(table, attached.name), name: attached.name };
  }
}

/** Returns the parent from the catalogue, or as this preview plans it. */
function getParent(runtime: Runtime, wire: PartitionWire, observation: Observation): ParentShape | undefined {
  if (!observation.table) return runtime.planned.get(formatTableId(wire))?.parent;
  return buildObservedParent(observation.table, decodeKey(wire.key), runtime.collectKnown(wire, observation));
}

function toCreationSpec(wire: PartitionWire): Parameters<typeof planCreation>[0] {
  const range = decodePartitionInterval(wire);
  return { allowEmpty: wire.allowEmpty ? [range] : [], restored: wire.restored ? [{ range, until: undefined }] : [] };
}

function findBoundsProblems(olds: PropertyMap | undefined, wire: PartitionWire): Problem[] {
  const { from, to } = decodePartitionInterval(wire);
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
