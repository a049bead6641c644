import { listWholeTree } from "../../partition/branch/desired-branches";
import type { Problem } from "../../problems/problem";
import { findBoundProblems, findRightProblems } from "../back/back-problems";
import type { ReturnSource } from "./return-copy";

/** Returns everything that the way back could not carry, and what would act on the copy that the partitioned table becomes. */
export function findReturnProblems(
  source: ReturnSource,
  taken: readonly string[],
  missingRights: readonly string[],
): Problem[] {
  const { table } = source;
  return [
    ...findRightProblems(table, missingRights),
    ...findBoundProblems(source),
    ...findKeyProblems(source),
    ...taken.map((name) =>
      refuse(`"${table.schema}.${name}" exists already, and the way back needs the name.`, "Rename it or drop it."),
    ),
    ...listWholeTree(table).flatMap(({ schema, name, carried, detachPending }) => [
      ...(detachPending
        ? [
            refuse(
              `partition "${name}" is half detached.`,
              'Run an update without until: "verify" first, which ends that.',
            ),
          ]
        : []),
      ...(schema === table.schema
        ? []
        : [refuse(`partition "${name}" is in schema "${schema}".`, `Move it to "${table.schema}" first.`)]),
      ...(carried?.unsaid?.triggers ?? []).map((trigger) =>
        refuse(
          `trigger "${trigger.name}" is on "${name}" alone, and would fire for every row that is copied to it.`,
          "Drop it, and create it again afterwards.",
        ),
      ),
    ]),
  ];
}

/** Foreign keys of other tables that point to what only the partitioned table has as a key. */
function findKeyProblems({ bound, plain, table }: ReturnSource): Problem[] {
  const sort = (columns: readonly string[]) => [...columns].sort().join("\0");
  // A unique key that the table has got since, the former one gets before its way back.
  const added = table.indexes.filter(({ constraint }) => constraint?.kind !== "primary");
  const keys = [...plain.indexes, ...added]
    .filter(({ unique, valid }) => unique && valid)
    .map(({ columns }) => sort(columns));
  return bound.referring
    .filter(({ referenced }) => !keys.includes(sort(referenced)))
    .map((key) =>
      refuse(
        `foreign key "${key.name}" of ${key.schema}.${key.table} refers to (${key.referenced.join(", ")}), which is no key of the plain table.`,
        "Drop it, or create a unique index on these columns first.",
      ),
    );
}

function refuse(message: string, fix: string): Problem {
  return { path: "convertFrom.until", code: "conflict", message, fix };
}
