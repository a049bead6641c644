import { openStoreOfManifest } from "../archive/store/archive-place";
import type { ObjectStore } from "../archive/store/store";
import { storeSettingsOf } from "../core/declare/archive/archive-spec";
import type { TableId } from "../core/names/resource-id";
import type { Observation } from "../core/observed/table";
import { type Interval, type OpenInterval, overlaps } from "../core/time/interval";
import { timeSpan } from "../core/time/range-word";
import { windowFromWire } from "../core/window/wire";
import type { ListedArchive } from "../postgres/journal/archive-table";
import type { CliSession } from "./session";

/** What says which archives are meant, and where their store is. */
export interface ArchiveFlags {
  readonly from?: string;
  readonly to?: string;
  readonly region?: string;
  readonly endpoint?: string;
}

/** The settings that the registry keeps of the table, where they are of this store. */
export async function openStoreOf(
  { database }: CliSession,
  table: TableId,
  flags: ArchiveFlags,
  manifest: string,
): Promise<ObjectStore> {
  const { registration } = await database.observe(table.schema, table.table);
  const window = windowFromWire(registration?.window);
  const declared = "spec" in window ? storeSettingsOf(window.spec.archive) : undefined;
  const { region, endpoint } = flags;
  const given = { ...(region === undefined ? {} : { region }), ...(endpoint === undefined ? {} : { endpoint }) };
  return openStoreOfManifest(table, declared, manifest, given);
}

/** Of each range and branch the last generation: the ones before it were superseded. */
export function latest(archives: readonly ListedArchive[], range: OpenInterval): ListedArchive[] {
  const found = new Map<string, ListedArchive>();
  for (const archive of archives) {
    if (!overlaps(archive.bounds, range)) continue;
    const { from, to } = archive.bounds;
    found.set(`${archive.branch} ${from?.toString() ?? ".."} ${to?.toString() ?? ".."}`, archive);
  }
  return [...found.values()];
}

/** The range that is meant: from the first moment of --from to that of --to, or the whole of --from, in the zone of the table. */
export function rangeOf(flags: ArchiveFlags, zone: string): OpenInterval {
  if (flags.from === undefined) {
    if (flags.to !== undefined) throw new Error("--to needs --from");
    return { from: undefined, to: undefined };
  }
  const { from, to } = spanOf(flags.from, zone);
  return { from, to: flags.to === undefined ? to : spanOf(flags.to, zone).from };
}

/** The zone in which the table is cut; UTC where the registry does not say. */
export function zoneOf(registration: Observation["registration"]): string {
  const window = windowFromWire(registration?.window);
  return "spec" in window ? window.spec.key.zone : "UTC";
}

function spanOf(text: string, zone: string): Interval {
  try {
    return timeSpan(text, zone);
  } catch {
    throw new Error(`"${text}" is not a time; write 2024, 2024-03, 2024-03-01 or 2024-03-01T00:00:00Z`);
  }
}
