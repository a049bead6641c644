import { MAX_NAMED_ROWS, MAX_RETURNED_ROWS } from "../../defaults";
import type { Observation, ObservedTable } from "../../observed/observed-table";
import { type Dependents, explainNotDroppable } from "../../plan/retire/dependents";
import { formatInstant, type Instant } from "../../time/instant";
import type { Problem } from "../../problems/problem";
import { type BackSource, listLeaving, type RecordedConversion } from "./back-source";

/** Rows that decide about the way back. */
export interface ReturningRows {
  /** Rows outside of the history, counted up to one more than may return. */
  readonly count: number;
  /** Values of the former primary key that several rows have, some of them. */
  readonly doubled: readonly string[];
}

/** Explains why a table has no way back to a plain one, before anything is read about its history; undefined: it may have. */
export function explainNoWayBack(
  { table, ledger, detached }: Pick<Observation, "ledger" | "detached"> & { readonly table: ObservedTable },
  conversion: RecordedConversion | undefined,
): Problem | undefined {
  const name = `"${table.schema}.${table.name}"`;
  if (!conversion)
    return refuse(
      `${name} is partitioned and was not converted by a declaration, so there is no plain table to go back to.`,
      'Remove until: "prepare".',
    );
  const found = table.partitions.find(({ oid }) => oid === conversion.oid);
  if (found?.splitting)
    return refuse(
      `${name} cannot become the plain table again while its history "${conversion.history}" is split.`,
      "Remove convertFrom.split and until for one update, which drops the copies.",
    );
  if (found) return undefined;
  const history = `its history "${conversion.history}"`;
  const archived = ledger.some(({ event, oid }) => event === "archived" && oid === conversion.oid);
  const left = detached.some(({ oid }) => oid === conversion.oid);
  const released = ledger.some(({ event, oid }) => event === "released" && oid === conversion.oid);
  const state = archived
    ? "was archived"
    : released
      ? "was split, and is a table of its own"
      : left
        ? "was retired: it is detached"
        : "is gone";
  return refuse(
    `${name} cannot become the plain table again: ${history} ${state}.`,
    `${openOnline(conversionEnd(ledger, conversion))} Or remove until: "prepare".`,
  );
}

/** The way back for what does not fit into one transaction, or has no history to return to. */
function openOnline(start: Instant | undefined): string {
  const window = start ? `, and start: "${formatInstant(start)}" in the window` : "";
  return `Take it back online instead: declare convertFrom: { strategy: "copy", openWayBack: true, rollbackUntil: … }${window}; its rows are then copied into a new plain table, which takes its place by until: "verify".`;
}

function conversionEnd(ledger: Observation["ledger"], { oid }: RecordedConversion): Instant | undefined {
  return ledger.find((entry) => entry.event === "attached" && entry.oid === oid)?.bounds.to;
}

/** Returns everything that the way back could not carry or would lose. */
export function findBackProblems(
  source: BackSource,
  rows: ReturningRows,
  dependents: Dependents,
  missingRights: readonly string[],
): Problem[] {
  return [
    ...findRightProblems(source.table, missingRights),
    ...findPartProblems(source, dependents),
    ...findBoundProblems(source),
    ...findKeyProblems(source),
    ...findRowProblems(source, rows),
  ];
}

export function findRightProblems(
  { rights, schema, name }: Pick<ObservedTable, "rights" | "schema" | "name">,
  missingRights: readonly string[],
): Problem[] {
  if (missingRights.length === 0) return [];
  return [
    refuse(
      `role "${rights.role}" may not take back the conversion of "${schema}.${name}".`,
      `An administrator has to run: ${missingRights.join("; ")}`,
    ),
  ];
}

