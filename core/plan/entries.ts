import type { ArchivedFacts } from "../ledger";
import type { NewBranch } from "../levels/create-branch";
import { describePath } from "../levels/tree";
import type { WindowSpec } from "../spec/spec";
import { formatInstant, type Instant, wholeDays } from "../time/instant";
import { formatInterval, type OpenInterval } from "../time/interval";
import { type DesiredPartition, hasExpired } from "../window/window";
import type { LeafAlignment } from "./alignment";
import type { Creation } from "./creation";
import type { BranchCreation, PlannedCreations } from "./creations";
import { type Clocks, decidingHorizon } from "./clocks";
import type { Keep } from "./guard";
import { showsDay } from "./guards";
import { dropDay, isArchivedDrop, type Retirement } from "./retiring";
import type { ArchivedEntry, PlanEntry } from "./types";

/** What is planned for one partition, as people and policies read it. */

export function createEntry(creation: Creation): PlanEntry[] {
  switch (creation.kind) {
    case "create":
      return [
        {
          ...entry("create", creation.partition.name, creation.partition),
          reason: creation.lost
            ? "was dropped outside Pulumi, its rows are gone; made anew, empty"
            : "in the window and missing",
        },
      ];
    case "attach":
      return [
        {
          ...entry("attach", creation.detached.name, creation.partition),
          reason: `detached ${formatInstant(creation.detached.detachedAt)}, back in the window`,
          bytes: roundBytes(creation.detached.bytes),
          ...(creation.detached.rows === undefined ? {} : { rows: creation.detached.rows }),
        },
      ];
    case "present":
    case "refuse":
    case "restore":
      return [];
  }
}

/** What comes back beside the window, and into a window that has grown: rows and bytes are those of the archive. */
export function restoreEntry(creation: Creation): PlanEntry[] {
  const until =
    creation.kind !== "present" && creation.kind !== "refuse" && "readOnly" in creation ? ", read-only" : "";
  if (creation.kind === "attach" && creation.readOnly)
    return createEntry(creation).map((item) => ({
      ...item,
      reason: `detached ${formatInstant(creation.detached.detachedAt)}, named in restored${until}`,
    }));
  if (creation.kind !== "restore") return [];
  const { archive, partition } = creation;
  return [
    {
      ...entry("restore", partition.name, partition),
      ...(archive.rows === undefined ? {} : { rows: archive.rows }),
      ...(archive.bytes === undefined ? {} : { bytes: roundBytes(archive.bytes) }),
      reason: `named in restored${until}; its archive is ${archive.manifest}`,
    },
  ];
}

export function retireEntry(step: Retirement, now: Instant, keep?: Keep): PlanEntry {
  const { name, bounds, rows, bytes, extent } = step.table;
  const day = showsDay(step, keep) ? dropDay(step) : undefined;
  return {
    ...entry(step.verb, name, bounds),
    bytes: roundBytes(bytes),
    reason: step.reason,
    ...(rows === undefined ? {} : { rows }),
    ...(bounds.to ? { ageDays: wholeDays(bounds.to, now) } : {}),
    ...(day ? { dropOn: formatInstant(day) } : {}),
    ...(isArchivedDrop(step) ? { archived: archivedEntry(step.needs.archived) } : {}),
    ...(keep?.by === "hold" ? { held: true } : {}),
    ...(extent && extent.intervals > 1 ? { intervals: extent.intervals } : {}),
  };
}

function archivedEntry({ at, dropAfter: _, ...facts }: ArchivedFacts): ArchivedEntry {
  return { ...facts, verifiedAt: formatInstant(at) };
}

/** A partition that does not carry what it should. */
export function alignEntry({ leaf, reasons, refused }: LeafAlignment): PlanEntry {
  return {
    ...entry("align", leaf.name, leaf.bounds ?? { from: undefined, to: undefined }),
    reason: [...reasons, ...(refused === undefined ? [] : [refused])].join("; "),
  };
}

/** Leaves that the window does not want and that have not expired: shown, never swept. */
export function keptEntries(
  spec: WindowSpec,
  planned: Pick<PlannedCreations, "leaves" | "wants">,
  clocks: Clocks,
  now: Instant,
): PlanEntry[] {
  const horizon = decidingHorizon(spec, clocks);
  return planned.leaves
    .filter((leaf) => leaf.bounds !== undefined && !hasExpired(leaf.bounds.to, horizon) && !planned.wants(leaf))
    .map((leaf) => ({
      ...entry("detach", leaf.name, leaf.bounds ?? { from: undefined, to: undefined }),
      bytes: roundBytes(leaf.bytes),
      ...(leaf.rows === undefined ? {} : { rows: leaf.rows }),
      ...(leaf.bounds?.to ? { ageDays: wholeDays(leaf.bounds.to, now) } : {}),
      reason: "outside the window and not expired: kept",
    }));
}

/** A branch with everything in it is one entry: its partitions follow from the window. */
export function branchEntry({ branch }: BranchCreation): PlanEntry {
  const partitions = [...partitionsBelow(branch)];
  const bounds = { from: partitions[0]?.from, to: partitions.at(-1)?.to };
  return {
    ...entry("create", branch.name, bounds),
    reason: `new branch ${describePath(branch.path)} with ${partitions.length} partitions`,
  };
}

function* partitionsBelow(branch: NewBranch): Generator<DesiredPartition> {
  yield* branch.partitions;
  for (const child of branch.children) yield* partitionsBelow(child);
}

export function entry(verb: PlanEntry["verb"], partition: string, bounds: OpenInterval): Omit<PlanEntry, "reason"> {
  const [from = "..", to = ".."] = formatInterval(bounds).split("/");
  return { verb, partition, from, to };
}

/** Two significant digits: a plan must not differ from run to run because a page was written. */
function roundBytes(bytes: number): number {
  return bytes === 0 ? 0 : Number(bytes.toPrecision(2));
}
