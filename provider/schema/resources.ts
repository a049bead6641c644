import type { z } from "zod";
import { managementSchemaWireSchema } from "../../core/monitoring/thresholds";
import { indexWireSchema, partitionWireSchema, tableWireSchema } from "../../core/spec/wire";
import { functionAliasesWireSchema } from "../../core/spec/function-names";
import { publicationMemberWireSchema } from "../../core/spec/publications";
import { rowPolicyWireSchema } from "../../core/spec/row-policy";
import { cronJobWireSchema } from "../../core/spec/schedule";
import { windowWireSchema } from "../../core/window/wire";
import { convertObject, merge, type NamedTypes } from "./convert";
import { describeResource } from "./descriptions";
import { type FunctionSpec, type ResourceSpec, tokenOf } from "./model";
import * as outputs from "./outputs";

/** The resources, each from the schema by which its handler reads its inputs. */
export function resourceSpecs(types: NamedTypes): Record<string, ResourceSpec> {
  const { managementSchemaOutputs, tableOutputs, partitionOutputs, indexOutputs } = outputs;
  return Object.fromEntries([
    resource("ManagementSchema", [managementSchemaWireSchema], managementSchemaOutputs, types),
    resource("Table", [tableWireSchema], tableOutputs, types),
    resource("RowPolicy", [rowPolicyWireSchema], outputs.rowPolicyOutputs, types),
    resource("Partition", [partitionWireSchema], partitionOutputs, types),
    resource("Index", [indexWireSchema], indexOutputs, types),
    resource("PublicationMember", [publicationMemberWireSchema], outputs.publicationMemberOutputs, types),
    resource("FunctionAliases", [functionAliasesWireSchema], outputs.functionAliasesOutputs, types),
    resource("CronJob", [cronJobWireSchema], outputs.cronJobOutputs, types),
    resource("PartitionWindow", [windowWireSchema, outputs.windowClockInputs], outputs.windowOutputs, types),
  ]);
}

export function functionSpecs(types: NamedTypes): Record<string, FunctionSpec> {
  const name = "getPartitions";
  return {
    [tokenOf(name)]: {
      description: describeResource(name),
      inputs: convertObject(name, outputs.getPartitionsInputs, types),
      outputs: convertObject(name, outputs.getPartitionsOutputs, types),
    },
  };
}

/** The engine keeps every input as an output too, so both maps hold it. */
function resource(
  name: string,
  inputs: readonly z.ZodType[],
  added: z.ZodType,
  types: NamedTypes,
): [string, ResourceSpec] {
  const declared = inputs.map((schema) => convertObject(name, schema, types));
  const computed = convertObject(name, added, types);
  const inputProperties = merge(...declared.map((part) => part.properties));
  const requiredInputs = declared.flatMap((part) => part.required);
  return [
    tokenOf(name),
    {
      description: describeResource(name),
      inputProperties,
      requiredInputs,
      properties: merge(inputProperties, computed.properties),
      required: [...requiredInputs, ...computed.required],
    },
  ];
}
