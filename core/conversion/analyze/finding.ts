import type { ConversionFacts } from "./facts";

/** Ways to convert a plain table. */
export type Strategy = "attach" | "split" | "copy" | "copyThenSwitch" | "offline";

/** One fact about a conversion: what keeps it from starting, what it takes care of, what an operator should know. */
export interface Finding {
  readonly level: "blocker" | "handled" | "note";
  readonly about: Topic;
  readonly message: string;
  /** The way on. Every blocker has one. */
  readonly fix?: string;
  /** Left out: all. */
  readonly strategies?: readonly Strategy[];
}

/** Topics of findings: stable, so that tools can rely on them. */
export type Topic =
  | "kind"
  | "managed"
  | "rights"
  | "subscription"
  | "rules"
  | "row-type"
  | "bound"
  | "key-column"
  | "key-nulls"
  | "key-range"
  | "primary-key"
  | "unique"
  | "indexes"
  | "exclusion"
  | "incoming-keys"
  | "upserts"
  | "triggers"
  | "checks"
  | "outgoing-keys"
  | "views"
  | "functions"
  | "foreign-policies"
  | "sequences"
  | "owner"
  | "row-security"
  | "publications"
  | "replica-identity"
  | "statistics"
  | "storage"
  | "size"
  | "traffic"
  | "transactions"
  | "replication"
  | "disk"
  | "ctid"
  | "pruning"
  | "statement-texts"
  | "backup";

/** What a rule finds; the list of rules adds the topic. */
export type Found = Omit<Finding, "about">;

/** One question about the facts. It returns what it finds, most often nothing. */
export type Rule = (facts: ConversionFacts) => readonly Found[];

/** Formats the first few of a list: `"a", "b" and 3 more`. */
export function listSome(names: readonly string[], most = 5): string {
  const shown = names.slice(0, most).map((name) => `"${name}"`);
  return `${shown.join(", ")}${names.length > most ? ` and ${names.length - most} more` : ""}`;
}

/** Returns the table as messages name it. */
export function nameTable({ table }: Pick<ConversionFacts, "table">): string {
  return `"${table.schema}.${table.name}"`;
}
