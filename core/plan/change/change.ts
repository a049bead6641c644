import type { ArchivedFacts } from "../../observed/ledger";
import type { Statement } from "../../sql/statement";
import { formatInstant } from "../../time/instant";
import { formatInterval, type OpenInterval } from "../../time/interval";
import type { KeptBy } from "../retire/guard";
import type { ArchivedEntry, PlanEntry } from "./plan-types";
import type { Section, Verb } from "./verbs";

/**
 * One change of a table, of any kind: preview prints it, policies judge it, `work` names it, and an update performs it.
 *
 * @typeParam Step data that performing it needs in addition to its statements
 */
export interface Change<V extends Verb = Verb, Step = unknown> {
  readonly verb: V;
  /** Section that lists it; `later`: something keeps it now, `kept`: nothing is pending. */
  readonly section: Section | "later" | "kept";
  /** Name of the partition, the foreign key, or the table. */
  readonly subject: string;
  readonly bounds: OpenInterval;
  /** Reasons why it is pending. Empty if only the reason that keeps it is worth reporting. */
  readonly reasons: readonly string[];
  readonly facts: Facts;
  /** In execution order. Empty if something keeps it. */
  readonly statements: readonly Statement[];
  readonly keep?: ChangeKeep;
  readonly step: Step;
}

interface ChangeKeep {
  /** A guard of retirement; the owner of a partition; a missing table that a key refers to; the window. */
  readonly by: KeptBy | "owner" | "absent" | "window";
  readonly reason: string;
}

/** Facts by which people and policies judge a change. They never cause a diff. */
export type Facts = Pick<PlanEntry, "rows" | "bytes" | "ageDays" | "dropOn" | "archived" | "intervals">;

/** Bounds of a change to the table as a whole. */
export const WHOLE: OpenInterval = { from: undefined, to: undefined };

/** Returns a change as people and policies read it. */
function toEntry({ verb, subject, bounds, facts, keep, reasons }: Change): PlanEntry {
  const [from = "..", to = ".."] = formatInterval(bounds).split("/");
  const held = keep?.by === "hold" ? { held: true as const } : {};
  const reason = [...reasons, ...(keep ? [keep.reason] : [])].join("; ");
  return { verb, partition: subject, from, to, reason, ...facts, ...held };
}

export function listEntries(changes: readonly Change[], section: Change["section"]): PlanEntry[] {
  return changes.filter((change) => change.section === section).map(toEntry);
}

/** Returns rows and bytes in the same form for every kind of change. */
export function toSizeFacts({
  rows,
  bytes,
}: {
  readonly rows?: number | undefined;
  readonly bytes?: number | undefined;
}): Facts {
  return {
    ...(rows === undefined ? {} : { rows }),
    ...(bytes === undefined ? {} : { bytes: roundBytes(bytes) }),
  };
}

export function toArchivedEntry({ at, dropAfter: _, ...facts }: ArchivedFacts): ArchivedEntry {
  return { ...facts, verifiedAt: formatInstant(at) };
}

/** Rounds to two significant digits: a plan must not differ from run to run because one page was written. */
function roundBytes(bytes: number): number {
  return bytes === 0 ? 0 : Number(bytes.toPrecision(2));
}
