import { readArchive, readRetire, type RetireEntry } from "../support/read-archive";
import { type Rule, explainSettings, WINDOW_TYPE } from "../support/rule";
import { getCompletePlan, readWindow } from "../support/read-window";

interface ArchiveVerifiedConfig {
  /** Required proof of an archive. */
  readonly verify: string;
  /** Largest deviation, in percent, between the rows of an archive and the server's estimate of the partition. */
  readonly rowsWithinPercent: number;
  /** True if an update may drop a partition that it archives itself. */
  readonly sameUpdate: boolean;
}

export const archiveVerifiedBeforeDrop: Rule<ArchiveVerifiedConfig> = {
  name: "archive-verified-before-drop",
  description: "An archived partition is dropped only with proof of its archive: a manifest, and every row counted.",
  severity: "critical",
  enforcementLevel: "mandatory",
  remediation:
    "Let the update archive the partition again: pgpartition status names it, docs/archive.md explains the proof.",
  resourceType: WINDOW_TYPE,
  configProperties: {
    verify: {
      type: "string",
      description:
        "Required proof of an archive: `checksum`, by the store's checksums of the objects; `readBack`, by reading them again.",
      enum: ["checksum", "readBack"],
      default: "checksum",
    },
    rowsWithinPercent: {
      type: "integer",
      description:
        "How far, in percent, the rows of an archive may be from the server's estimate of the partition (a thousand rows are always allowed). The exact count is compared under the lock of the drop.",
      minimum: 0,
      default: 20,
    },
    sameUpdate: {
      type: "boolean",
      description:
        "Whether an update may drop what it archives itself, without a grace: then only the provider sees the proof.",
      default: true,
    },
  },
  evaluate(properties, config) {
    const window = readWindow(properties);
    const { table, onExpire } = window;
    const messages: string[] = [];
    const archive = readArchive(properties);
    if (onExpire === "archive" && config.verify === "readBack" && archive?.to && archive.verify !== "readBack")
      messages.push(
        `${table}: archive.verify is "${archive.verify ?? "checksum"}"; "readBack" is required. ${explainSettings(this.name, "archive.verify", "verify")}`,
      );
    const plan = getCompletePlan(window);
    if (!plan) return messages;
    const entries = readRetire(properties);
    const archiving = new Set(entries.filter(({ verb }) => verb === "archive").map(({ partition }) => partition));
    const drops = entries.filter(({ verb }) => verb === "drop");
    for (const drop of drops) {
      if (drop.archived === undefined && archiving.has(drop.partition)) {
        if (!config.sameUpdate)
          messages.push(
            `${table}: the plan archives and drops "${drop.partition}" in one update, before the proof can be judged. ${explainSettings(this.name, "grace", "sameUpdate")}`,
          );
        continue;
      }
      // Without facts it is no drop of an archive, unless the table archives: then the facts are missing.
      if (onExpire !== "archive" && drop.archived === undefined) continue;
      const missing = findMissingProof(drop, config);
      if (missing !== undefined)
        messages.push(
          `${table}: the plan drops "${drop.partition}", and ${missing}. No key of ${this.name} lifts this: archive it again, or retain it by confirmDrops or holds.`,
        );
    }
    if (onExpire === "archive" && plan.dropCount > drops.length)
      messages.push(
        `${table}: the plan drops ${plan.dropCount} partitions and lists ${drops.length}; the others cannot be judged. Change maxDropsPerUpdate in the program.`,
      );
    return messages;
  },
};

/** Deviation in rows that any estimate may have. */
const ALWAYS_WITHIN = 1_000;

/** Returns the first missing part of the proof. */
function findMissingProof(
  { archived, rows }: RetireEntry,
  { verify, rowsWithinPercent }: ArchiveVerifiedConfig,
): string | undefined {
  if (!archived) return "no archive of it is recorded";
  if (archived.manifest === undefined) return "its archive has no manifest";
  if (archived.verifiedAt === undefined) return "its archive was never verified";
  if (archived.rows === undefined) return "its rows were not counted";
  if (rows !== undefined && Math.abs(archived.rows - rows) > Math.max(ALWAYS_WITHIN, (rows * rowsWithinPercent) / 100))
    return `its archive has ${archived.rows} rows of about ${rows} (ANALYZE the partition where the estimate is old)`;
  if (archived.rows > 0 && (archived.objects ?? 0) < 1) return "its archive has no objects";
  if (verify === "readBack" && archived.verify !== "readBack") return "its archive was not read back";
  return undefined;
}
