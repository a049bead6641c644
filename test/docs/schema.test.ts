import { describe, expect, it } from "vitest";
import { managementSchemaWireSchema } from "../../core/monitoring/thresholds";
import { indexWireSchema, partitionWireSchema, tableWireSchema } from "../../core/declare/table/wire";
import { createProviderModule } from "../../provider/module";
import { DECLARED_WINDOW_KEYS } from "../../provider/resources/window/window-inputs";
import { buildPackageSchema, getSchemaText } from "../../provider/package-schema";
import type { EnumSpec, ObjectSpec, Properties, TypeSpec } from "../../provider/schema/model";
import { PROPERTIES } from "../../provider/schema/texts/properties";
import { TYPES } from "../../provider/schema/texts/types";
import { TYPE_NAMES } from "../../provider/schema/type-names";
import { readDeclarations } from "../../tools/docs/docstrings";

const schema = buildPackageSchema();
const served = createProviderModule();
const resource = (name: string) => schema.resources[`pgpartition:index:${name}`];

/** What each handler reads from its inputs. */
const INPUTS: Readonly<Record<string, readonly string[]>> = {
  ManagementSchema: Object.keys(managementSchemaWireSchema.shape),
  // Check reads what it waits for, and takes that out.
  Table: [...Object.keys(tableWireSchema.shape), "awaited"],
  Partition: Object.keys(partitionWireSchema.shape),
  Index: Object.keys(indexWireSchema.shape),
  PartitionWindow: [...DECLARED_WINDOW_KEYS, "plan"],
};

describe("the package schema", () => {
  it("is JSON of the plugin's own name and version, created once", () => {
    expect(JSON.parse(getSchemaText())).toMatchObject({ name: served.name, version: served.version });
    expect(getSchemaText()).toBe(getSchemaText());
  });

  it("has the resources and functions that the plugin serves, and no others", () => {
    // State of an earlier version has the former type: it is served for its delete, and declared by no program.
    const former = "pgpartition:index:FunctionAliases";
    const tokens = served.handlers.map((handler) => handler.token).filter((token) => token !== former);
    expect(Object.keys(schema.resources).sort()).toEqual(tokens.sort());
    expect(Object.keys(schema.functions).sort()).toEqual(Object.keys(served.functions).sort());
  });

  it.each(Object.entries(INPUTS))("has every input that the handler of %s reads, and no other", (name, keys) => {
    const found = resource(name);
    expect(Object.keys(found?.inputProperties ?? {}).sort()).toEqual([...keys].sort());
    expect(found?.properties).toMatchObject(found?.inputProperties ?? {});
    expect(Object.keys(found?.properties ?? {})).toEqual(expect.arrayContaining([...(found?.required ?? [])]));
  });

  it("asks for what a declared window always has, and for nothing that may be left out", () => {
    const required = resource("PartitionWindow")?.requiredInputs;
    expect(required).toEqual(expect.arrayContaining(["lead", "retention", "onExpire", "asOf"]));
    for (const optional of ["grace", "childDigest", "plan", "paused"]) expect(required).not.toContain(optional);
  });

  it("has the settings that a program may give the provider; connection secrets are secret", () => {
    const declarations = readDeclarations("components/provider.ts");
    const settings = ["ConnectionArgs", "ProviderArgs"].flatMap(
      (name) =>
        declarations.find((declaration) => declaration.name === name)?.members.map((member) => member.name) ?? [],
    );
    const { inputProperties } = schema.provider;
    expect(Object.keys(inputProperties).sort()).toEqual(settings.sort());
    const secret = Object.entries(inputProperties).filter(([, property]) => property.secret);
    expect(secret.map(([name]) => name)).toEqual(["url", "password"]);
  });

  it("defines every type that it refers to, and refers to every type that it defines", () => {
    const used = new Set(allProperties().flatMap((properties) => Object.values(properties).flatMap(references)));
    expect([...used].sort()).toEqual(Object.keys(schema.types).sort());
  });

  it("has no text and no name of a type that nothing uses", () => {
    const owners = [...Object.entries(schema.resources), ...Object.entries(schema.types)].map(
      ([token, found]): [string, Properties] => [nameOf(token), "properties" in found ? found.properties : {}],
    );
    const functions = Object.entries(schema.functions).map(([token, { inputs, outputs }]): [string, Properties] => [
      nameOf(token),
      { ...inputs.properties, ...outputs.properties },
    ]);
    const used = [...owners, ...functions, ["Provider", schema.provider.inputProperties] as const].flatMap(
      ([owner, properties]) => Object.keys(properties).flatMap((name) => [`${owner}.${name}`, `*.${name}`]),
    );
    expect(used).toEqual(expect.arrayContaining([...Object.keys(PROPERTIES), ...Object.keys(TYPE_NAMES)]));
    expect(Object.keys(schema.types).map(nameOf)).toEqual(expect.arrayContaining(Object.keys(TYPES)));
  });

  it("describes every property in a sentence", () => {
    const texts = allProperties().flatMap((properties) =>
      Object.values(properties).map((property) => property.description),
    );
    for (const text of texts) expect(text).toMatch(/^[A-Z`].*[.](\*\*)?$/s);
  });
});

function nameOf(token: string): string {
  return token.split(":").at(-1) ?? token;
}

function allProperties(): Properties[] {
  const types = Object.values<ObjectSpec | EnumSpec>(schema.types);
  return [
    schema.provider.inputProperties,
    ...Object.values(schema.resources).map((found) => found.properties),
    ...Object.values(schema.functions).flatMap((found) => [found.inputs.properties, found.outputs.properties]),
    ...types.flatMap((type) => ("enum" in type ? [] : [type.properties])),
  ];
}

function references(type: TypeSpec): string[] {
  const own = type.$ref?.startsWith("#/types/") ? [type.$ref.slice("#/types/".length)] : [];
  return [...own, ...(type.items ? references(type.items) : []), ...(type.oneOf ?? []).flatMap(references)];
}
