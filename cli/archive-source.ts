import { openStoreOfManifest } from "../archive/store/archive-place";
import type { ObjectStore } from "../archive/store/store";
import { toStoreSettings } from "../core/declare/archive/archive-spec";
import type { TableId } from "../core/names/resource-id";
import type { Observation } from "../core/observed/observed-table";
import { type Interval, type OpenInterval, overlaps } from "../core/time/interval";
import { parseRangeWord } from "../core/time/range-word";
import { decodeWindow } from "../core/window/wire";
import type { ListedArchive } from "../postgres/archive/list-archives";
import type { CliSession } from "./open-session";

/** Flags that select archives and their store. */
export interface ArchiveFlags {
  readonly from?: string;
  readonly to?: string;
  readonly region?: string;
  readonly endpoint?: string;
}

/** Opens the store of a table with the settings that the registry keeps, if they are for this store. */
export async function openStoreOf(
  { database }: CliSession,
  table: TableId,
  flags: ArchiveFlags,
  manifest: string,
): Promise<ObjectStore> {
  const { registration } = await database.observe(table.schema, table.table);
  const window = decodeWindow(registration?.window);
  const declared = "spec" in window ? toStoreSettings(window.spec.archive) : undefined;
  const { region, endpoint } = flags;
  const given = { ...(region === undefined ? {} : { region }), ...(endpoint === undefined ? {} : { endpoint }) };
  return openStoreOfManifest(table, declared, manifest, given);
}

/** Returns the last generation of each range and branch; earlier ones were superseded. */
export function listLatest(archives: readonly ListedArchive[], range: OpenInterval): ListedArchive[] {
  const found = new Map<string, ListedArchive>();
  for (const archive of archives) {
    if (!overlaps(archive.bounds, range)) continue;
    const { from, to } = archive.bounds;
    found.set(`${archive.branch} ${from?.toString() ?? ".."} ${to?.toString() ?? ".."}`, archive);
  }
  return [...found.values()];
}

/** Returns the range from the first moment of --from to that of --to, or the whole of --from, in the zone of the table. */
export function parseRangeFlags(flags: ArchiveFlags, zone: string): OpenInterval {
  if (flags.from === undefined) {
    if (flags.to !== undefined) throw new Error("--to needs --from");
    return { from: undefined, to: undefined };
  }
  const { from, to } = parseTimeFlag(flags.from, zone);
  return { from, to: flags.to === undefined ? to : parseTimeFlag(flags.to, zone).from };
}

/** Returns the zone in which the table is partitioned; UTC where the registry has none. */
export function getZone(registration: Observation["registration"]): string {
  const window = decodeWindow(registration?.window);
  return "spec" in window ? window.spec.key.zone : "UTC";
}

function parseTimeFlag(text: string, zone: string): Interval {
  try {
    return parseRangeWord(text, zone);
  } catch {
    throw new Error(`"${text}" is not a time; write 2024, 2024-03, 2024-03-01 or 2024-03-01T00:00:00Z`);
  }
}
