import { z } from "zod";
import { formatToken } from "../../core/resources/resource-type";
import type { SchemaTexts } from "./descriptions";
import type { EnumSpec, ObjectSpec, Properties, PropertySpec, TypeSpec } from "./model";

/** Output of z.toJSONSchema for the shapes of the wire schemas; anything else is refused. */
interface Json {
  readonly type?: string;
  readonly title?: string;
  readonly properties?: Readonly<Record<string, Json>>;
  readonly required?: readonly string[];
  readonly items?: Json;
  readonly anyOf?: readonly Json[];
  readonly enum?: readonly string[];
  readonly const?: unknown;
}

/** Named types so far. Two shapes under one name are a mistake. */
export class NamedTypes {
  readonly byToken: Record<string, ObjectSpec | EnumSpec> = {};

  constructor(readonly texts: SchemaTexts) {}

  add(name: string, spec: ObjectSpec | EnumSpec): TypeSpec {
    const token = formatToken(name);
    const known = this.byToken[token];
    if (known && JSON.stringify(known) !== JSON.stringify(spec)) throw new Error(`two types are called ${name}`);
    this.byToken[token] = spec;
    return { $ref: `#/types/${token}` };
  }

  addWords(name: string, words: readonly string[], property?: string): TypeSpec {
    const description = this.texts.type(name, property);
    return this.add(name, { type: "string", description, enum: words.map((value) => ({ value })) });
  }
}

/** Returns the properties of a zod object as Pulumi properties; nested objects become named types. */
export function convertObject(owner: string, schema: z.ZodType, types: NamedTypes): ObjectSpec {
  // The library's type covers every dialect; this is the part that wire schemas produce, checked property by property below.
  return convertProperties(owner, z.toJSONSchema(schema, { io: "input" }) as Json, types);
}

function convertProperties(owner: string, json: Json, types: NamedTypes): ObjectSpec {
  const properties: Record<string, PropertySpec> = {};
  for (const [name, property] of Object.entries(json.properties ?? {})) {
    const description = types.texts.property(owner, name, json.required?.includes(name) !== true);
    properties[name] = { ...convertType({ path: `${owner}.${name}`, description }, property, types), description };
  }
  return { type: "object", properties, required: json.required ?? [] };
}

/** A property, for the name of its type and its text. */
interface Place {
  readonly path: string;
  readonly description: string;
}

function convertType(place: Place, json: Json, types: NamedTypes): TypeSpec {
  if (json.anyOf) return convertUnion(place, json.anyOf, types);
  if (json.enum) return types.addWords(getTypeName(place, json, types), json.enum, place.description);
  switch (json.type) {
    case "string":
    case "integer":
    case "number":
    case "boolean":
      return { type: json.type };
    case "array":
      return { type: "array", items: convertType(place, json.items ?? {}, types) };
    case "object": {
      const name = getTypeName(place, json, types);
      return types.add(name, {
        ...convertProperties(name, json, types),
        description: types.texts.type(name, place.description),
      });
    }
    default:
      return convertAnything(place, json);
  }
}

/** Merges a word among texts into the text: `"forever"` alongside spans adds nothing that a type could express. */
function convertUnion(place: Place, members: readonly Json[], types: NamedTypes): TypeSpec {
  const converted = members.map((member) => convertType(place, member, types));
  const distinct = [...new Map(converted.map((member) => [JSON.stringify(member), member])).values()];
  const [only] = distinct;
  return distinct.length === 1 && only ? only : { oneOf: distinct };
}

/** Accepts any value: z.unknown() has no type. */
function convertAnything({ path }: Place, json: Json): TypeSpec {
  if (Object.keys(json).some((key) => key !== "$schema"))
    throw new Error(`${path}: no Pulumi type for ${JSON.stringify(json)}`);
  return { $ref: "pulumi.json#/Any" };
}

function getTypeName({ path }: Place, json: Json, types: NamedTypes): string {
  return json.title ?? types.texts.typeName(path);
}

/** Combines inputs and outputs in one map: every input is an output too. */
export function merge(...parts: readonly Properties[]): Properties {
  return Object.assign({}, ...parts) as Properties;
}
