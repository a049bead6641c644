import { quote, quoteQualified } from "../../names/identifier";
import type { ObservedConstraint, ObservedIndex, ObservedTable } from "../../observed/observed-table";
import type { Hazard, LockMode, Statement } from "../../sql/statement";
import { findPrimaryKey } from "../attach/attach-source";
import { type CopySource, nameOnTarget, quoteTarget } from "./copy-source";

/** What of the copy may differ from what the table has by now. */
export type CopyShape = Pick<ObservedTable, "columns" | "constraints" | "indexes">;

/** Returns the copy as it is created: without indexes, which follow when the rows are there. */
export function describeNewCopy(source: CopySource): CopyShape {
  const { columns, constraints } = source.table;
  const checks = new Set(listCarriedChecks(source).map(({ name }) => name));
  return {
    columns,
    constraints: constraints.filter(({ kind, name }) => kind === "check" && checks.has(name)),
    indexes: [],
  };
}

/** Brings the copy to the shape of the table once all rows are there, and gathers its statistics. */
export function finishCopyStatements(source: CopySource, copy: CopyShape): Statement[] {
  return [
    ...alignCopyStatements(source, copy),
    build(source, `ANALYZE ${quoteTarget(source)}`, [], "SHARE UPDATE EXCLUSIVE"),
  ];
}

/**
 * Gives the copy what the plain table has by now, and takes from it what that has no more: checks, defaults, NOT NULL, unique keys and
 * indexes. They are built once the rows are there, and again before the swap if the table was altered meanwhile. No other session
 * uses the copy; changes of the table become pending while its only writer waits.
 *
 * @param copy the copy as it is
 */
export function alignCopyStatements(source: CopySource, copy: CopyShape): Statement[] {
  return [...alignColumns(source, copy), ...alignChecks(source, copy), ...alignIndexes(source, copy)];
}

/** A generated column, and the key, are as the copy was created. */
function alignColumns(source: CopySource, copy: Pick<ObservedTable, "columns">): Statement[] {
  const fixed = new Set([...source.primaryKey, source.key.column]);
  return source.table.columns.flatMap((wanted) => {
    const found = copy.columns.find(({ name }) => name === wanted.name);
    if (!found || wanted.generated) return [];
    const alter = (action: string, hazards: readonly Hazard[] = []) =>
      build(source, `ALTER TABLE ${quoteTarget(source)} ALTER COLUMN ${quote(wanted.name)} ${action}`, hazards);
    return [
      ...(wanted.default === found.default
        ? []
        : [alter(wanted.default === undefined ? "DROP DEFAULT" : `SET DEFAULT ${wanted.default}`)]),
      ...(wanted.nullable === found.nullable || fixed.has(wanted.name)
        ? []
        : [wanted.nullable ? alter("DROP NOT NULL") : alter("SET NOT NULL", ["SCAN_PARTITION"])]),
    ];
  });
}

function alignChecks(source: CopySource, copy: Pick<ObservedTable, "constraints">): Statement[] {
  const isCheck = ({ kind }: Pick<ObservedConstraint, "kind">) => kind === "check";
  const wanted = listCarriedChecks(source);
  const found = copy.constraints.filter(isCheck);
  const isSame = (one: { readonly name: string; readonly definition: string }, other: typeof one) =>
    one.name === other.name && one.definition === other.definition;
  const alter = (action: string, hazards: readonly Hazard[] = []) =>
    build(source, `ALTER TABLE ${quoteTarget(source)} ${action}`, hazards);
  return [
    ...found
      .filter((one) => !wanted.some((other) => isSame(one, other)))
      .map(({ name }) => alter(`DROP CONSTRAINT ${quote(name)}`)),
    ...wanted
      .filter((one) => !found.some((other) => isSame(one, other)))
      .map(({ name, definition }) => alter(`ADD CONSTRAINT ${quote(name)} ${definition}`, ["SCAN_PARTITION"])),
  ];
}

/** Checks that every row satisfies: the others come in the swap, because the rows may contradict them. */
export function listCarriedChecks({ bound }: Pick<CopySource, "bound">): CopySource["bound"]["constraints"] {
  return bound.constraints.filter(
    ({ kind, validated, enforced, noInherit }) => kind === "check" && validated && enforced && !noInherit,
  );
}

function alignIndexes(source: CopySource, copy: Pick<ObservedTable, "indexes">): Statement[] {
  const { table } = source;
  const primary = findPrimaryKey(table)?.name;
  const wanted = table.indexes
    .filter(({ valid, constraint }) => valid && !(constraint && constraint.name === primary))
    .map((index) => ({ ...index, staged: nameOnTarget(source, index.name) }));
  const found = copy.indexes.filter(({ constraint }) => constraint?.kind !== "primary");
  const isSame = (one: ObservedIndex, other: ObservedIndex & { readonly staged: string }) =>
    one.name === other.staged &&
    one.valid &&
    one.unique === other.unique &&
    one.definition === other.definition &&
    one.constraint?.definition === other.constraint?.definition;
  return [
    ...found
      .filter((one) => !wanted.some((other) => isSame(one, other)))
      .map(({ name, constraint }) =>
        build(
          source,
          constraint
            ? `ALTER TABLE ${quoteTarget(source)} DROP CONSTRAINT ${quote(name)}`
            : `DROP INDEX ${quoteQualified(table.schema, name)}`,
          [],
        ),
      ),
    ...wanted
      .filter((one) => !found.some((other) => isSame(other, one)))
      .map(({ staged, unique, definition, constraint }) =>
        constraint
          ? build(
              source,
              `ALTER TABLE ${quoteTarget(source)} ADD CONSTRAINT ${quote(staged)} ${constraint.definition}`,
              ["INDEX_BUILD"],
            )
          : build(
              source,
              `CREATE ${unique ? "UNIQUE " : ""}INDEX ${quote(staged)} ON ${quoteTarget(source)} ${definition}`,
              ["INDEX_BUILD"],
              "SHARE",
            ),
      ),
  ];
}

/** Its locks are on the copy alone, which no other session uses. */
function build(
  { table, names, partitions }: CopySource,
  sql: string,
  hazards: readonly Hazard[],
  mode: LockMode = "ACCESS EXCLUSIVE",
): Statement {
  return {
    sql,
    transaction: sql,
    timeouts: "waiting",
    locks: [names.target, ...partitions.map(({ name }) => name)].map((name) => ({
      relation: `${table.schema}.${name}`,
      role: "partition",
      mode,
    })),
    hold: "grows with rows",
    hazards,
    undo: "dropped with the copy",
  };
}
