import { openStore } from "../archive/store/open";
import type { ObjectStore } from "../archive/store/store";
import { storeOfManifest } from "../core/archive/layout";
import type { StoreSettings } from "../core/archive/store-settings";
import type { TableId } from "../core/names/resource-id";
import { parseInstant } from "../core/time/instant";
import { type OpenInterval, overlaps } from "../core/time/interval";
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
  const to = storeOfManifest(manifest);
  if (to === undefined)
    throw new Error(`"${manifest}" is not the place of a manifest; it ends in /table=…/from=…/gen=…/_manifest.json`);
  const { registration } = await database.observe(table.schema, table.table);
  const window = windowFromWire(registration?.window);
  const declared = "spec" in window && window.spec.archive?.to === to ? window.spec.archive : undefined;
  const settings: StoreSettings = {
    to,
    ...(declared?.region === undefined ? {} : { region: declared.region }),
    ...(declared?.endpoint === undefined ? {} : { endpoint: declared.endpoint }),
    ...(declared?.pathStyle === undefined ? {} : { pathStyle: declared.pathStyle }),
    ...(flags.region === undefined ? {} : { region: flags.region }),
    ...(flags.endpoint === undefined ? {} : { endpoint: flags.endpoint }),
  };
  return openStore(settings);
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

/** The range that is meant: from the first moment of --from to that of --to, or the whole of --from. */
export function rangeOf(flags: ArchiveFlags): OpenInterval {
  if (flags.from === undefined) {
    if (flags.to !== undefined) throw new Error("--to needs --from");
    return { from: undefined, to: undefined };
  }
  const from = timeOf(flags.from);
  return { from: from.first, to: flags.to === undefined ? from.next : timeOf(flags.to).first };
}

/** `2024`, `2024-03`, `2024-03-01` mean the whole of it; anything longer a moment. */
function timeOf(text: string): {
  readonly first: OpenInterval["from"] & object;
  readonly next: OpenInterval["to"] & object;
} {
  const [, year, month, day] = /^(\d{4})(?:-(\d{2})(?:-(\d{2}))?)?$/.exec(text) ?? [];
  try {
    const first = parseInstant(year === undefined ? text : `${year}-${month ?? "01"}-${day ?? "01"}`, "UTC");
    const zoned = first.toZonedDateTimeISO("UTC");
    const next =
      year === undefined
        ? first.add({ nanoseconds: 1000 })
        : zoned.add(day ? { days: 1 } : month ? { months: 1 } : { years: 1 }).toInstant();
    return { first, next };
  } catch {
    throw new Error(`"${text}" is not a time; write 2024, 2024-03, 2024-03-01 or 2024-03-01T00:00:00Z`);
  }
}
