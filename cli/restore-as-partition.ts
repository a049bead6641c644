import { bringBack, type RestoreFacts } from "../archive/restore/bring-back";
import { formatTableId, type TableId } from "../core/names/resource-id";
import type { Observation } from "../core/observed/observed-table";
import type { Creation } from "../core/plan/create/creation";
import { planCreations } from "../core/plan/create/creations";
import type { WindowSpec } from "../core/declare/table/spec";
import { buildObservedParent } from "../core/partition/carry/parent";
import { compareInstants, formatInstant, type Instant, parseInstant } from "../core/time/instant";
import { formatInterval, type OpenInterval, overlaps, isSameInterval } from "../core/time/interval";
import { decodeWindow } from "../core/window/wire";
import { planWindow } from "../core/window/window-partitions";
import { readLevelValues } from "../postgres/read/level-values";
import { type ArchiveFlags, openStoreOf } from "./archive-source";
import { type CliSession, createNotRegisteredError } from "./open-session";

/** Range to attach again as partitions, and how long they are kept. */
interface PartitionWanted {
  readonly table: TableId;
  readonly range: OpenInterval;
  readonly until: string | undefined;
  readonly flags: ArchiveFlags;
}

/**
 * Restores archived ranges as partitions, the same way as a program does. Partitions outside the window are read-only and
 * pinned by the ledger, so that no update retires them early.
 */
export async function restorePartitions(session: CliSession, wanted: PartitionWanted): Promise<number> {
  const { database, options } = session;
  const { flags, table } = wanted;
  const { observation, spec } = await readTable(session, table);
  const until = wanted.until === undefined ? undefined : requireUntil(wanted.until, spec, observation.now);
  const pin = { pinned: true as const, ...(until ? { until: formatInstant(until) } : {}) };
  const look = () => readRestoreFacts(session, wanted);
  const { creations } = await look();
  requirePossible(table, spec, creations);
  const work = { database, management: database.managementSchema, ...options };
  const openStore = (manifest: string) => openStoreOf(session, table, flags, manifest);
  let attached = 0;
  for (const creation of creations)
    if (await bringBack({ work, table, wanted: creation, pin, look, openStore })) attached += 1;
  return attached;
}

/** Reads everything again: another run may be active. */
async function readRestoreFacts(session: CliSession, wanted: PartitionWanted): Promise<RestoreFacts> {
  const { database } = session;
  database.invalidate(wanted.table.schema, wanted.table.table);
  const { observation, spec } = await readTable(session, wanted.table);
  const table = observation.table;
  if (!table) throw createNotRegisteredError(wanted.table);
  const asked: WindowSpec = { ...spec, restored: [{ range: wanted.range, until: undefined }] };
  const { now } = observation;
  const values = await readLevelValues(database, spec.levels);
  const planned = planCreations(asked, planWindow(asked, now), observation, values, now);
  const back = planned.creations.filter(
    ({ kind, partition }) => (kind === "restore" || kind === "attach") && overlaps(wanted.range, partition),
  );
  return {
    parent: buildObservedParent(table, spec.key, { ...observation, now, levels: spec.levels }),
    columns: table.columns,
    detached: observation.detached,
    creations: [...back, ...planned.restores],
  };
}

async function readTable(
  { database }: CliSession,
  table: TableId,
): Promise<{ readonly observation: Observation; readonly spec: WindowSpec }> {
  const found = await database.observe(table.schema, table.table);
  const window = decodeWindow(found.registration?.window);
  if (!found.table || !("spec" in window)) throw createNotRegisteredError(table);
  return { observation: await database.observe(table.schema, table.table, window.spec.key), spec: window.spec };
}

/** Checks before anything is created. */
function requirePossible(table: TableId, spec: WindowSpec, creations: readonly Creation[]): void {
  const name = formatTableId(table);
  if (spec.levels.below.length > 0)
    throw new Error(`partitions of "${name}" are cut further by HASH: restore them with --as table`);
  const refused = creations.flatMap((one) =>
    one.kind === "refuse" ? [`${one.problem.message} ${one.problem.fix}`] : [],
  );
  if (refused.length > 0) throw new Error(refused.join("\n"));
  if (creations.length === 0)
    throw new Error(
      `no archive of "${name}" is in that range whose partition is gone; pgpartition archives ${name} lists them`,
    );
  const confirmed = creations.find(({ partition }) => spec.confirmDrops.some((one) => isSameInterval(one, partition)));
  if (confirmed)
    throw new Error(
      `confirmDrops of "${name}" names ${formatInterval(confirmed.partition)}: the next update would retire it. Remove it from the program and run \`pulumi up\` first`,
    );
}

function requireUntil(text: string, spec: WindowSpec, now: Instant): Instant {
  let until: Instant;
  try {
    until = parseInstant(text, spec.key.zone);
  } catch {
    throw new Error(`--until "${text}" is not a date or time; write 2027-01-01 or 2027-01-01T00:00:00Z`);
  }
  if (compareInstants(until, now) <= 0) throw new Error(`--until ${formatInstant(until)} has passed`);
  return until;
}
