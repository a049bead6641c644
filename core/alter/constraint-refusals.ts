import type { Problem } from "../problem";
import { foreignKeyDefinition } from "../spec/foreign-keys";
import { formatPath } from "../spec/shape-problems";
import type { ConstraintChange } from "./constraints";

/** Why changes of constraints are not made; empty: they may. `name` is the table's, in quotes. */
export function constraintRefusals(changes: readonly ConstraintChange[], name: string): Problem[] {
  return changes.flatMap((change) => {
    const problem = refusalOf(change, name);
    return problem ? [problem] : [];
  });
}

function refusalOf(change: ConstraintChange, name: string): Problem | undefined {
  switch (change.kind) {
    case "add unique":
      return {
        path: formatPath(["uniques", change.name]),
        code: "table-mismatch",
        message: `${name} has no unique constraint "${change.name}"; adding one builds an index on every partition while writers wait.`,
        fix:
          `Declare it as an index instead: indexes: { ${JSON.stringify(change.name)}: { columns: ${JSON.stringify(change.columns)}, unique: true } }. ` +
          "It is built CONCURRENTLY and enforces the same; ON CONFLICT and foreign keys take it too.",
      };
    case "other unique":
      return {
        path: formatPath(["uniques", change.name]),
        code: "table-mismatch",
        message: `the unique constraint "${change.name}" of ${name} is (${change.found.columns.join(", ")}), declared is (${change.columns.join(", ")}).`,
        fix: "Declare what exists; declare the new one as a unique index, run `pulumi up`, then remove the old one.",
      };
    case "other foreign key":
      return {
        path: formatPath(["foreignKeys", change.key.name]),
        code: "table-mismatch",
        message: `the foreign key "${change.key.name}" of ${name} is ${change.found.definition}, declared is ${foreignKeyDefinition(change.key)}.`,
        fix: "A foreign key never changes in place: declare the new one under another name and remove the old one, in one update.",
      };
    default:
      return undefined;
  }
}
