import * as pulumi from "@pulumi/pulumi";
import type { FactsOf, InputsOf, ResourceType } from "../core/resources/resource-type";
import type { TableSpec } from "../core/spec/spec";

/** A resource of the provider as a class: it carries inputs and outputs and decides nothing. */
export interface ResourceClass<Args, Outputs> {
  new (name: string, args: Args, opts?: pulumi.CustomResourceOptions): pulumi.CustomResource & Outputs;
  /** Those that a declared table has beside it. */
  besideTable(name: string, table: TableSpec, opts: pulumi.CustomResourceOptions): pulumi.CustomResource[];
}

/** Outputs of a resource as a program reads them. */
export type OutputsOf<T extends ResourceType> = {
  readonly [K in keyof FactsOf<T>]-?: pulumi.Output<FactsOf<T>[K]>;
};

/** The class of one type of resource. */
export function resourceClass<T extends ResourceType, Args extends object = InputsOf<T>>(
  type: T,
): ResourceClass<Args, OutputsOf<T>> {
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
  // The SDK makes a property of each key that it is given; no class can declare them from a type.
  return Resource as unknown as ResourceClass<Args, OutputsOf<T>>;
}
