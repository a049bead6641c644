import * as bound from "./bound-rules";
import * as carried from "./carried-rules";
import type { ConversionFacts } from "./facts";
import type { Finding, Rule, Topic } from "./finding";
import * as key from "./key-rules";
import * as load from "./load-rules";
import * as table from "./table-rules";
import * as unique from "./unique-rules";

/** Every question about a conversion, in the order in which findings of one level are listed. */
const RULES: Readonly<Record<Topic, Rule>> = {
  // Whether it can be converted at all:
  kind: table.kind,
  managed: table.managed,
  rights: table.rights,
  subscription: table.subscription,
  rules: table.rules,
  "row-type": table.rowType,
  bound: table.bound,
  backup: load.backup,
  // The key, and what has to be unique:
  "key-column": key.keyColumn,
  "key-nulls": key.keyNulls,
  "key-range": key.keyRange,
  "primary-key": unique.primaryKey,
  unique: unique.unique,
  exclusion: unique.exclusion,
  indexes: unique.invalidIndexes,
  "incoming-keys": unique.incomingKeys,
  upserts: unique.upserts,
  // What the partitioned table takes over:
  triggers: carried.triggers,
  checks: carried.checks,
  "outgoing-keys": carried.outgoingKeys,
  views: bound.views,
  functions: bound.functions,
  "foreign-policies": bound.foreignPolicies,
  sequences: carried.sequences,
  owner: carried.owner,
  "row-security": carried.rowSecurity,
  publications: carried.publications,
  "replica-identity": carried.replicaIdentity,
  statistics: carried.statistics,
  storage: carried.storage,
  // What an operator should know:
  size: load.size,
  traffic: load.traffic,
  transactions: load.transactions,
  replication: load.replicas,
  disk: load.disk,
  ctid: load.ctid,
  pruning: load.pruning,
  "statement-texts": load.statementTexts,
};

const LEVELS: readonly Finding["level"][] = ["blocker", "handled", "note"];

/** Lists what the facts say about a conversion: blockers first, then what it takes care of, then notes. */
export function findConversionFindings(facts: ConversionFacts): Finding[] {
  const found = (Object.keys(RULES) as Topic[]).flatMap((about) =>
    // A table that cannot be converted at all is not judged further.
    facts.source.kind === "plain" || BEFORE_ALL.includes(about)
      ? RULES[about](facts).map((one): Finding => ({ about, ...one }))
      : [],
  );
  return LEVELS.flatMap((level) => found.filter((one) => one.level === level));
}

const BEFORE_ALL: readonly Topic[] = ["kind", "managed", "rights", "size"];
