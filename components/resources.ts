import * as pulumi from "@pulumi/pulumi";
import type { ManagementSchemaWire } from "../core/monitoring/thresholds";
import type { FunctionAliasesWire } from "../core/spec/function-names";
import type { PublicationMemberWire } from "../core/spec/publications";
import type { IndexWire, PartitionWire, TableWire } from "../core/spec/wire";
import type { WindowPlan } from "../core/plan/types";
import type { RowPolicyWire } from "../core/spec/row-policy";
import type { CronJobWire } from "../core/spec/schedule";
import type { PolicySpec } from "../core/spec/security";
import type { WindowWire } from "../core/window/wire";

/** The resources of the provider as classes. They carry inputs and outputs and decide nothing; the components make them. */

/** Schema with the registry and the ledger. One for each database; a second stack adopts it. */
export class ManagementSchema extends pulumi.CustomResource {
  /** Name of the schema. */
  declare readonly schema: pulumi.Output<string>;
  /** Version of its tables. */
  declare readonly version: pulumi.Output<number>;

  constructor(name: string, args: ManagementSchemaWire, opts?: pulumi.CustomResourceOptions) {
    super(
      "pgpartition:index:ManagementSchema",
      name,
      { sizes: undefined, ...args, version: undefined, database: undefined },
      opts,
    );
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

/** Row security, policies and grants of the table itself, as one set. Deleting it leaves the table as it is. */
export class RowPolicy extends pulumi.CustomResource {
  /** Whether row security is on. */
  declare readonly enabled: pulumi.Output<boolean>;
  /** Whether it holds for the owner of the table. */
  declare readonly forced: pulumi.Output<boolean>;
  /** The policies as the server has them. */
  declare readonly policies: pulumi.Output<PolicySpec[]>;

  constructor(name: string, args: RowPolicyWire, opts?: pulumi.CustomResourceOptions) {
    const found = { enabled: undefined, forced: undefined, policies: undefined, work: undefined, database: undefined };
    super("pgpartition:index:RowPolicy", name, { grants: undefined, ...args, ...found }, opts);
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

/** The table's membership in one publication. */
export class PublicationMember extends pulumi.CustomResource {
  /** publish_via_partition_root: whether subscribers see rows under the name of the table or of the partition. */
  declare readonly viaPartitionRoot: pulumi.Output<boolean>;

  constructor(name: string, args: PublicationMemberWire, opts?: pulumi.CustomResourceOptions) {
    const facts = { implicit: undefined, publishes: undefined, viaPartitionRoot: undefined, made: undefined };
    const found = { rowFilter: undefined, publishedColumns: undefined, database: undefined };
    super("pgpartition:index:PublicationMember", name, { ...args, ...facts, ...found }, opts);
  }
}

/** Functions and views under the names that callers of a table use. */
export class FunctionAliases extends pulumi.CustomResource {
  /** What was made, with the types of the arguments. */
  declare readonly functions: pulumi.Output<string[]>;

  constructor(name: string, args: FunctionAliasesWire, opts?: pulumi.CustomResourceOptions) {
    super("pgpartition:index:FunctionAliases", name, { ...args, functions: undefined, database: undefined }, opts);
  }
}

/** The schedule of one table inside the database. */
export class CronJob extends pulumi.CustomResource {
  /** Who starts it: `external` means nothing in the database. */
  declare readonly runner: pulumi.Output<"pg_cron" | "external">;
  /** Its id in pg_cron. */
  declare readonly jobId: pulumi.Output<string | undefined>;
  /** When it last ran, ISO 8601. */
  declare readonly lastRun: pulumi.Output<string | undefined>;
  /** How that ended. */
  declare readonly lastStatus: pulumi.Output<string | undefined>;
  /** What it failed with. */
  declare readonly lastError: pulumi.Output<string | undefined>;
  /** The same schedule as lines of a crontab. */
  declare readonly crontab: pulumi.Output<string>;
  /** The same schedule as a service and a timer of systemd. */
  declare readonly systemdTimer: pulumi.Output<string>;

  constructor(name: string, args: CronJobWire, opts?: pulumi.CustomResourceOptions) {
    const run = { jobId: undefined, lastRun: undefined, lastStatus: undefined, lastError: undefined };
    const texts = { runner: undefined, crontab: undefined, systemdTimer: undefined, database: undefined };
    super("pgpartition:index:CronJob", name, { command: undefined, ...args, ...run, ...texts }, opts);
  }
}

/** Inputs of PartitionWindow: the declared rule, the clock, and the plan that Check replaces by a live one. */
type PartitionWindowArgs = Omit<WindowWire, "archive"> & {
  /** Its place may be that of a bucket which the same program makes. */
  readonly archive?: Omit<NonNullable<WindowWire["archive"]>, "to"> & { readonly to?: pulumi.Input<string> };
  readonly asOf: string;
  readonly childDigest?: string;
  readonly plan: WindowPlan;
};

/** The rule of the window, and every retirement. */
export class PartitionWindow extends pulumi.CustomResource {
  /** Partitions attached after the last update. */
  declare readonly leafCount: pulumi.Output<number>;
  /** When the statistics of the table as a whole were last made, ISO 8601; undefined: never. */
  declare readonly lastAnalyzed: pulumi.Output<string | undefined>;
  /** Rows of the default partition: exact up to 10,000, above that an estimate; undefined: there is none. */
  declare readonly defaultRows: pulumi.Output<number | undefined>;

  constructor(name: string, args: PartitionWindowArgs, opts?: pulumi.CustomResourceOptions) {
    super(
      "pgpartition:index:PartitionWindow",
      name,
      {
        ...args,
        work: undefined,
        leafCount: undefined,
        retired: undefined,
        lastAnalyzed: undefined,
        defaultRows: undefined,
        database: undefined,
      },
      opts,
    );
  }
}
