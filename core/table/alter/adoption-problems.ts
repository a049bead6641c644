import type { Problem } from "../../problems/problem";
import { formatPath } from "../../problems/shape-problems";
import type { Differences } from "./alteration";
import type { ColumnChange } from "./changes";
import { parseCheckExpression, type ConstraintChange } from "./constraint-changes";

/**
 * A table that is managed for the first time is adopted as it is: its owners may not know of the program yet, and the program may
 * mean another table. Only changes that touch no row and block no insert are made: comments and declared defaults.
 */
export function findAdoptionProblems({ columns, constraints }: Differences, name: string): Problem[] {
  return [
    ...columns.flatMap((change) => {
      const says = describeColumnChange(change);
      return says === undefined
        ? []
        : [refuseMismatch(["columns", getSubject(change)], `column "${getSubject(change)}" of ${name} ${says}.`)];
    }),
    ...constraints.flatMap((change) => {
      const says = describeConstraintChange(change);
      return says === undefined ? [] : [refuseMismatch([says.property, says.name], `${name} ${says.text}.`)];
    }),
  ];
}

function describeColumnChange(change: ColumnChange): string | undefined {
  switch (change.kind) {
    case "add":
      return "is missing";
    case "drop":
    case "undeclared":
      return `(${change.found.type}) exists and is not declared`;
    case "type":
    case "lost sequence":
      return `has type ${change.found.type}, declared is ${change.column.type}`;
    case "identity":
      return `has identity ${change.found.identity ?? "none"}, declared is ${change.column.identity ?? "none"}`;
    case "set not null":
      return "may be NULL, declared is NOT NULL";
    case "drop not null":
      return "is NOT NULL, declared is nullable";
    case "set default":
    case "drop default":
    case "comment":
      return undefined;
  }
}

function getSubject(change: ColumnChange): string {
  return "column" in change ? change.column.name : change.found.name;
}

function describeConstraintChange(
  change: ConstraintChange,
): { readonly property: string; readonly name: string; readonly text: string } | undefined {
  switch (change.kind) {
    case "add check":
      return { property: "checks", name: change.name, text: `has no check "${change.name}"` };
    case "replace check":
      return {
        property: "checks",
        name: change.name,
        text: `has the check "${change.name}" (${parseCheckExpression(change.found.definition)}), declared is (${change.check.expression})`,
      };
    case "add foreign key":
      return { property: "foreignKeys", name: change.key.name, text: `has no foreign key "${change.key.name}"` };
    case "add unique":
      return { property: "uniques", name: change.name, text: `has no unique constraint "${change.name}"` };
    case "other foreign key":
    case "other unique":
    case "validate check":
    case "validate foreign key":
    case "enforce check":
    case "enforce foreign key":
    case "drop":
      return undefined;
  }
}

function refuseMismatch(path: readonly string[], message: string): Problem {
  return {
    path: formatPath(path),
    code: "table-mismatch",
    message,
    fix: "A table is adopted as it is: declare what exists, run `pulumi up`, then declare the change; or leave out columns altogether.",
  };
}
