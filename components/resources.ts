import * as pulumi from "@pulumi/pulumi";
import { conversionType } from "../core/resources/conversion";
import { cronJobType } from "../core/resources/cron-job";
import { indexType } from "../core/resources/index-resource";
import { managementSchemaType } from "../core/resources/management-schema";
import { partitionType } from "../core/resources/partition";
import { partitionWindowType } from "../core/resources/partition-window";
import { publicationMemberType } from "../core/resources/publication-member";
import type { FactsOf, InputsOf, ResourceType } from "../core/resources/resource-type";
import { rowPolicyType } from "../core/resources/row-policy";
import { tableType } from "../core/resources/table";
import type { WindowPlan } from "../core/plan/change/plan-types";
import type { TableSpec } from "../core/declare/table/spec";

/** Schema with the registry and the ledger. One for each database; a second stack adopts it. */
export class ManagementSchema extends createResourceClass(managementSchemaType) {
  /** Name of the schema. */
  declare readonly schema: pulumi.Output<string>;
}

/** The conversion of a plain table, before the Table that adopts it. Deleting it leaves a converted table as it is. */
export class Conversion extends createResourceClass(conversionType) {}

/** The partitioned parent: columns, keys, checks, foreign keys. */
export class Table extends createResourceClass(tableType) {}

/** Row security, policies and grants of the table itself, as one set. Deleting it leaves the table as it is. */
export class RowPolicy extends createResourceClass(rowPolicyType) {}

/** One partition with its bounds, as long as its table exists. Deleting it drops nothing: PartitionWindow retires. */
export class Partition extends createResourceClass(partitionType) {}

/** An index of the parent and all its partitions. */
export class Index extends createResourceClass(indexType) {}

/** The table's membership in one publication. */
export class PublicationMember extends createResourceClass(publicationMemberType) {}

/** The schedule of one table inside the database. */
export class CronJob extends createResourceClass(cronJobType) {}

/** The rule of the window, and every retirement. */
export class PartitionWindow extends createWindowClass(partitionWindowType) {}

/** Inputs of PartitionWindow, with the plan that Check replaces by a live one. */
type WindowInputs<Inputs extends { readonly archive?: object | undefined }> = Omit<Inputs, "archive" | "plan"> & {
  /** Settings of the archive; its place may be an output of a bucket in the same program. */
  readonly archive?: Omit<NonNullable<Inputs["archive"]>, "to"> & { readonly to?: pulumi.Input<string> };
  readonly plan: WindowPlan;
};

function createWindowClass<T extends typeof partitionWindowType>(
  type: T,
): ResourceClass<WindowInputs<InputsOf<T>>, OutputsOf<FactsOf<T>>> {
  return createResourceClass<T, WindowInputs<InputsOf<T>>>(type);
}

/** A resource of the provider as a class: it carries inputs and outputs and decides nothing. */
interface ResourceClass<Args, Outputs> {
  new (name: string, args: Args, opts?: pulumi.CustomResourceOptions): pulumi.CustomResource & Outputs;
  /**
   * Creates the resources alongside a declared table.
   * @internal
   */
  besideTable(name: string, table: TableSpec, opts: pulumi.CustomResourceOptions): pulumi.CustomResource[];
}

/** Outputs of a resource as a program reads them. */
type OutputsOf<Facts> = {
  readonly [K in keyof Facts]-?: pulumi.Output<Facts[K]>;
};

/** Creates the class of one type of resource. The types of both sides are plain: programs compile against no schema library. */
function createResourceClass<T extends ResourceType, Args extends object = InputsOf<T>, Facts = FactsOf<T>>(
  type: T,
): ResourceClass<Args, OutputsOf<Facts>> {
  const names = [...Object.keys(type.checked?.shape ?? {}), ...Object.keys(type.facts.shape), "database"];
  const outputs = Object.fromEntries(names.map((name) => [name, undefined]));
  class Resource extends pulumi.CustomResource {
    static besideTable(name: string, table: TableSpec, opts: pulumi.CustomResourceOptions): Resource[] {
      const beside = type.ofTable?.(table) ?? [];
      return beside.map(({ suffix, inputs }) => new Resource(`${name}-${suffix}`, inputs, opts));
    }

    constructor(name: string, args: object, opts?: pulumi.CustomResourceOptions) {
      super(type.token, name, { ...outputs, ...args }, opts);
    }
  }
  // The SDK defines a property for each key it is given; no class can declare them from a type.
  return Resource as unknown as ResourceClass<Args, OutputsOf<Facts>>;
}
