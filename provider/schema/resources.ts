import { z } from "zod";
import { type ResourceType, tokenOf } from "../../core/resources/resource-type";
import { getPartitionsInputs, getPartitionsOutputs } from "../functions/get-partitions";
import { convertObject, merge, type NamedTypes } from "./convert";
import { describeResource } from "./descriptions";
import type { FunctionSpec, ResourceSpec } from "./model";

/** Database to which the resource was applied, recorded by every resource. */
const database = z.object({
  database: z.object({ systemIdentifier: z.string(), databaseOid: z.string(), name: z.string() }),
});

export function resourceSpecs(resources: readonly ResourceType[], types: NamedTypes): Record<string, ResourceSpec> {
  return Object.fromEntries(resources.map((resource) => [resource.token, resourceSpec(resource, types)]));
}

/** Repeats inputs as outputs, because the engine keeps every input as an output too. */
function resourceSpec({ name, description, inputs, checked, facts }: ResourceType, types: NamedTypes): ResourceSpec {
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

export function functionSpecs(types: NamedTypes): Record<string, FunctionSpec> {
  const name = "getPartitions";
  return {
    [tokenOf(name)]: {
      description: describeResource(name),
      inputs: convertObject(name, getPartitionsInputs, types),
      outputs: convertObject(name, getPartitionsOutputs, types),
    },
  };
}
