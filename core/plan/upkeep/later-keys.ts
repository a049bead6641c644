import type { AlterFacts } from "../../table/alter/facts";
import { type Family, collectFamily } from "../../table/alter/family";
import { addForeignKey } from "../../table/alter/foreign-keys";
import type { AlterStep } from "../../table/alter/step";
import type { Observation, ObservedTable } from "../../observed/observed-table";
import type { RegisteredExpression } from "../../observed/registration";
import type { ForeignKeySpec } from "../../declare/table/constraints";
import type { Problem } from "../../problems/problem";
import { formatPath } from "../../problems/shape-problems";
import type { Change } from "../change/change";
import type { Creation } from "../create/creation";
import { buildUpkeepChange } from "./plan-upkeep";

/**
 * Declared foreign keys that the table lacks, because their target did not exist when the table was created: two new tables that
 * refer to each other, or a table that the program creates later.
 */
export interface LaterKeys {
  readonly keys: readonly LaterKey[];
  readonly facts: AlterFacts;
}

export interface LaterKey {
  readonly key: ForeignKeySpec;
  /** Its target still does not exist, and this run's program is not known to create it. */
  readonly absent: boolean;
  /** A table of the same name in the schema of the referring one, where a reference without a schema is not looked up. */
  readonly sameSchema?: string | undefined;
}

/** Lists the names of declared foreign keys that a table lacks. */
export function listMissingKeys(
  declared: readonly ForeignKeySpec[],
  table: Pick<ObservedTable, "constraints">,
): ForeignKeySpec[] {
  return declared.filter((key) => !table.constraints.some((one) => one.kind === "foreign" && one.name === key.name));
}

/**
 * Returns the steps that add one, as for every foreign key of an existing table.
 *
 * @param recorded registry entries of the table: an interrupted update may have added the key to some partitions
 */
export function planLaterKeySteps(
  family: Family,
  key: ForeignKeySpec,
  facts: AlterFacts,
  recorded: readonly RegisteredExpression[],
): AlterStep[] {
  const added = recorded.find((one) => one.kind === "foreign" && one.name === key.name)?.added ?? [];
  return addForeignKey(family, key, facts, added);
}

export function planLaterKeys(
  { keys, facts }: LaterKeys,
  name: { readonly schema: string; readonly table: string; readonly partitionSchema: string },
  observation: Observation,
  madeBefore: readonly Creation[],
): Change<"constrain", undefined>[] {
  const family = predictFamily(name, observation.table, madeBefore);
  return keys.map((later) => {
    const reason = `refers to ${formatTarget(later.key)}, which did not exist when the table was created`;
    const change = buildUpkeepChange("constrain", later.key.name, reason, [], undefined);
    if (later.absent) return { ...change, reasons: [], keep: { by: "absent", reason: describeAbsent(later) } };
    const steps = planLaterKeySteps(family, later.key, facts, observation.registration?.expressions ?? []);
    return { ...change, statements: steps.flatMap((step) => step.statements) };
  });
}

/** Returns the foreign keys of a new table whose targets neither exist nor are declared in time. */
export function findAbsentProblems(later: LaterKeys | undefined): Problem[] {
  return (later?.keys ?? []).flatMap((one): Problem[] =>
    one.absent
      ? [
          {
            path: formatPath(["foreignKeys", one.key.name, "references"]),
            code: "invalid-value",
            message: `table "${formatTarget(one.key)}" does not exist${hintOfSchema(one)}.`,
            fix: "Correct the name, or create the table first: declare both in one PartitionedDatabase, or name its resource in dependsOn.",
          },
        ]
      : [],
  );
}

/** Explains why a foreign key cannot be added yet, with the fix. */
export function describeAbsent(later: LaterKey): string {
  const { key } = later;
  const target = formatTarget(key);
  return `foreign key "${key.name}" refers to ${target}, which does not exist${hintOfSchema(later)}, so the table lacks the key. Correct the name; or create ${target} first: declare both in one PartitionedDatabase, or name its resource in dependsOn. The next update adds the key`;
}

function hintOfSchema({ sameSchema }: LaterKey): string {
  return sameSchema === undefined ? "" : ` (${sameSchema} exists: references: { schema, table } names it)`;
}

function formatTarget({ references }: ForeignKeySpec): string {
  return `${references.schema}.${references.table}`;
}

/** Returns the table with the partitions that resources of the same update create before its window. */
function predictFamily(
  {
    schema,
    table,
    partitionSchema,
  }: { readonly schema: string; readonly table: string; readonly partitionSchema: string },
  observed: ObservedTable | undefined,
  madeBefore: readonly Creation[],
): Family {
  const made = madeBefore.flatMap((one) =>
    one.kind === "create" ? [{ schema: partitionSchema, name: one.partition.name, partitioned: false }] : [],
  );
  const there = observed ? collectFamily(observed).partitions : [];
  return { schema, table, partitions: [...there, ...made] };
}
