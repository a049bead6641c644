import { version } from "../package.json";
import { RESOURCE_TYPES } from "./resource-list";
import { NamedTypes, convertObject, merge } from "./schema/from-zod";
import { describeResource, collectSchemaTexts } from "./schema/descriptions";
import type { PackageSchema, FunctionSpec, ResourceSpec, Properties, PropertySpec, TypeSpec } from "./schema/model";
import { z } from "zod";
import { type ResourceType, formatToken } from "../core/resources/resource-type";
import { getPartitionsInputs, getPartitionsOutputs } from "./functions/get-partitions";
import { printPlanInputs, printPlanOutputs } from "../core/resources/print-plan";
import { planPartitionsInputs, planPartitionsOutputs } from "../core/resources/plan-partitions";
import { SSL_MODES } from "../postgres/connect/url";
import { type ProviderConfig, SECRET_CONFIG } from "./runtime/provider-config";

let text: string | undefined;

/** Returns the package's schema as the engine and `pulumi package` request it. Built on first use: most runs never need it. */
export function getSchemaText(): string {
  text ??= JSON.stringify(buildPackageSchema());
  return text;
}

/** Returns the same as data, for the reference pages. */
export function buildPackageSchema(): PackageSchema {
  const types = new NamedTypes(collectSchemaTexts(RESOURCE_TYPES));
  const config = buildConfigProperties(types);
  const resources = buildResourceSpecs(RESOURCE_TYPES, types);
  const functions = buildFunctionSpecs(types);
  return {
    name: "pgpartition",
    displayName: "PostgreSQL partitions",
    version,
    description: describeResource("Package"),
    license: "Apache-2.0",
    keywords: ["pulumi", "postgresql", "partitioning", "retention", "category/database"],
    meta: { moduleFormat: "(.*)" },
    config: { variables: config },
    types: types.byToken,
    provider: { description: describeResource("Provider"), inputProperties: config },
    resources,
    functions,
  };
}

/** Database to which the resource was applied, recorded by every resource. */
const database = z.object({
  database: z.object({ systemIdentifier: z.string(), databaseOid: z.string(), name: z.string() }),
});

function buildResourceSpecs(resources: readonly ResourceType[], types: NamedTypes): Record<string, ResourceSpec> {
  return Object.fromEntries(resources.map((resource) => [resource.token, buildResourceSpec(resource, types)]));
}

/** Repeats inputs as outputs, because the engine keeps every input as an output too. */
function buildResourceSpec(
  { name, description, inputs, checked, facts }: ResourceType,
  types: NamedTypes,
): ResourceSpec {
  const declared = convertObject(name, inputs, types);
  const computed = [...(checked ? [checked] : []), facts, database].map((schema) => convertObject(name, schema, types));
  return {
    description,
    inputProperties: declared.properties,
    requiredInputs: declared.required,
    properties: merge(declared.properties, ...computed.map((part) => part.properties)),
    required: [...declared.required, ...computed.flatMap((part) => part.required)],
  };
}

function buildFunctionSpecs(types: NamedTypes): Record<string, FunctionSpec> {
  const functions = {
    getPartitions: { inputs: getPartitionsInputs, outputs: getPartitionsOutputs },
    printPlan: { inputs: printPlanInputs, outputs: printPlanOutputs },
    planPartitions: { inputs: planPartitionsInputs, outputs: planPartitionsOutputs },
  };
  return Object.fromEntries(
    Object.entries(functions).map(([name, { inputs, outputs }]) => [
      formatToken(name),
      {
        description: describeResource(name),
        inputs: convertObject(name, inputs, types),
        outputs: convertObject(name, outputs, types),
      },
    ]),
  );
}

/** Without `version`, which the engine adds itself. */
type ConfigKey = Exclude<keyof ProviderConfig, "version">;

type Kind<T> = T extends readonly string[]
  ? "strings"
  : T extends number
    ? "integer"
    : T extends boolean
      ? "boolean"
      : "string";

/** Kinds of the settings: the compiler compares keys and kinds with provider/runtime/provider-config.ts. */
const KINDS: { readonly [K in ConfigKey]-?: Kind<NonNullable<ProviderConfig[K]>> } = {
  url: "string",
  host: "string",
  port: "integer",
  database: "string",
  user: "string",
  password: "string",
  passwordCommand: "string",
  sslMode: "string",
  sslRootCert: "string",
  managementSchema: "string",
  trustAsOf: "boolean",
  asOf: "string",
  allowDestroy: "strings",
  maxBytesPerUpdate: "string",
  poolSize: "integer",
  lockTimeoutMs: "integer",
  lockBudgetMs: "integer",
};

/** Returns the settings of the provider: inputs of an explicit one, and keys of stack configuration for the default one. */
function buildConfigProperties(types: NamedTypes): Properties {
  return Object.fromEntries(
    Object.entries(KINDS).map(([key, kind]): [string, PropertySpec] => [
      key,
      {
        ...(key === "sslMode" ? types.addWords("SslMode", SSL_MODES) : toTypeSpec(kind)),
        description: types.texts.property("Provider", key),
        ...(SECRET_CONFIG.some((secret) => secret === key) ? { secret: true } : {}),
      },
    ]),
  );
}

function toTypeSpec(kind: "string" | "integer" | "boolean" | "strings"): TypeSpec {
  return kind === "strings" ? { type: "array", items: { type: "string" } } : { type: kind };
}
