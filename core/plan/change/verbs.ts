/** Section of the plan in which a reader finds a change. */
export type Section = "create" | "restore" | "align" | "prepare" | "upkeep" | "retire";

interface VerbTraits {
  readonly section: Section;
  /**
   * A refresh shows it: another session changed what the last update left. A change that time alone makes pending is no drift.
   */
  readonly isDrift?: true;
  /** Word with which an update reports it as done. */
  readonly done?: string;
  /** Word for it in the one-line summary of a plan, if it is not counted there. */
  readonly inShort?: string;
}

/** Everything that a plan can do to a table. A new verb is added here and where its change is planned. */
export const VERBS = {
  create: { section: "create", isDrift: true },
  attach: { section: "create" },
  restore: { section: "restore" },
  align: { section: "align", isDrift: true },
  prepare: { section: "prepare" },
  default: { section: "upkeep" },
  trigger: { section: "upkeep" },
  constrain: { section: "upkeep", inShort: "foreign keys to add" },
  name: { section: "upkeep", isDrift: true, inShort: "functions for callers to create" },
  unname: { section: "upkeep", inShort: "functions for callers to drop" },
  analyze: { section: "upkeep", inShort: "to analyze" },
  finalize: { section: "retire", isDrift: true, done: "finished the detach of" },
  detach: { section: "retire", done: "detached" },
  archive: { section: "retire", done: "archived" },
  drop: { section: "retire", done: "dropped" },
} as const satisfies Record<string, VerbTraits>;

/** Kind of action on a partition, or on the table as a whole. */
export type Verb = keyof typeof VERBS;

/** In the order of the table above. */
export const VERB_NAMES = Object.keys(VERBS) as readonly Verb[];

export type VerbIn<S extends Section> = { [V in Verb]: (typeof VERBS)[V]["section"] extends S ? V : never }[Verb];

export function getTraits(verb: Verb): VerbTraits {
  return VERBS[verb];
}
