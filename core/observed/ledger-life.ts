import type { LedgerEvent } from "./ledger";

/**
 * Ledger events that may precede each event of one relation (by its oid). Between two moments at which it became a partition, a
 * relation leaves once, is archived once for each export, and is dropped once, even if runs are killed in between. `none`: the
 * relation has no entry yet. Events not listed concern a table or a decision, not a relation.
 */
const MAY_FOLLOW: Readonly<Partial<Record<LedgerEvent, readonly (LedgerEvent | "none")[]>>> = {
  created: ["none"],
  adopted: ["none"],
  restoring: ["none"],
  restored: ["restoring", "detached", "archived", "fenced", "exporting", "doubted"],
  // Back in the table, regardless of how it left.
  attached: ["none", "created", "detached", "fenced", "exporting", "archived", "doubted", "restored"],
  detaching: ["created", "adopted", "attached", "restored"],
  // Without the intent: another session began the detach, or performed it.
  detached: ["detaching", "created", "adopted", "attached"],
  // Again: the fence was opened in the meantime.
  fenced: ["detached", "restored", "fenced", "exporting", "archived", "doubted"],
  // Again: its rows changed, or it goes to another store.
  exporting: ["fenced", "exporting", "doubted", "archived"],
  doubted: ["fenced", "exporting", "archived"],
  archived: ["fenced", "exporting", "doubted"],
  dropped: ["created", "adopted", "attached", "detached", "archived", "fenced", "restored"],
};

/** Events that record the progress of a relation. */
export const LIFE_EVENTS = Object.keys(MAY_FOLLOW) as readonly LedgerEvent[];

/** Events of which a second one in a row repeats the same step: it is not written, and counts once if an old ledger has it. */
export const ONCE: readonly LedgerEvent[] = [
  "adopted",
  "attached",
  "detaching",
  "detached",
  "archived",
  "restored",
  "dropped",
];

const IN_THE_TABLE: readonly LedgerEvent[] = ["created", "adopted", "attached"];

/** Returns contradictions in a ledger, one sentence each; `entries` of one table, ordered by id. */
export function findContradictions(
  entries: readonly { readonly partition: string; readonly oid: string | undefined; readonly event: LedgerEvent }[],
): string[] {
  const last = new Map<string, { readonly event: LedgerEvent; readonly partition: string }>();
  return entries.flatMap(({ partition, oid, event }) => {
    const before = MAY_FOLLOW[event];
    if (!before || oid === undefined) return [];
    const found = last.get(oid);
    last.set(oid, { event, partition });
    // A default partition that becomes an ordinary one is the same relation under another name.
    if (event === "created" && found && found.partition !== partition && IN_THE_TABLE.includes(found.event)) return [];
    return before.includes(found?.event ?? "none")
      ? []
      : [`${partition}: "${event}" follows "${found?.event ?? "none"}"`];
  });
}
