import { fitIdentifier } from "../../names/identifier";
import type { ObservedConstraint, ObservedTable } from "../../observed/observed-table";
import type { RegisteredExpression } from "../../observed/registration";
import { formatForeignKey, isSameForeignKey } from "../compare/compare-foreign-keys";
import { parseConstraintState, removeState } from "../../declare/table/constraint-state";
import type { TableShape } from "../../declare/table/spec";
import type { CheckSpec, ConstraintReach, ForeignKeySpec } from "../../declare/table/constraints";
import { isSameExpression } from "./expression-text";
import { nameFilledCheck } from "../compare/filled-check";

/** One difference between declared and existing constraints. They are matched by name. */
export type ConstraintChange =
  | ({ readonly kind: "add check"; readonly added: readonly string[] } & CheckSpec)
  /** Exists, and is not validated. */
  | ({ readonly kind: "validate check" } & CheckSpec & Unread)
  /** Another expression: the new one is validated alongside the old one, under `next`, and then takes its name. */
  | {
      readonly kind: "replace check";
      readonly name: string;
      readonly next: string;
      readonly check: CheckSpec;
      readonly found: ObservedConstraint;
      /** Constraint that already exists under `next`. */
      readonly begun: "nothing" | "this one" | "another one";
      readonly added: readonly string[];
    }
  /** Enforced or not: this never changes in place. */
  | {
      readonly kind: "enforce check" | "enforce foreign key";
      readonly name: string;
      readonly enforced: boolean;
      readonly found: ObservedConstraint;
    }
  | { readonly kind: "drop"; readonly found: ObservedConstraint }
  | { readonly kind: "add foreign key"; readonly key: ForeignKeySpec; readonly added: readonly string[] }
  | ({ readonly kind: "validate foreign key"; readonly key: ForeignKeySpec } & Unread)
  | { readonly kind: "other foreign key"; readonly key: ForeignKeySpec; readonly found: ObservedConstraint }
  | { readonly kind: "add unique"; readonly name: string; readonly columns: readonly string[] }
  | {
      readonly kind: "other unique";
      readonly name: string;
      readonly columns: readonly string[];
      readonly found: ObservedConstraint;
    };

/** Origin of a constraint that is not validated yet. */
interface Unread {
  /** An interrupted update of this program has `added` it; otherwise it existed `before` and must not be reverted. */
  readonly there: "added" | "before";
  /** An earlier update completed with it declared. */
  readonly known: boolean;
}

type Declared = Pick<TableShape, "columns" | "table" | "checks" | "foreignKeys" | "uniques">;

/** Returns the differences between the declared constraints and those of the table. Undeclared ones are left alone. */
export function findConstraintChanges(
  shape: Declared,
  table: Pick<ObservedTable, "constraints">,
  recorded: readonly RegisteredExpression[],
): ConstraintChange[] {
  if (!shape.columns) return [];
  return [
    ...listNoLongerDeclared(shape, table, recorded),
    ...shape.checks.flatMap((check) => compareCheck(check, table, recorded)),
    ...shape.foreignKeys.flatMap((key) => compareForeignKey(key, table, recorded)),
    ...shape.uniques.flatMap((unique) => compareUnique(unique, table)),
  ];
}

/** Returns the name under which the new expression of a check is validated. */
export function formatNextName(check: string): string {
  return fitIdentifier(`${check}_next`);
}

function listNoLongerDeclared(
  shape: Declared,
  table: Pick<ObservedTable, "constraints">,
  recorded: readonly RegisteredExpression[],
): ConstraintChange[] {
  const declared: Readonly<Record<string, ReadonlySet<string>>> = {
    check: new Set([
      ...shape.checks.flatMap(({ name }) => [name, formatNextName(name)]),
      // Planned separately in core/table/alter/not-null.ts.
      ...(shape.columns ?? []).map((column) => nameFilledCheck(shape.table, column.name)),
    ]),
    foreign: new Set(shape.foreignKeys.map(({ name }) => name)),
    unique: new Set(shape.uniques.map(({ name }) => name)),
  };
  return table.constraints
    .filter((found) => recorded.some((one) => one.kind === found.kind && one.name === found.name))
    .filter((found) => declared[found.kind]?.has(found.name) === false)
    .map((found) => ({ kind: "drop", found }));
}

