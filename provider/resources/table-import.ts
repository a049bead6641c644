import type { Observation } from "../../core/observed";
import { canonicalType } from "../../core/spec/compare";
import { readWire, tableWireSchema } from "../../core/spec/wire";
import type { PropertyMap } from "../values";

/** Types by the names that the server prints, so that an imported table equals the declared one. */
export function canonical(inputs: PropertyMap): PropertyMap {
  const read = readWire(tableWireSchema, inputs);
  if ("problems" in read) return inputs;
  const { value } = read;
  return {
    ...inputs,
    key: { column: value.key.column, encoding: value.key.encoding, zone: value.key.zone },
    columns:
      value.columns?.map((column) => ({
        name: column.name,
        type: canonicalType(column.type),
        nullable: column.nullable,
      })) ?? null,
    uniques: value.uniques?.map((unique) => ({ ...unique })) ?? null,
    checks: null,
    foreignKeys: value.foreignKeys?.map((key) => ({ name: key.name, columns: key.columns })) ?? null,
  };
}

export function importedInputs(table: NonNullable<Observation["table"]>, key: PropertyMap): PropertyMap {
  const primary = table.constraints.find((constraint) => constraint.kind === "primary");
  return {
    schema: table.schema,
    table: table.name,
    key,
    columns: table.columns.map((column) => ({
      name: column.name,
      type: column.type,
      nullable: column.nullable,
      ...(column.default === undefined ? {} : { default: column.default }),
      ...(column.identity === undefined ? {} : { identity: column.identity }),
    })),
    ...(primary ? { primaryKey: primary.columns } : {}),
    ...named("uniques", "unique", table, ({ name, columns }) => ({ name, columns })),
    ...named("foreignKeys", "foreign", table, importedForeignKey),
  };
}

type Constraint = NonNullable<Observation["table"]>["constraints"][number];

/** A list of constraints of one kind; absent where there is none, as the components leave it. */
function named(
  property: string,
  kind: Constraint["kind"],
  table: NonNullable<Observation["table"]>,
  read: (constraint: Constraint) => PropertyMap,
): PropertyMap {
  const found = table.constraints.filter((constraint) => constraint.kind === kind);
  return found.length > 0 ? { [property]: found.map(read) } : {};
}

/** Columns and actions of the referenced side are in the text only; Diff compares name and columns. */
function importedForeignKey({ name, columns, definition, references }: Constraint): PropertyMap {
  const [, remote = "", actions = ""] = /\(([^()]*)\)([^()]*)$/.exec(definition.replace(/^.*? REFERENCES /, "")) ?? [];
  const action = (event: string): string =>
    (new RegExp(`ON ${event} (CASCADE|RESTRICT|SET NULL|SET DEFAULT)`).exec(actions)?.[1] ?? "no action").toLowerCase();
  return {
    name,
    columns,
    references: {
      schema: references?.schema ?? "",
      table: references?.table ?? "",
      columns: remote.split(", ").map((column) => column.replace(/^"(.*)"$/, "$1").replaceAll('""', '"')),
    },
    onDelete: action("DELETE"),
    onUpdate: action("UPDATE"),
  };
}
