import { fitIdentifier } from "../names/identifier";
import type { ObservedConstraint, ObservedTable } from "../observed";
import type { RegisteredExpression } from "../registration";
import { foreignKeyDefinition, sameForeignKey } from "../spec/foreign-keys";
import type { ForeignKeySpec, TableShape } from "../spec/spec";
import { sameExpression } from "./expression-text";

/** One difference between declared constraints and those that are there. Names decide which belong together. */
export type ConstraintChange =
  | { readonly kind: "add check"; readonly name: string; readonly expression: string }
  /** There, and not validated: a run was killed, or a hand added it. */
  | { readonly kind: "validate check"; readonly name: string }
  /** Another expression: the new one is validated beside the old one, under `next`, and then takes its name. */
  | {
      readonly kind: "replace check";
      readonly name: string;
      readonly next: string;
      readonly expression: string;
      readonly found: ObservedConstraint;
      /** What stands under `next` already. */
      readonly begun: "nothing" | "this one" | "another one";
    }
  | { readonly kind: "drop"; readonly found: ObservedConstraint }
  | { readonly kind: "add foreign key"; readonly key: ForeignKeySpec }
  | { readonly kind: "validate foreign key"; readonly key: ForeignKeySpec }
  | { readonly kind: "other foreign key"; readonly key: ForeignKeySpec; readonly found: ObservedConstraint }
  | { readonly kind: "add unique"; readonly name: string; readonly columns: readonly string[] }
  | {
      readonly kind: "other unique";
      readonly name: string;
      readonly columns: readonly string[];
      readonly found: ObservedConstraint;
    };

type Declared = Pick<TableShape, "columns" | "table" | "checks" | "foreignKeys" | "uniques">;

/** What lies between the declared constraints and those of the table. Those that nobody declared are left alone. */
export function constraintChanges(
  shape: Declared,
  table: Pick<ObservedTable, "constraints">,
  recorded: readonly RegisteredExpression[],
): ConstraintChange[] {
  if (!shape.columns) return [];
  return [
    ...noLongerDeclared(shape, table, recorded),
    ...shape.checks.flatMap((check) => checkChange(check, table, recorded)),
    ...shape.foreignKeys.flatMap((key) => foreignKeyChange(key, table)),
    ...shape.uniques.flatMap((unique) => uniqueChange(unique, table)),
  ];
}

/** The name under which the new expression of a check is validated. */
export function nextName(check: string): string {
  return fitIdentifier(`${check}_next`);
}

function noLongerDeclared(
  shape: Declared,
  table: Pick<ObservedTable, "constraints">,
  recorded: readonly RegisteredExpression[],
): ConstraintChange[] {
  const declared: Readonly<Record<string, ReadonlySet<string>>> = {
    check: new Set(shape.checks.flatMap(({ name }) => [name, nextName(name)])),
    foreign: new Set(shape.foreignKeys.map(({ name }) => name)),
    unique: new Set(shape.uniques.map(({ name }) => name)),
  };
  return table.constraints
    .filter((found) => recorded.some((one) => one.kind === found.kind && one.name === found.name))
    .filter((found) => declared[found.kind]?.has(found.name) === false)
    .map((found) => ({ kind: "drop", found }));
}

function checkChange(
  { name, expression }: TableShape["checks"][number],
  table: Pick<ObservedTable, "constraints">,
  recorded: readonly RegisteredExpression[],
): ConstraintChange[] {
  const of = (wanted: string) =>
    table.constraints.find((constraint) => constraint.kind === "check" && constraint.name === wanted);
  const known = (wanted: string) => recorded.find((one) => one.kind === "check" && one.name === wanted);
  const next = nextName(name);
  const begun = of(next) && known(next) ? of(next) : undefined;
  const found = of(name);
  if (found && sameCheck(expression, found, known(name))) {
    return [
      ...(begun ? [{ kind: "drop" as const, found: begun }] : []),
      ...(found.validated ? [] : [{ kind: "validate check" as const, name }]),
    ];
  }
  if (!found) return [{ kind: "add check", name, expression }];
  const state = begun === undefined ? "nothing" : known(next)?.declared === expression ? "this one" : "another one";
  return [{ kind: "replace check", name, next, expression, found, begun: state }];
}

/** `CHECK ((amount > 0)) NOT VALID` says what it is, and whether it was validated. */
export function checkExpression(definition: string): string {
  return definition.replace(/^CHECK \((.*)\)(?: NO INHERIT)?(?: NOT VALID)?$/s, "$1");
}

function sameCheck(expression: string, found: ObservedConstraint, known: RegisteredExpression | undefined): boolean {
  const recorded = known && { declared: known.declared, printed: checkExpression(known.printed) };
  return sameExpression(expression, checkExpression(found.definition), recorded);
}

function foreignKeyChange(key: ForeignKeySpec, table: Pick<ObservedTable, "constraints">): ConstraintChange[] {
  const found = table.constraints.find((one) => one.kind === "foreign" && one.name === key.name);
  if (!found) return [{ kind: "add foreign key", key }];
  if (!sameForeignKey(key, found)) return [{ kind: "other foreign key", key, found }];
  return found.validated ? [] : [{ kind: "validate foreign key", key }];
}

function uniqueChange(
  { name, columns }: TableShape["uniques"][number],
  table: Pick<ObservedTable, "constraints">,
): ConstraintChange[] {
  const found = table.constraints.find((one) => one.kind === "unique" && one.name === name);
  if (!found) return [{ kind: "add unique", name, columns }];
  return found.columns.join("\0") === columns.join("\0") ? [] : [{ kind: "other unique", name, columns, found }];
}

/** Everything of the table that is compared by what was declared and what the server printed. */
export function declaredExpressions(shape: TableShape): Omit<RegisteredExpression, "printed">[] {
  return [
    ...shape.checks.map(({ name, expression }) => ({ kind: "check" as const, name, declared: expression })),
    ...shape.foreignKeys.map((key) => ({
      kind: "foreign" as const,
      name: key.name,
      declared: foreignKeyDefinition(key),
    })),
    ...shape.uniques.map(({ name, columns }) => ({ kind: "unique" as const, name, declared: columns.join(", ") })),
    ...(shape.columns ?? []).flatMap((column) =>
      column.default === undefined ? [] : [{ kind: "default" as const, name: column.name, declared: column.default }],
    ),
  ];
}
