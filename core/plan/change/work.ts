import { type OpenInterval, covers, formatInterval, parseInterval, spanOf } from "../../time/interval";
import type { WindowSpec } from "../../declare/table/spec";
import { type Change, listEntries } from "./change";
import type { PlanEntry, WorkItem } from "./plan-types";
import type { Section } from "./verbs";

/** Order in which a plan names its pending actions. */
const SECTIONS: readonly Section[] = ["create", "restore", "align", "prepare", "retire", "upkeep"];

/** Names all pending actions. Partitions that are resources of their own create themselves. */
export function listWork(changes: readonly Change[], { resources }: Pick<WindowSpec, "resources">): WorkItem[] {
  return SECTIONS.flatMap((section) => {
    if (section !== "create") return listEntries(changes, section).map(toWorkItem);
    return resources === "window" ? listCreationWork(listEntries(changes, section)) : [];
  });
}

/** Names a pending action so that it can be found again in fresh facts. */
function toWorkItem(item: WorkItem): WorkItem {
  return { verb: item.verb, partition: item.partition, from: item.from, to: item.to };
}

/** True if the checked plan named this action, found again in fresh facts. */
export function hasWork(work: readonly WorkItem[], verb: WorkItem["verb"], bounds: OpenInterval): boolean {
  const wanted = formatInterval(bounds);
  return work.some((item) => {
    if (item.verb !== verb) return false;
    const named = `${item.from}/${item.to}`;
    return named === wanted || (verb === "create" && covers(parseInterval(named), bounds));
  });
}

/** Finds a branch by its name: its bounds are values. */
export function hasBranchWork(work: readonly WorkItem[], branch: string): boolean {
  return work.some((item) => item.verb === "create" && (item.partition === branch || isRange(item)));
}

/** Names an item that represents several partitions. */
export function formatRangeName(count: number): string {
  return `${count} partitions`;
}

function isRange({ partition }: WorkItem): boolean {
  return formatRangeName(Number.parseInt(partition, 10)) === partition;
}

/** If more partitions than this are created at once, they are named as one range: state need not list the first thousand. */
const NAMED_CREATIONS = 20;

/** Names creations by range, because creating a partition loses nothing; partitions that leave are always named one by one. */
function listCreationWork(entries: readonly PlanEntry[]): WorkItem[] {
  const created = entries.filter((item) => item.verb === "create");
  if (created.length <= NAMED_CREATIONS) return entries.map(toWorkItem);
  // Branches may be cut in other lengths: the first and the last entry need not have the ends.
  const span = spanOf(created.map(({ from, to }) => parseInterval(`${from}/${to}`)));
  const [from = "", to = ""] = span ? formatInterval(span).split("/") : [];
  const range: WorkItem = { verb: "create", partition: formatRangeName(created.length), from, to };
  return [range, ...entries.filter((item) => item.verb !== "create").map(toWorkItem)];
}
