import * as pulumi from "@pulumi/pulumi";
import type { IndexWire, PartitionWire, TableWire } from "../core/spec/wire";
import type { WindowPlan } from "../core/plan/types";
import type { WindowWire } from "../core/window/wire";

/** The resources of the provider as classes. They carry inputs and outputs and decide nothing; the components make them. */

/** Schema with the registry and the ledger. One for each database; a second stack adopts it. */
export class ManagementSchema extends pulumi.CustomResource {
  /** Name of the schema. */
  declare readonly schema: pulumi.Output<string>;
  /** Version of its tables. */
  declare readonly version: pulumi.Output<number>;

  constructor(name: string, args: { readonly schema: string }, opts?: pulumi.CustomResourceOptions) {
    super("pgpartition:index:ManagementSchema", name, { ...args, version: undefined, database: undefined }, opts);
  }
}

/** The partitioned parent: columns, keys, checks, foreign keys. */
export class Table extends pulumi.CustomResource {
  /** `schema.table`. */
  declare readonly qualifiedName: pulumi.Output<string>;

  constructor(name: string, args: TableWire, opts?: pulumi.CustomResourceOptions) {
    super(
      "pgpartition:index:Table",
      name,
      { ...args, qualifiedName: undefined, owner: undefined, database: undefined },
      opts,
    );
  }
}

/** One partition with its bounds. Deleting it only forgets it: PartitionWindow retires. */
export class Partition extends pulumi.CustomResource {
  /** Name in the database; an adopted partition keeps its own. */
  declare readonly partition: pulumi.Output<string>;

  constructor(name: string, args: PartitionWire, opts?: pulumi.CustomResourceOptions) {
    super("pgpartition:index:Partition", name, { ...args, partition: undefined, database: undefined }, opts);
  }
}

/** An index of the parent and all its partitions. */
export class Index extends pulumi.CustomResource {
  constructor(name: string, args: IndexWire, opts?: pulumi.CustomResourceOptions) {
    super("pgpartition:index:Index", name, { ...args, valid: undefined, leaves: undefined, database: undefined }, opts);
  }
}

/** Inputs of PartitionWindow: the declared rule, the clock, and the plan that Check replaces by a live one. */
export type PartitionWindowArgs = WindowWire & {
  readonly asOf: string;
  readonly childDigest?: string;
  readonly plan: WindowPlan;
};

/** The rule of the window, and every retirement. */
export class PartitionWindow extends pulumi.CustomResource {
  /** Partitions attached after the last update. */
  declare readonly leafCount: pulumi.Output<number>;

  constructor(name: string, args: PartitionWindowArgs, opts?: pulumi.CustomResourceOptions) {
    super(
      "pgpartition:index:PartitionWindow",
      name,
      { ...args, work: undefined, leafCount: undefined, retired: undefined, database: undefined },
      opts,
    );
  }
}
