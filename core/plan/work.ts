import { type OpenInterval, covers, formatInterval, parseInterval } from "../time/interval";
import type { PlanEntry, WorkItem } from "./types";

/** Names a due action so that it can be found again in fresh facts. */
export function workItem(item: WorkItem): WorkItem {
  return { verb: item.verb, partition: item.partition, from: item.from, to: item.to };
}

/** Whether a due action of fresh facts is one that the checked plan named. */
export function names(work: readonly WorkItem[], verb: WorkItem["verb"], bounds: OpenInterval): boolean {
  const wanted = formatInterval(bounds);
  return work.some((item) => {
    if (item.verb !== verb) return false;
    const named = `${item.from}/${item.to}`;
    return named === wanted || (verb === "create" && covers(parseInterval(named), bounds));
  });
}

/** A branch is named by its name: its bounds are values. */
export function namesBranch(work: readonly WorkItem[], branch: string): boolean {
  return work.some(
    (item) => item.verb === "create" && (item.partition === branch || /^\d+ partitions$/.test(item.partition)),
  );
}

/** More partitions than this to be made at once are named as one range: state need not list the first thousand. */
const NAMED_CREATIONS = 20;

/** Making a partition loses nothing, so a range names it well enough; what leaves is always named one by one. */
export function creationWork(entries: readonly PlanEntry[]): WorkItem[] {
  const created = entries.filter((item) => item.verb === "create");
  const first = created[0];
  const last = created.at(-1);
  if (!first || !last || created.length <= NAMED_CREATIONS) return entries.map(workItem);
  const range: WorkItem = { verb: "create", partition: `${created.length} partitions`, from: first.from, to: last.to };
  return [range, ...entries.filter((item) => item.verb !== "create").map(workItem)];
}
