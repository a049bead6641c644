// docs/reference/<resource>.md, provider.md and get-partitions.md, from the package's schema.
import type {
  EnumSpec,
  ObjectSpec,
  PackageSchema,
  Properties,
  PropertySpec,
  TypeSpec,
} from "../../provider/schema/model";
import type { ResourceNotes } from "../../core/resources/notes";
import type { OperationName, RESOURCE_TYPES } from "../../provider/resource-list";
import { OPERATIONS, type Operation, operationTable } from "./lock-rows";
import { code, list, type Page, page, section, table } from "./markdown";

export function resourcePages(schema: PackageSchema, types: typeof RESOURCE_TYPES): Page[] {
  return types.flatMap(({ name, token, notes }) => {
    const resource = schema.resources[token];
    if (!resource) return [];
    const outputs = withoutKeys(resource.properties, Object.keys(resource.inputProperties));
    return page(`docs/reference/${notes.page ?? kebab(name)}.md`, name, [
      `${code(token)}\n`,
      `${resource.description}\n`,
      section("Inputs", propertyTable(resource.inputProperties, resource.requiredInputs)),
      section("Outputs", "All inputs, and:\n", propertyTable(outputs)),
      ...typeSections(schema, resource.properties),
      ...noteSections(notes),
    ]);
  });
}

export function providerPage(schema: PackageSchema): Page {
  return page("docs/reference/provider.md", "Provider", [
    `${schema.provider.description}\n`,
    "Set them on an explicit provider, or for the default one as stack configuration: `pulumi config set pgpartition:host db.example.com`. Every connection value may be left to libpq's environment variables and password file.\n",
    section("Settings", propertyTable(schema.provider.inputProperties)),
    ...typeSections(schema, schema.provider.inputProperties),
  ]);
}

export function functionPage(schema: PackageSchema): Page {
  return page("docs/reference/functions.md", "Functions", [
    ...Object.entries(schema.functions).map(([token, spec]) =>
      section(
        shortName(token),
        `${code(token)}. ${spec.description}\n`,
        propertyTable(spec.inputs.properties, spec.inputs.required),
        "Result:\n",
        propertyTable(spec.outputs.properties),
        ...typeSections(schema, spec.outputs.properties),
      ),
    ),
  ]);
}

function noteSections(notes: ResourceNotes<OperationName>): string[] {
  return [
    section("Import", `${notes.imports}\n`),
    section(
      "Locks",
      ...(notes.locks === undefined ? [] : [`${notes.locks}\n`]),
      ...notes.operations
        .map((name) => BY_NAME[name])
        .flatMap((operation) => [`${operation.title}:\n`, operationTable(operation)]),
      "What the columns mean: [locks](locks.md).\n",
    ),
    section("Rights", list(notes.rights)),
    section("Limits", list(notes.limits)),
  ];
}

const BY_NAME: Readonly<Record<OperationName, Operation>> = OPERATIONS;

/** Converts `CronJob` to `cron-job`. */
function kebab(name: string): string {
  return name.replace(/(?<!^)[A-Z]/g, "-$&").toLowerCase();
}

function propertyTable(properties: Properties, required?: readonly string[]): string {
  const head = required ? ["name", "type", "required", "meaning"] : ["name", "type", "meaning"];
  const rows = Object.entries(properties).map(([name, property]) => [
    code(name),
    typeText(property),
    ...(required ? [required.includes(name) ? "yes" : ""] : []),
    property.description,
  ]);
  return table(head, rows);
}

/** Returns the named types that the properties lead to, each once, in order of appearance. */
function typeSections(schema: PackageSchema, properties: Properties): string[] {
  const tokens = reachable(schema, Object.values(properties), new Set());
  if (tokens.length === 0) return [];
  return [section("Types", ...tokens.map((token) => typeSection(token, schema.types[token])))];
}

function typeSection(token: string, type: ObjectSpec | EnumSpec | undefined): string {
  if (!type) throw new Error(`the schema has no type ${token}`);
  const head = `### ${shortName(token)}\n\n${type.description ?? ""}`;
  if ("enum" in type) return `${head} One of ${type.enum.map(({ value }) => code(`"${value}"`)).join(", ")}.\n`;
  return `${head}\n\n${propertyTable(type.properties, type.required)}`;
}

function reachable(schema: PackageSchema, types: readonly TypeSpec[], seen: Set<string>): string[] {
  return types.flatMap((type) => {
    const inner = [type.items, type.additionalProperties, ...(type.oneOf ?? [])].filter((part) => part !== undefined);
    const token = type.$ref?.startsWith("#/types/") ? type.$ref.slice("#/types/".length) : undefined;
    if (token === undefined || seen.has(token)) return reachable(schema, inner, seen);
    seen.add(token);
    const named = schema.types[token];
    const below: readonly PropertySpec[] = named && !("enum" in named) ? Object.values(named.properties) : [];
    return [token, ...reachable(schema, [...inner, ...below], seen)];
  });
}

function typeText(type: TypeSpec): string {
  if (type.oneOf) return type.oneOf.map(typeText).join(" or ");
  if (type.type === "array") return `list of ${typeText(type.items ?? {})}`;
  if (type.$ref?.startsWith("#/types/")) return shortName(type.$ref.slice("#/types/".length));
  return type.type ?? "any";
}

function shortName(token: string): string {
  return token.split(":").at(-1) ?? token;
}

function withoutKeys(properties: Properties, keys: readonly string[]): Properties {
  return Object.fromEntries(Object.entries(properties).filter(([key]) => !keys.includes(key)));
}
