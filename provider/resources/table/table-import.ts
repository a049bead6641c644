import type { Observation } from "../../../core/observed/observed-table";
import type { RegisteredExpression } from "../../../core/observed/registration";
import { canonicalizeType } from "../../../core/table/compare/compare";
import { parseForeignKey } from "../../../core/table/compare/compare-foreign-keys";
import { normalizeReach } from "../../../core/declare/table/constraints";
import { readWire, type TableWire, tableWireSchema } from "../../../core/declare/table/wire";
import type { PropertyMap } from "../../runtime/values";
import { toProperties } from "../shared/inputs";
import { importChecks, importColumn } from "./table-live";

/**
 * Returns inputs as they are compared: types as the server would print them, lists by name, so that an imported table equals
 * the declared one. Expressions are compared as text: another text is an update, in which the server compares the meaning.
 * What the new inputs do not manage is no difference: an undeclared comment, and columns, keys and constraints if no columns
 * are declared, because then another tool owns them.
 */
export function canonicalize(inputs: PropertyMap, news: PropertyMap = inputs): PropertyMap {
  const read = readWire(tableWireSchema, inputs);
  const beside = readWire(tableWireSchema, news);
  if ("problems" in read || "problems" in beside) return inputs;
  const { value } = read;
  return {
    ...inputs,
    ...(beside.value.columns ? canonicalizeManaged(value, beside.value) : NOTHING_MANAGED),
    key: { column: value.key.column, encoding: value.key.encoding, zone: value.key.zone },
    dropColumns: value.dropColumns?.length ? [...value.dropColumns].sort() : null,
  };
}

const NOTHING_MANAGED: PropertyMap = {
  columns: null,
  primaryKey: null,
  uniques: null,
  checks: null,
  foreignKeys: null,
};

function canonicalizeManaged(value: TableWire, news: TableWire): PropertyMap {
  return {
    columns: sortByName(value.columns?.map((column) => canonicalizeColumn(column, news))),
    uniques: sortByName(value.uniques),
    checks: sortByName(value.checks?.map(normalizeReach)),
    foreignKeys: sortByName(value.foreignKeys?.map((key) => canonicalizeKey(key, news))),
  };
}

type Column = NonNullable<TableWire["columns"]>[number];

function canonicalizeColumn(column: Column, news: TableWire): Column {
  const managed = news.columns?.find((candidate) => candidate.name === column.name)?.comment !== undefined;
  return {
    name: column.name,
    type: canonicalizeType(column.type),
    nullable: column.nullable,
    ...(column.default === undefined ? {} : { default: column.default }),
    ...(column.identity === undefined ? {} : { identity: column.identity }),
    ...(column.comment === undefined || !managed ? {} : { comment: column.comment }),
  };
}

type Key = NonNullable<TableWire["foreignKeys"]>[number];

/** Leaves the deferrability of a key as it is, unless it is declared. */
function canonicalizeKey({ deferrable, ...key }: Key, news: TableWire): { readonly name: string } {
  const managed = news.foreignKeys?.find((candidate) => candidate.name === key.name)?.deferrable !== undefined;
  return normalizeReach(deferrable === undefined || !managed ? key : { ...key, deferrable });
}

/** Sorts lists by name: their order has no meaning. */
function sortByName(list: readonly { readonly name: string }[] | undefined): PropertyMap[] | null {
  if (!list || list.length === 0) return null;
  return [...list].sort((a, b) => (a.name < b.name ? -1 : 1)).map(toProperties);
}

/** Returns the inputs of a table that no program has declared yet, or that a program is about to take over. */
export function importTableInputs(
  table: NonNullable<Observation["table"]>,
  key: PropertyMap,
  recorded: readonly RegisteredExpression[],
): PropertyMap {
  const primary = table.constraints.find((constraint) => constraint.kind === "primary");
  const checks = importChecks(table, recorded);
  return {
    schema: table.schema,
    table: table.name,
    key,
    ...toProperties({ columns: table.columns.map((column) => importColumn(column, recorded)) }),
    ...(primary ? { primaryKey: primary.columns } : {}),
    ...importConstraints("uniques", "unique", table, ({ name, columns }) => ({ name, columns })),
    ...(checks.length > 0 ? toProperties({ checks }) : {}),
    ...importConstraints("foreignKeys", "foreign", table, (constraint) => toProperties(parseForeignKey(constraint))),
  };
}

type Constraint = NonNullable<Observation["table"]>["constraints"][number];

/** Returns the constraints of one kind; absent if there are none, as in the components. */
function importConstraints(
  property: string,
  kind: Constraint["kind"],
  table: NonNullable<Observation["table"]>,
  read: (constraint: Constraint) => PropertyMap,
): PropertyMap {
  const found = table.constraints.filter((constraint) => constraint.kind === kind);
  return found.length > 0 ? { [property]: found.map(read) } : {};
}
