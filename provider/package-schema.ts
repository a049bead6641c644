import { version } from "../package.json";
import { RESOURCE_TYPES } from "./resource-list";
import { configProperties } from "./schema/config";
import { NamedTypes } from "./schema/convert";
import { describeResource, schemaTexts } from "./schema/descriptions";
import type { PackageSchema } from "./schema/model";
import { functionSpecs, resourceSpecs } from "./schema/resources";

let text: string | undefined;

/** Returns the package's schema as the engine and `pulumi package` request it. Built on first use: most runs never need it. */
export function schemaText(): string {
  text ??= JSON.stringify(packageSchema());
  return text;
}

/** Returns the same as data, for the reference pages. */
export function packageSchema(): PackageSchema {
  const types = new NamedTypes(schemaTexts(RESOURCE_TYPES));
  const config = configProperties(types);
  const resources = resourceSpecs(RESOURCE_TYPES, types);
  const functions = functionSpecs(types);
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
