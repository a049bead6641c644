import { writeNotNullScript } from "../table/compare/filled-check";
import { getBranchSpec } from "../partition/branch/desired-branches";
import type { Observation, ObservedTable } from "../observed/observed-table";
import type { ObservedReplication } from "../observed/replication";
import { planCreation } from "../plan/create/creation";
import { formatProblem } from "../problems/problem";
import { findTableProblems } from "../table/compare/compare";
import type { TableSpec } from "../declare/table/spec";
import { compareInstants, type Instant } from "../time/instant";
import { formatInterval } from "../time/interval";
import { isUniform, collectUuidForms } from "../time/uuid-bounds";
import { hasExpired, planWindow } from "../window/window-partitions";
import { CannotAdopt } from "./cannot-adopt";
import type { FoundLevels } from "./find-levels";
import type { NamedInterval } from "./partition-names";

/** The first update of a declaration, as `up` would plan it. */
interface FirstUpdate {
  /** Steps required before it. */
  readonly before: readonly string[];
  readonly makes: readonly NamedInterval[];
  readonly notes: readonly string[];
}

interface Known {
  readonly replication: ObservedReplication;
  readonly now: Instant;
  readonly history?: Pick<Observation, "ledger" | "detached">;
}

/**
 * Plans the first update: its creations are reported, one by one for a table, counted over many branches. Throws CannotAdopt if
 * it would refuse something that a comment cannot fix.
 */
export function planFirstUpdate(spec: TableSpec, table: ObservedTable, levels: FoundLevels, known: Known): FirstUpdate {
  const columns = spec.window.levels.above.map((level) => level.column);
  const refused: string[] = [];
  const expired: string[] = [];
  const makes = levels.stems.flatMap((stem) => {
    const path = columns.map((column) => stem.values[column] ?? "");
    const name = levels.above.length > 0 ? stem.name : undefined;
    const window = planWindow(getBranchSpec(spec.window, path), known.now, name);
    const observation = buildObservation({ ...table, partitions: stem.partitions }, known);
    refused.push(...window.problems.map(formatProblem));
    expired.push(
      ...stem.partitions.flatMap((partition) =>
        partition.bounds && hasExpired(partition.bounds.to, window.horizon) ? [partition.name] : [],
      ),
    );
    return window.desired.flatMap((one): NamedInterval[] => {
      const creation = planCreation(spec.window, one, observation);
      if (creation.kind === "refuse") refused.push(formatProblem(creation.problem));
      return creation.kind === "create" ? [one] : [];
    });
  });
  const nullable = table.columns.find((one) => one.name === spec.window.key.column)?.nullable === true;
  const settled = {
    ...table,
    columns: table.columns.map((one) => (one.name === spec.window.key.column ? { ...one, nullable: false } : one)),
  };
  refused.push(...findTableProblems(spec, settled).map(formatProblem));
  if (refused.length > 0)
    throw new CannotAdopt(
      `table "${table.schema}.${table.name}" cannot be declared as it is: ${refused.slice(0, MAX_REFUSED).join(" ")}`,
    );
  const listed = makes.slice(0, MAX_MISSING);
  const more = makes.length - listed.length;
  return {
    before: nullable ? [noteNullableKey(table, spec.window.key.column)] : [],
    makes,
    notes: [
      ...noteUuidForms(levels),
      ...(expired.length > 0
        ? [
            `${expired.length} partitions have expired by this window (${expired.slice(0, NAMED).join(", ")}${expired.length > NAMED ? ", …" : ""}): they are retained until confirmDrops names their bounds`,
          ]
        : []),
      ...listed.map((one) => `no partition holds ${formatInterval(one)}: the first update creates "${one.name}"`),
      ...(more > 0 ? [`the first update creates ${more} more partitions`] : []),
    ],
  };
}

/** Limits comments: one for each would hide the program. */
const MAX_MISSING = 20;
const MAX_REFUSED = 5;
const NAMED = 3;

function buildObservation(table: ObservedTable, { replication, now, history }: Known): Observation {
  return {
    table,
    registration: undefined,
    ledger: history?.ledger ?? [],
    detached: history?.detached ?? [],
    defaultGrantees: [],
    replication,
    now,
    obstacles: [],
  };
}

function noteNullableKey(table: ObservedTable, column: string): string {
  return `before the first update, which refuses it as it is: the key "${column}" may be NULL, and a row without it belongs to no partition. Writers continue while this sets it, one statement after the other: ${writeNotNullScript(table, column).join(" ")}`;
}

/** Notes sets of UUID partitions whose bounds are written in several forms. */
function noteUuidForms({ stems }: FoundLevels): string[] {
  return stems.flatMap((stem) => {
    const forms = collectUuidForms(stem.partitions);
    if (isUniform(forms)) return [];
    const at = [...Object.keys(forms.begins), ...Object.keys(forms.ends)].sort();
    return [
      `bounds of "${stem.name}" are UUIDs of several forms (otherwise than …-${forms.usual}: ${at.slice(0, NAMED).join(", ")}${at.length > NAMED ? ", …" : ""}): a new partition begins and ends with the exact text of its neighbour, and new bounds end in ${forms.usual}`,
    ];
  });
}

/** Returns the names that the first update creates, each once, for the command line, which checks them against the schema. */
export function listNamesToCreate(makes: readonly NamedInterval[]): string[] {
  return [...new Set([...makes].sort((a, b) => compareInstants(a.from, b.from)).map((one) => one.name))];
}
