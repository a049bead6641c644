import { quote, quoteQualified } from "../../names/identifier";
import type { ObservedPartition, ObservedTable } from "../../observed/observed-table";
import type { Problem } from "../../problems/problem";
import { formatBytes } from "../../size";
import type { ConversionSource } from "../source";

/** What decides whether a history can be split, in addition to what keeps its rows from being copied. */
interface SplitFacts {
  readonly table: ObservedTable;
  /** What is bound to the table. */
  readonly whole: ConversionSource;
  readonly history: ObservedPartition;
  /** What is bound to the history itself. */
  readonly own: ConversionSource;
}

/** ATTACH reads the default partition under the lock of the swap: for a size up to this one it is an instant. */
const MAX_DEFAULT_BYTES = 8 * 1024 ** 2;

/** Returns everything that keeps a history from being split. */
export function findSplitProblems(facts: SplitFacts): Problem[] {
  return [...findKindProblems(facts), ...findUsers(facts), ...findDefault(facts), ...findElsewhere(facts)];
}

function findKindProblems({ table, history, own }: SplitFacts): Problem[] {
  const name = `"${history.schema}.${history.name}"`;
  if (history.partitioned || history.foreign || own.kind !== "partition")
    return [refuse(`${name} is no plain table: only the rows of one can be copied.`, "Remove convertFrom.split.")];
  if (history.detachPending)
    return [
      refuse(
        `${name} is half-way detached from "${table.schema}.${table.name}".`,
        "Let one update finish that, without convertFrom.split.",
      ),
    ];
  return [];
}

/** What names the history itself would go on reading it, and would miss every change from then on. */
function findUsers({ table, history, whole, own }: SplitFacts): Problem[] {
  const name = `"${history.schema}.${history.name}"`;
  const handedDown = new Set(whole.triggers.map((trigger) => trigger.name));
  const users = [
    ...own.views.filter(({ direct }) => direct).map((view) => `view ${quoteQualified(view.schema, view.name)}`),
    ...own.functions.filter(({ direct }) => direct).map(({ kind, signature }) => `${kind} ${signature}`),
    ...own.foreignPolicies.map(
      (policy) => `policy ${quote(policy.name)} on ${quoteQualified(policy.schema, policy.table)}`,
    ),
    ...own.triggers
      .filter((trigger) => !handedDown.has(trigger.name))
      .map((trigger) => `trigger ${quote(trigger.name)}`),
    ...own.rules.map((rule) => `rule ${quote(rule.name)}`),
    ...own.rowTypeUsers.map(({ kind, identity }) => `${kind} ${identity}`),
    ...own.subscriptions.map((subscription) => `subscription ${quote(subscription)}`),
    ...own.others.map(({ kind, identity }) => `${kind} ${identity}`),
  ];
  return users.map((user) =>
    refuse(
      `${user} belongs to the partition ${name}, which leaves the table with the split.`,
      `Let it use "${table.schema}.${table.name}", or drop it, or remove convertFrom.split.`,
    ),
  );
}

function findDefault({ table }: SplitFacts): Problem[] {
  const found = table.partitions.find(({ isDefault }) => isDefault);
  if (!found || found.bytes <= MAX_DEFAULT_BYTES) return [];
  return [
    refuse(
      `the default partition "${found.schema}.${found.name}" has ${formatBytes(found.bytes)}, and PostgreSQL would read it for each new partition while no other session can use the table.`,
      "Move its rows into partitions of their own, or remove convertFrom.split.",
    ),
  ];
}

/** Foreign keys are validated on each partition, in the schema of the table. */
function findElsewhere({ table, whole }: SplitFacts): Problem[] {
  const key = whole.constraints.find(({ kind }) => kind === "foreign");
  const found = table.partitions.find(({ schema }) => schema !== table.schema);
  if (!key || !found) return [];
  return [
    refuse(
      `the foreign key ${quote(key.name)} would have to be validated on "${found.schema}.${found.name}", and partitions in another schema than the table are to come.`,
      "Remove convertFrom.split.",
    ),
  ];
}

function refuse(message: string, fix: string): Problem {
  return { path: "convertFrom.split", code: "conflict", message, fix };
}
