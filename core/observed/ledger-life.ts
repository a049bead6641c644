import type { LedgerEvent } from "./ledger";

/**
 * Which entry of the ledger may follow which, for one relation (by its oid). A pass is what lies between two moments at which it
 * became a partition: it leaves once, is archived once for each export, and is dropped once, whatever is killed in between.
 * `none`: the relation has no entry yet. Events that are not listed speak of a table or of a decision, not of a life.
 */
const MAY_FOLLOW: Readonly<Partial<Record<LedgerEvent, readonly (LedgerEvent | "none")[]>>> = {
  created: ["none"],
  adopted: ["none"],
  restoring: ["none"],
  restored: ["restoring", "detached", "archived", "fenced", "exporting", "doubted"],
  // Back in the table, by whatever way it had left.
  attached: ["none", "created", "detached", "fenced", "exporting", "archived", "doubted", "restored"],
  detaching: ["created", "adopted", "attached", "restored"],
  // Without the intent: another session began it, or took it out.
  detached: ["detaching", "created", "adopted", "attached"],
  // Again: the fence has been opened meanwhile.
  fenced: ["detached", "restored", "fenced", "exporting", "archived", "doubted"],
  // Again: its rows have moved, or it goes to another store.
  exporting: ["fenced", "exporting", "doubted", "archived"],
  doubted: ["fenced", "exporting", "archived"],
  archived: ["fenced", "exporting", "doubted"],
  dropped: ["created", "adopted", "attached", "detached", "archived", "fenced", "restored"],
};

/** Events by which the ledger tells how far a relation has come. */
export const LIFE_EVENTS = Object.keys(MAY_FOLLOW) as readonly LedgerEvent[];

/** Of these a second one in a row is the same step told twice: it is not written, and counts once where an old ledger has it. */
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

/** What a ledger says that no life can be, one sentence each; `entries` of one table, in the order of their ids. */
export function lifeProblems(
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
