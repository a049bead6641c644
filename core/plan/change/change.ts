import type { ArchivedFacts } from "../../observed/ledger";
import type { Statement } from "../../sql/statement";
import { formatInstant } from "../../time/instant";
import { formatInterval, type OpenInterval } from "../../time/interval";
import type { KeptBy } from "../retire/guard";
import type { ArchivedEntry, PlanEntry } from "./types";
import type { Section, Verb } from "./verbs";

/**
 * One change of a table, whatever it does: what preview prints, policies judge, `work` names, and an update performs.
 *
 * @typeParam Step what performing it needs beside its statements
 */
export interface Change<V extends Verb = Verb, Step = unknown> {
  readonly verb: V;
  /** Under what it is listed; `later`: something keeps it now, `kept`: nothing is due. */
  readonly section: Section | "later" | "kept";
  /** Name of the partition, the foreign key, or the table. */
  readonly subject: string;
  readonly bounds: OpenInterval;
  /** Why it is due. Empty where only what keeps it is worth a word. */
  readonly reasons: readonly string[];
  readonly facts: Facts;
  /** In order, as they run. Empty where something keeps it. */
  readonly statements: readonly Statement[];
  readonly keep?: ChangeKeep;
  readonly step: Step;
}

interface ChangeKeep {
  /** A guard of retirement; the owner of a partition; a table that a key refers to and that does not exist; the window. */
  readonly by: KeptBy | "owner" | "absent" | "window";
  readonly reason: string;
}

/** What people and policies judge a change by. Facts never cause a diff. */
export type Facts = Pick<PlanEntry, "rows" | "bytes" | "ageDays" | "dropOn" | "archived" | "intervals">;

/** Bounds of what is done to the table as a whole. */
export const WHOLE: OpenInterval = { from: undefined, to: undefined };

/** A change as people and policies read it. */
function entryOf({ verb, subject, bounds, facts, keep, reasons }: Change): PlanEntry {
  const [from = "..", to = ".."] = formatInterval(bounds).split("/");
  const held = keep?.by === "hold" ? { held: true as const } : {};
  const reason = [...reasons, ...(keep ? [keep.reason] : [])].join("; ");
  return { verb, partition: subject, from, to, reason, ...facts, ...held };
}

export function entriesIn(changes: readonly Change[], section: Change["section"]): PlanEntry[] {
  return changes.filter((change) => change.section === section).map(entryOf);
}

/** The same for rows and bytes of every kind of change. */
export function sizeFacts({
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

export function archivedFacts({ at, dropAfter: _, ...facts }: ArchivedFacts): ArchivedEntry {
  return { ...facts, verifiedAt: formatInstant(at) };
}

/** Two significant digits: a plan must not differ from run to run because a page was written. */
function roundBytes(bytes: number): number {
  return bytes === 0 ? 0 : Number(bytes.toPrecision(2));
}
