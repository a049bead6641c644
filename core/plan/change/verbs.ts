/** Under what a reader of the plan finds a change. */
export type Section = "create" | "restore" | "align" | "prepare" | "upkeep" | "retire";

interface VerbTraits {
  readonly section: Section;
  /** A refresh shows it: another session changed what the last update left. What time alone makes due is no drift. */
  readonly isDrift?: true;
  /** What an update says that it did. */
  readonly done?: string;
  /** In the one line of a plan, where it is not counted there. */
  readonly inShort?: string;
}

/** Everything that a plan can do to a table. A new verb is written here and where its change is planned. */
export const VERBS = {
  create: { section: "create", isDrift: true },
  attach: { section: "create" },
  restore: { section: "restore" },
  align: { section: "align", isDrift: true },
  prepare: { section: "prepare" },
  default: { section: "upkeep" },
  trigger: { section: "upkeep" },
  constrain: { section: "upkeep", inShort: "foreign keys to add" },
  analyze: { section: "upkeep", inShort: "to analyze" },
  finalize: { section: "retire", isDrift: true, done: "finished the detach of" },
  detach: { section: "retire", done: "detached" },
  archive: { section: "retire", done: "archived" },
  drop: { section: "retire", done: "dropped" },
} as const satisfies Record<string, VerbTraits>;

/** What can be due for a partition, or for the table as a whole. */
export type Verb = keyof typeof VERBS;

/** In the order of the table above. */
export const VERB_NAMES = Object.keys(VERBS) as readonly Verb[];

export type VerbIn<S extends Section> = { [V in Verb]: (typeof VERBS)[V]["section"] extends S ? V : never }[Verb];

export function traitsOf(verb: Verb): VerbTraits {
  return VERBS[verb];
}