function compareCheck(
  check: CheckSpec,
  table: Pick<ObservedTable, "constraints">,
  recorded: readonly RegisteredExpression[],
): ConstraintChange[] {
  const { name, expression } = check;
  const findCheck = (wanted: string) =>
    table.constraints.find((constraint) => constraint.kind === "check" && constraint.name === wanted);
  const findKnown = (wanted: string) => recorded.find((one) => one.kind === "check" && one.name === wanted);
  const next = formatNextName(name);
  const begun = findCheck(next) && findKnown(next) ? findCheck(next) : undefined;
  const found = findCheck(name);
  if (found && isSameCheck(expression, found, findKnown(name))) {
    return [
      ...(begun ? [{ kind: "drop" as const, found: begun }] : []),
      ...compareState(
        check,
        found,
        (unread) => ({ kind: "validate check", ...check, ...unread }),
        "enforce check",
        findKnown(name),
      ),
    ];
  }
  if (!found) return [{ kind: "add check", ...check, added: findKnown(name)?.added ?? [] }];
  const state = begun === undefined ? "nothing" : findKnown(next)?.declared === expression ? "this one" : "another one";
  return [{ kind: "replace check", name, next, check, found, begun: state, added: findKnown(next)?.added ?? [] }];
}

/**
 * Compares the state: a constraint declared for new rows only is never validated, and a validated one fulfils that declaration
 * too.
 */
function compareState(
  { name, validate, enforced }: ConstraintReach & { readonly name: string },
  found: ObservedConstraint,
  read: (unread: Unread) => ConstraintChange,
  enforce: "enforce check" | "enforce foreign key",
  known: RegisteredExpression | undefined,
): ConstraintChange[] {
  const { notEnforced } = parseConstraintState(found);
  if (notEnforced !== (enforced === false)) return [{ kind: enforce, name, enforced: enforced !== false, found }];
  if (found.validated || notEnforced || validate === false) return [];
  const ours = found.oid !== undefined && known?.added?.includes(found.oid) === true;
  return [read({ there: ours ? "added" : "before", known: known !== undefined })];
}

/** Strips the state: `CHECK ((amount > 0)) NOT VALID` contains the expression and the rows that it applies to. */
export function parseCheckExpression(definition: string): string {
  return removeState(definition).replace(/^CHECK \((.*)\)$/s, "$1");
}

function isSameCheck(expression: string, found: ObservedConstraint, known: RegisteredExpression | undefined): boolean {
  const recorded = known && { declared: known.declared, printed: parseCheckExpression(known.printed) };
  return isSameExpression(expression, parseCheckExpression(found.definition), recorded);
}

function compareForeignKey(
  key: ForeignKeySpec,
  table: Pick<ObservedTable, "constraints">,
  recorded: readonly RegisteredExpression[],
): ConstraintChange[] {
  const found = table.constraints.find((one) => one.kind === "foreign" && one.name === key.name);
  const known = recorded.find((one) => one.kind === "foreign" && one.name === key.name);
  if (!found) return [{ kind: "add foreign key", key, added: known?.added ?? [] }];
  if (!isSameForeignKey(key, found)) return [{ kind: "other foreign key", key, found }];
  return compareState(
    key,
    found,
    (unread) => ({ kind: "validate foreign key", key, ...unread }),
    "enforce foreign key",
    known,
  );
}

function compareUnique(
  { name, columns }: TableShape["uniques"][number],
  table: Pick<ObservedTable, "constraints">,
): ConstraintChange[] {
  const found = table.constraints.find((one) => one.kind === "unique" && one.name === name);
  if (!found) return [{ kind: "add unique", name, columns }];
  return found.columns.join("\0") === columns.join("\0") ? [] : [{ kind: "other unique", name, columns, found }];
}

/** Lists everything of the table that is compared by its declared and its printed text. */
export function listDeclaredExpressions(shape: TableShape): Omit<RegisteredExpression, "printed" | "added">[] {
  return [
    ...shape.checks.map(({ name, expression }) => ({ kind: "check" as const, name, declared: expression })),
    ...shape.foreignKeys.map((key) => ({
      kind: "foreign" as const,
      name: key.name,
      declared: formatForeignKey(key),
    })),
    ...shape.uniques.map(({ name, columns }) => ({ kind: "unique" as const, name, declared: columns.join(", ") })),
    ...(shape.columns ?? []).flatMap((column) =>
      column.default === undefined ? [] : [{ kind: "default" as const, name: column.name, declared: column.default }],
    ),
  ];
}
