import * as pulumi from "@pulumi/pulumi";
import { DEFAULT_MANAGEMENT_SCHEMA, DEFAULT_SCHEMA } from "../core/defaults";
import type { SizeThresholdArgs } from "../core/monitoring/monitoring-args";
import { requireSizeThresholds } from "../core/monitoring/monitoring-settings";
import type { TableName } from "../core/names/table-name";
import { InvalidSpecError } from "../core/problems/problem";
import type { TableSpecArgs } from "../core/declare/table/args";
import { rememberOrder } from "./awaited";
import { programClock } from "./clock";
import { findDatabaseProblems } from "./database-problems";
import { PartitionedTable, type PartitionedTableArgs } from "./partitioned-table";
import { mustWaitForReferring } from "./neighbours";
import { printPlan } from "./print-plan";
import { createPrerequisites, type PrerequisiteArgs } from "./prerequisites";
import { completeConnection, type ConnectionArgs, Provider, type ProviderArgs } from "./provider";
import { ManagementSchema } from "./resources";
import { orderTables } from "./table-order";

/** A database with its partitioned tables. */
export interface PartitionedDatabaseArgs<Key extends string = string> extends Omit<
  ProviderArgs,
  keyof ConnectionArgs | "asOf" | "managementSchema"
> {
  /** Connection to the database. */
  readonly connection: ConnectionArgs;
  /** Schema of registry and ledger, created if it is missing. @default "pgpartition" */
  readonly managementSchema?: string;
  /**
   * Thresholds by which the view partition_size and its alerts judge partitions; give the component Monitoring the same.
   * Recorded once for each database, so that two stacks cannot disagree.
   * @default those of the database, initially 10, 100 and 200 GB
   */
  readonly sizes?: SizeThresholdArgs;
  /** The tables by key; name of the database and key become part of the names of their resources. */
  readonly tables: Readonly<Record<Key, TableSpecArgs>>;
  /** Values shared by all tables; a table's own value wins. @example { onExpire: "drop", owner: "platform" } */
  readonly defaults?: Partial<
    Pick<
      TableSpecArgs,
      "schema" | "onExpire" | "grace" | "owner" | "dataClass" | "maxDropsPerUpdate" | "resources" | "paused"
    >
  >;
  /** The moment for which all windows are planned, ISO 8601. @default stack configuration `pgpartition:asOf`, else now */
  readonly asOf?: string;
  /**
   * Schemas, extensions, roles with their grants and publications, created with `@pulumi/postgresql` before the tables.
   * @default none
   */
  readonly prerequisites?: PrerequisiteArgs;
}

/**
 * One database: its provider, the management schema, the prerequisites of the tables, and the tables with shared defaults.
 *
 * @example
 * new PartitionedDatabase("app", {
 *   connection: { host: "db.example.com", user: "owner", passwordCommand: "vault read …" },
 *   defaults: { onExpire: "detach", owner: "platform" },
 *   tables: { events: { … } },
 * });
 */
export class PartitionedDatabase<Key extends string = string> extends pulumi.ComponentResource {
  /** The provider of this database, for resources of your own. */
  readonly provider: Provider;
  /** The tables by key. */
  readonly tables: Readonly<Record<Key, PartitionedTable>>;

  constructor(name: string, args: PartitionedDatabaseArgs<Key>, opts?: pulumi.ComponentResourceOptions) {
    super("pgpartition:index:PartitionedDatabase", name, {}, opts);
    rememberOrder(this, opts);
    // A program in another language, or JavaScript, may pass anything.
    const said: unknown = (args as PartitionedDatabaseArgs | undefined)?.asOf;
    const clock = said === undefined ? programClock() : { asOf: said as string, configured: true };
    const problems = findDatabaseProblems(args, clock.asOf);
    if (problems.length > 0) throw new InvalidSpecError(`database "${name}"`, problems);
    this.provider = this.createProvider(name, args, clock);
    const management = this.createManagementSchema(name, args);
    const prerequisites = createPrerequisites(
      name,
      args.prerequisites,
      completeConnection(args.connection),
      mapNames(args),
      this,
    );
    const tables = this.createTables(name, args, clock.asOf, [management, ...prerequisites.resources]);
    this.tables = tables as Record<Key, PartitionedTable>;
    prerequisites.grantTables(Object.values(tables));
    void printPlan(Object.values<PartitionedTable>(tables), { provider: this.provider }, true);
    this.registerOutputs({
      runways: Object.fromEntries(Object.entries(tables).map(([key, table]) => [key, table.runway])),
    });
  }

  /** Passes a simulated clock on only if it is trusted: the provider's configuration must not change from run to run. */
  private createProvider(
    name: string,
    args: PartitionedDatabaseArgs,
    clock: { asOf: string; configured: boolean },
  ): Provider {
    const {
      connection,
      tables: _tables,
      defaults: _defaults,
      asOf: _asOf,
      prerequisites: _prerequisites,
      sizes: _sizes,
      ...config
    } = args;
    const simulated = args.trustAsOf === true && clock.configured ? { asOf: clock.asOf } : {};
    return new Provider(`${name}-provider`, { ...config, ...connection, ...simulated }, { parent: this });
  }

  private createManagementSchema(name: string, args: PartitionedDatabaseArgs): ManagementSchema {
    return new ManagementSchema(
      `${name}-management`,
      {
        schema: args.managementSchema ?? DEFAULT_MANAGEMENT_SCHEMA,
        ...(args.sizes ? { sizes: requireSizeThresholds(args.sizes, `database "${name}"`) } : {}),
      },
      { parent: this, provider: this.provider },
    );
  }

  private createTables(
    name: string,
    args: PartitionedDatabaseArgs,
    asOf: string,
    dependsOn: pulumi.Resource[],
  ): Record<string, PartitionedTable> {
    const made = new Map<string, PartitionedTable>();
    const order = orderTables(args.tables, args.defaults?.schema);
    for (const { key, source, later } of order) {
      const table = { ...args.defaults, ...args.tables[key], asOf } as PartitionedTableArgs;
      // Policies copied from a table of the same program: those that the table will have.
      const from = source === undefined ? undefined : made.get(source);
      const opts = {
        parent: this,
        provider: this.provider,
        dependsOn: [...dependsOn, ...(from?.access ?? [])],
        // Its name before databases of one program could have the same keys; children follow by their prefix.
        aliases: [{ name: key }],
      };
      const referring = mustWaitForReferring(table.resources)
        ? order.filter((other) => other.referenced.includes(key)).map((other) => other.key)
        : [];
      // Runs once all tables are constructed.
      const laterTables = Promise.resolve().then(() => ({
        before: later.flatMap((other) => made.get(other)?.tableResource ?? []),
        referring: referring.flatMap((other) => made.get(other) ?? []),
      }));
      made.set(key, new PartitionedTable(`${name}-${key}`, table, opts, laterTables));
    }
    return Object.fromEntries(made);
  }
}

/** Returns the tables' names in the database, by key. */
function mapNames(args: PartitionedDatabaseArgs): Record<string, TableName> {
  const shared = args.defaults?.schema ?? DEFAULT_SCHEMA;
  return Object.fromEntries(
    Object.entries(args.tables).map(([key, { schema = shared, table }]) => [key, { schema, table }]),
  );
}
