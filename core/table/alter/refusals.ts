import type { Problem } from "../../problems/problem";
import { formatPath } from "../../problems/shape-problems";
import type { ColumnSpec } from "../../declare/table/spec";
import { isSerial, type ColumnChange } from "./changes";
import { listFunctionNames } from "./expression-text";
import { type AlterFacts, type ColumnUse, listUsesOfColumn } from "./facts";
import { widens } from "../compare/widening";

/** A table as errors name it, and the constraints that leave it in the same update. */
interface RefusalContext {
  /** `"app.events"` */
  readonly name: string;
  /** Constraints that the same update drops: they prevent nothing. */
  readonly leaving: ReadonlySet<string>;
}

/** Explains why changes of columns are refused; empty: none is. */
export function findColumnRefusals(
  changes: readonly ColumnChange[],
  facts: AlterFacts,
  context: RefusalContext,
): Problem[] {
  return changes.flatMap((change) => {
    const problem = refuseColumnChange(change, facts, context);
    return problem ? [problem] : [];
  });
}

function refuseColumnChange(change: ColumnChange, facts: AlterFacts, context: RefusalContext): Problem | undefined {
  switch (change.kind) {
    case "add":
      return refuseToAdd(change.column, facts, context);
    case "drop":
      return refuseToDrop(change.found.name, listUsesOfColumn(facts, change.found.name, context.leaving), context);
    case "type":
      return refuseType(change, facts, context);
    case "undeclared":
      return refuseMismatch(
        change.found.name,
        `${context.name} has a column "${change.found.name}" (${change.found.type}) that is not declared.`,
        `Declare it; or, if its values may be lost, confirm that: dropColumns: ["${change.found.name}"]; or leave out columns altogether.`,
      );
    case "identity":
      return refuseMismatch(
        change.column.name,
        `column "${change.column.name}" of ${context.name} has identity ${change.found.identity ?? "none"}, declared is ${change.column.identity ?? "none"}.`,
        "Declare what exists. Giving a filled column an identity rewrites the table or needs its sequence set: that is a migration.",
      );
    case "lost sequence":
      return refuseMismatch(
        change.column.name,
        `column "${change.column.name}" of ${context.name} is declared as ${change.column.type} and owns no sequence.`,
        "Declare its integer type with the default that it has, or create a sequence and ALTER SEQUENCE … OWNED BY this column.",
      );
    case "set default":
    case "drop default":
    case "set not null":
    case "drop not null":
    case "comment":
      return undefined;
  }
}

function refuseToAdd(column: ColumnSpec, facts: AlterFacts, context: RefusalContext): Problem | undefined {
  const because = explainRewrite(column, facts);
  const subject = `column "${column.name}" of ${context.name} is missing`;
  if (because !== undefined) {
    return refuseMismatch(
      column.name,
      `${subject}, and adding it would rewrite every partition while no session can use the table: ${because}.`,
      "Add it with nullable: true and no default, run `pulumi up`, then declare the default, which new rows get. " +
        "A value for existing rows is a migration: fill them batch by batch.",
    );
  }
  if (!column.nullable && column.default === undefined) {
    return refuseMismatch(
      column.name,
      `${subject} and declared NOT NULL without a default: existing rows would have no value.`,
      "Give it a default that is not volatile; or add it with nullable: true, fill it, and remove nullable after that.",
    );
  }
  return undefined;
}

function explainRewrite(column: ColumnSpec, facts: AlterFacts): string | undefined {
  if (column.identity !== undefined || isSerial(column.type)) return "each row gets a number of a sequence";
  if (facts.constrainedTypes.includes(column.type)) return `${column.type} is a domain with constraints`;
  const names = listFunctionNames(column.default ?? "").filter((name) => facts.volatileFunctions.includes(name));
  return names.length > 0
    ? `${names.map((name) => `${name}()`).join(", ")} is volatile, so each row gets its own value`
    : undefined;
}

function refuseToDrop(column: string, uses: readonly ColumnUse[], context: RefusalContext): Problem | undefined {
  if (uses.length === 0) return undefined;
  return {
    path: formatPath(["dropColumns"]),
    code: "table-mismatch",
    message: `column "${column}" of ${context.name} is not dropped: it is used by ${describeUses(uses)}.`,
    fix: "Remove these first (what Pulumi manages: from the program, with a separate `pulumi up`), then drop the column.",
  };
}

function refuseType(
  { column, found }: Extract<ColumnChange, { kind: "type" }>,
  facts: AlterFacts,
  context: RefusalContext,
): Problem | undefined {
  const says = `column "${column.name}" of ${context.name} has type ${found.type}, declared is ${column.type}`;
  const way =
    "That is a migration: add a second column of the new type, let writers fill both, fill the old rows batch by batch, then drop the first with dropColumns; or migrate into a new table.";
  if (!widens(found.type, column.type)) {
    return refuseMismatch(
      column.name,
      `${says}: the change would rewrite or read every partition while no session can use the table.`,
      `Declare what exists. ${way}`,
    );
  }
  const uses = listUsesOfColumn(facts, column.name, context.leaving);
  if (uses.length === 0) return undefined;
  return refuseMismatch(
    column.name,
    `${says}: no row would be rewritten, but PostgreSQL rebuilds indexes and checks constraints of a partitioned table again, under the lock: ${describeUses(uses)}.`,
    `Declare what exists, or drop these before and create them again after. Otherwise: ${way}`,
  );
}

function describeUses(uses: readonly ColumnUse[]): string {
  const texts = uses.map((use) =>
    use.kind === "view"
      ? `view ${use.relation}`
      : `${use.kind === "other" ? "" : `${use.kind} `}"${use.name}" of ${use.relation}`,
  );
  const shown = [...new Set(texts)];
  return shown.length > 6 ? `${shown.slice(0, 6).join(", ")} and ${shown.length - 6} more` : shown.join(", ");
}

function refuseMismatch(column: string, message: string, fix: string): Problem {
  return { path: formatPath(["columns", column]), code: "table-mismatch", message, fix };
}
