import { openStore } from "../archive/store/open";
import type { ObjectStore } from "../archive/store/store";
import { keyInStore, storeOfManifest } from "../core/archive/layout";
import { formatLocation, parseLocation } from "../core/archive/location";
import type { StoreSettings } from "../core/archive/store-settings";
import { tableInsteadOfStore } from "../core/archive/table-destination";
import type { TableId } from "../core/names/resource-id";
import type { Observation } from "../core/observed";
import { type Interval, type OpenInterval, overlaps } from "../core/time/interval";
import { timeSpan } from "../core/time/range-word";
import { windowFromWire } from "../core/window/wire";
import type { ListedArchive } from "../postgres/archive-table";
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
  const rows = tableInsteadOfStore(manifest, table);
  if (rows !== undefined) throw new Error(`"${manifest}" is no object of a store: ${rows}`);
  const place = storeOfManifest(manifest);
  if (place === undefined)
    throw new Error(
      `"${manifest}" is not the place of a manifest; it ends in /table=…/from=…/gen=…/_manifest.json, or by a template of keys in .manifest.json`,
    );
  const { registration } = await database.observe(table.schema, table.table);
  const window = windowFromWire(registration?.window);
  const archive = "spec" in window ? window.spec.archive : undefined;
  const declared = archive?.to !== undefined && liesIn(archive.to, manifest) ? archive : undefined;
  const settings: StoreSettings = {
    to: declared?.to ?? place,
    ...(declared?.region === undefined ? {} : { region: declared.region }),
    ...(declared?.endpoint === undefined ? {} : { endpoint: declared.endpoint }),
    ...(declared?.pathStyle === undefined ? {} : { pathStyle: declared.pathStyle }),
    ...(flags.region === undefined ? {} : { region: flags.region }),
    ...(flags.endpoint === undefined ? {} : { endpoint: flags.endpoint }),
  };
  return openStore(settings);
}

function liesIn(to: string, manifest: string): boolean {
  const location = parseLocation(to, "", []);
  return location !== undefined && keyInStore(formatLocation(location), manifest) !== undefined;
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
