import { type ArchiveProperties, readArchive, readRetire } from "../support/read-archive";
import { type KnownProperties, type Rule, explainSettings, WINDOW_TYPE } from "../support/rule";
import { getCompletePlan, readWindow, type WindowProperties } from "../support/read-window";

interface NoDropWithoutArchiveConfig {
  /** Data classes whose rows must not be dropped without a copy; "*" is every table, also one without a class. */
  readonly dataClasses: readonly string[];
  /** Tables that may be dropped without one, as `schema.table`. */
  readonly allowed: readonly string[];
  /** Locations that a copy may have. */
  readonly stores: readonly string[];
}

const ANY = "*";

export const noDropWithoutArchive: Rule<NoDropWithoutArchiveConfig> = {
  name: "no-drop-without-archive",
  description: "Rows that may be needed later are archived before they are dropped.",
  severity: "critical",
  enforcementLevel: "mandatory",
  remediation:
    'Declare onExpire "archive" with archive.to, or onExpire "detach"; or allow the table by name for this environment.',
  resourceType: WINDOW_TYPE,
  configProperties: {
    dataClasses: {
      type: "array",
      description: `Data classes whose rows may not be dropped without a copy; "${ANY}" is every table, also one without a class.`,
      items: { type: "string" },
      default: ["audit", "change-history", "finance"],
    },
    allowed: {
      type: "array",
      description: "Tables that may be dropped without one, as `schema.table`.",
      items: { type: "string" },
      default: [],
    },
    stores: {
      type: "array",
      description:
        "Where a copy may be stored. A folder (`file`) is on the machine that runs the update, a table (`table`) in this or another database.",
      items: { type: "string", enum: ["s3", "file", "table"] },
      default: ["s3", "file", "table"],
    },
  },
  evaluate(properties, config) {
    const window = readWindow(properties);
    const { table, dataClass, onExpire } = window;
    const ofClass = config.dataClasses.includes(ANY) || config.dataClasses.includes(dataClass ?? "");
    if (!ofClass || config.allowed.includes(table)) return [];
    const whose = `data of class "${dataClass ?? "none"}"`;
    const change = explainSettings(this.name, "onExpire", "dataClasses or .allowed");
    if (onExpire === "drop")
      return [`${table}: onExpire is "drop", and ${whose} must be archived before its drop. ${change}`];
    return [
      ...listBareDrops(properties, window).map(
        (what) => `${table}: the plan drops ${what}, and ${whose} must be archived before its drop. ${change}`,
      ),
      ...findWrongStore(readArchive(properties), config.stores).map(
        (to) =>
          `${table}: archive.to is "${to}"; archives of ${whose} may be stored in: ${config.stores.join(", ")}. ${explainSettings(this.name, "archive.to", "stores")}`,
      ),
    ];
  },
};

/** Returns drops without an archive, though none is declared now: left from an earlier declaration. */
function listBareDrops(properties: KnownProperties, window: WindowProperties): string[] {
  const plan = getCompletePlan(window);
  if (!plan) return [];
  const entries = readRetire(properties);
  const drops = entries.filter(({ verb }) => verb === "drop");
  // Without a grace the drop follows the archive in the same update.
  const archiving = new Set(entries.filter(({ verb }) => verb === "archive").map(({ partition }) => partition));
  const bare = drops
    .filter(({ archived, partition }) => archived === undefined && !archiving.has(partition))
    .map(({ partition }) => `"${partition}"`);
  const unlisted = plan.dropCount - drops.length;
  return unlisted > 0 ? [...bare, `${unlisted} partitions that it does not list`] : bare;
}

function findWrongStore(archive: ArchiveProperties | undefined, stores: readonly string[]): string[] {
  if (archive?.to === undefined) return [];
  return stores.some((store) => archive.to?.startsWith(`${store}://`)) ? [] : [archive.to];
}