/** Problems of the history and of the partitions that go. */
function findPartProblems(source: BackSource, dependents: Dependents): Problem[] {
  const { table, history } = source;
  const leaving = listLeaving(source);
  const half = table.partitions.filter(({ detachPending }) => detachPending);
  const foreign = leaving.filter((one) => one.foreign);
  const triggers = history.carried?.unsaid?.triggers ?? [];
  return [
    ...half.map(({ name }) =>
      refuse(`partition "${name}" is half detached.`, 'Run an update without until: "prepare" first, which ends that.'),
    ),
    ...foreign.map(({ name }) =>
      refuse(`partition "${name}" is a foreign table, whose rows are not in this database.`, "Detach it first."),
    ),
    ...(history.fenced ? [refuse(`"${history.name}" refuses writes, because it is being archived.`, STAY)] : []),
    ...(history.schema === table.schema
      ? []
      : [refuse(`"${history.name}" is in schema "${history.schema}".`, `Move it to "${table.schema}" first.`)]),
    ...triggers.map((trigger) =>
      refuse(
        `trigger "${trigger.name}" is on "${history.name}" alone, and would fire for every row that returns.`,
        "Drop it, and create it again afterwards.",
      ),
    ),
    ...leaving.flatMap(({ schema, name, oid }) => {
      const needed = explainNotDroppable({ schema, partition: name }, dependents.get(oid));
      return needed === undefined ? [] : [refuse(`partition "${name}" goes with the way back, and ${needed}.`, STAY)];
    }),
  ];
}

const STAY = 'Then run the update again, or remove until: "prepare".';

/** What is bound to the partitioned table and cannot follow: it would be lost, or go on reading the partitioned one. */
export function findBoundProblems({ table, bound }: Pick<BackSource, "table" | "bound">): Problem[] {
  const name = `${table.schema}.${table.name}`;
  const found = [
    ...bound.rules.map((rule) => `rule "${rule.name}"`),
    ...bound.subscriptions.map((subscription) => `subscription "${subscription}", which writes to it`),
    ...bound.rowTypeUsers.map(({ kind, identity }) => `${kind} ${identity}, which uses its row type`),
    ...bound.views
      .filter(({ direct, kind }) => direct && kind === "materialized")
      .map((view) => `materialized view ${view.schema}.${view.name}`),
    ...bound.views
      .filter(({ direct, ours }) => direct && !ours)
      .map((view) => `view ${view.schema}.${view.name} of ${view.owner}`),
    ...bound.functions
      .filter(({ direct, ours }) => direct && !ours)
      .map(({ signature, owner }) => `function ${signature} of ${owner}`),
    ...bound.others.map(({ kind, identity }) => `${kind} ${identity}`),
    ...bound.referring
      .filter(({ self, partitioned }) => self || partitioned)
      .map(
        (key) =>
          `foreign key "${key.name}" of ${key.self ? "the table itself" : `${key.schema}.${key.table}, which is partitioned`}`,
      ),
  ];
  return found.map((one) =>
    refuse(
      `${one} is bound to ${name}, and cannot be bound to the plain table by this update.`,
      "Drop it, and create it again afterwards.",
    ),
  );
}

/** Foreign keys of other tables that point to what only the partitioned table has as a key. */
function findKeyProblems({ table, bound, plain }: BackSource): Problem[] {
  const former = plain.primaryKey?.columns ?? [];
  const unique = table.indexes.filter((one) => one.unique && one.constraint?.kind !== "primary");
  const keys = [former, ...unique.map(({ columns }) => columns)].map((columns) => [...columns].sort().join("\0"));
  return bound.referring
    .filter(({ referenced }) => !keys.includes([...referenced].sort().join("\0")))
    .map((key) =>
      refuse(
        `foreign key "${key.name}" of ${key.schema}.${key.table} refers to (${key.referenced.join(", ")}), which is no key of the plain table.`,
        `Drop it, or create a unique index on these columns first.`,
      ),
    );
}

function findRowProblems(source: BackSource, { count, doubled }: ReturningRows): Problem[] {
  const { table, history, plain } = source;
  const historyUntil = history.bounds?.to;
  const name = `"${table.schema}.${table.name}"`;
  const columns = plain.primaryKey?.columns.join(", ") ?? "";
  const more = doubled.length === MAX_NAMED_ROWS ? ", and perhaps more" : "";
  return [
    ...(count > MAX_RETURNED_ROWS
      ? [
          refuse(
            `${name} has more than ${MAX_RETURNED_ROWS.toLocaleString("en")} rows outside of "${history.name}": moving them would stop its readers and writers for too long.`,
            `${openOnline(historyUntil)} Or remove until: "prepare".`,
          ),
        ]
      : []),
    ...(doubled.length > 0
      ? [
          refuse(
            `the plain table cannot hold what ${name} has: its primary key is (${columns}), and several rows have ${doubled.join("; ")}${more}.`,
            'Change or delete all but one of each, or remove until: "prepare".',
          ),
        ]
      : []),
  ];
}

function refuse(message: string, fix: string): Problem {
  return { path: "convertFrom.until", code: "conflict", message, fix };
}
