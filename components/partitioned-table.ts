import * as pulumi from "@pulumi/pulumi";
import { WARN_PARTITIONS_AS_RESOURCES } from "../core/defaults";
import type { TableName } from "../core/names/table-name";
import { formatPartitionResourceName } from "../core/names/child-names";
import type { DeclaredPartition } from "../core/plan/declared-partitions";
import { decodePartitionsAnswer, PLAN_PARTITIONS } from "../core/resources/plan-partitions";
import { encodeConversion } from "../core/resources/conversion";
import { renderReports } from "../core/plan/report/render-report";
import { endsPlain } from "../core/declare/conversion/conversion-spec";
import type { ArchiveArgs } from "../core/declare/archive/archive-args";
import type { ArchiveTableArgs } from "../core/declare/archive/archive-args";
import type { TableSpecArgs } from "../core/declare/table/args";
import { requireTableSpec } from "../core/declare/table/parse";
import type { TableSpec } from "../core/declare/table/spec";
import { encodeIndex, encodePartition, encodeTable } from "../core/declare/table/wire";
import { formatInstant } from "../core/time/instant";
import { describeWindow, type PlannedWindow } from "../core/window/window-partitions";
import { isArchiveTable, replaceUnknownPlace } from "./archive-place";
import { listAwaited } from "./awaited";
import { parseClock, programClock } from "./clock";
import { findEarlierReferenced, findEarlierReferring, remember, mustWaitForReferring } from "./neighbours";
import { printPlan } from "./print-plan";
import * as resources from "./resources";
import { runWithoutStackTraces } from "./stack-traces";
import {
  buildWindowInputs,
  type PartitionWindowArgs,
  planWithoutDatabase,
  requireWindow,
  setPlace,
  type WindowInputs,
} from "./window-inputs";
import { Conversion, Index, Partition, PartitionWindow, RowPolicy, Table } from "./resources";

/** A declared table, and the moment for which it is planned. */
export interface PartitionedTableArgs extends Omit<TableSpecArgs, "archive"> {
  /**
   * Destination and settings of the archive of expired partitions. Required with `onExpire: "archive"`, and only then.
   * @example { to: archive.url }
   */
  readonly archive?: Omit<ArchiveArgs, "to"> & {
    /** A URL in a store, which may be an output of a bucket in the same program, or a table. */
    readonly to: pulumi.Input<string> | ArchiveTableArgs;
  };
  /** The moment for which the window is planned, ISO 8601. @default stack configuration `pgpartition:asOf`, else now */
  readonly asOf?: string;
}

/** Tables of the program that come before the window of one, known when all are constructed. */
interface LaterTables {
  readonly before: readonly pulumi.Resource[];
  /** Tables whose foreign keys point to it. */
  readonly referring: readonly Pick<PartitionedTable, "asked" | "windowResource">[];
}

/**
 * One time-partitioned table with a rolling window. Its children: the Table, one Partition for each interval of the window
 * (or none, with `resources: "window"`), one Index for each declared index, and the PartitionWindow, which retires expired
 * partitions. A month later the unchanged program previews one partition more and one less.
 *
 * Costs: a new partition takes SHARE UPDATE EXCLUSIVE on the table for milliseconds (writers continue); a retired one is
 * detached concurrently; a dropped one is gone with its rows.
 *
 * @example
 * new PartitionedTable("events", {
 *   table: "events",
 *   columns: { id: "bigserial", at: { type: "timestamptz", default: "now()" }, payload: "jsonb" },
 *   primaryKey: ["id", "at"],
 *   partitionBy: [{ range: "at", every: "month" }],
 *   window: { lead: "3 months", retention: "12 months" },
 *   onExpire: "drop",
 * }, { provider, dependsOn: managementSchema });
 */
export class PartitionedTable extends pulumi.ComponentResource {
  /** `schema.table`. */
  readonly qualifiedName: pulumi.Output<string>;
  /** First instant without a partition, ISO 8601. */
  readonly runway: pulumi.Output<string>;
  /** Instant at which the window next moves, ISO 8601: run `pulumi up` soon after. */
  readonly nextRoll: pulumi.Output<string>;
  /** The window in words. */
  readonly window: pulumi.Output<string>;
  /** Names of the partitions in the window. */
  readonly partitions: pulumi.Output<string[]>;
  /** The table and its access rules: a table that copies its policies waits for these resources only. */
  readonly access: readonly pulumi.Resource[];
  /** The Table, for `dependsOn` of resources that refer to it: it waits for no partition and no window. */
  readonly tableResource: pulumi.Resource;
  /** The PartitionWindow, for `dependsOn` of resources that come after everything else of this table. */
  readonly windowResource: Promise<pulumi.Resource>;
  /** Resolves once the provider has said which partitions exist, for tables that this one's foreign keys point to. */
  readonly asked: Promise<unknown>;

  /** Name of the table in the database. */
  readonly tableName: TableName;

  private readonly children: Promise<pulumi.Resource>;
  private readonly standsAlone: boolean;

  /**
   * Orders the table after those of the same provider that its foreign keys point to and that the program created before, and
   * its window after the windows of those that point to it. In a PartitionedDatabase the order of declaration has no effect:
   * `later` has what the window waits for, once all tables are constructed.
   */
  constructor(
    name: string,
    args: PartitionedTableArgs,
    opts?: pulumi.ComponentResourceOptions,
    later?: Promise<LaterTables>,
  ) {
    super("pgpartition:index:PartitionedTable", name, {}, opts);
    const { asOf: declaredAsOf, ...declared } = args;
    const spec = requireTableSpec(replaceUnknownPlace(declared), `table "${name}"`);
    const asOf = parseClock(declaredAsOf ?? programClock().asOf);
    const window = requireWindow(name, spec, asOf);

    const provider = opts?.provider ?? this.getProvider("pgpartition:index:Table");
    this.tableName = { schema: spec.schema, table: spec.table };
    this.standsAlone = later === undefined;
    this.qualifiedName = pulumi.output(`${spec.schema}.${spec.table}`);
    this.runway = pulumi.output(formatInstant(window.runway ?? window.asOf));
    this.nextRoll = pulumi.output(formatInstant(window.nextRoll ?? window.asOf));
    this.window = pulumi.output(describeWindow(window));
    this.partitions = pulumi.output(window.desired.map((partition) => partition.name));
    const conversion = this.createConversion(name, spec);
    const [preparing] = spec.convertFrom && endsPlain(spec.convertFrom) ? conversion : [];
    if (preparing) {
      // The table stays plain: nothing else of it can exist yet.
      this.access = [preparing];
      this.tableResource = preparing;
      this.children = Promise.resolve(preparing);
      this.windowResource = this.children;
      this.asked = Promise.resolve();
      return;
    }
    const table = this.createTable(name, spec, listAwaited(opts), [
      ...conversion,
      ...findEarlierReferenced(provider, spec),
    ]);
    const beside = { parent: this, dependsOn: [table], protect: false };
    const rowPolicy = RowPolicy.besideTable(name, spec, beside);
    const others = Object.values(resources)
      .filter((type) => type !== RowPolicy)
      .flatMap((type) => type.besideTable(name, spec, beside));
    const to = declared.archive?.to;
    const archive = to === undefined || isArchiveTable(to) ? undefined : to;
    this.access = [table, ...rowPolicy];
    this.tableResource = table;
    // Referring rows leave first, so that partitions which expire together leave together.
    const waitsFor =
      later ??
      Promise.resolve({
        before: [],
        referring: mustWaitForReferring(spec.window.resources) ? findEarlierReferring(provider, spec) : [],
      });
    const inputs = buildWindowInputs(spec, window);
    const partitions = this.askPartitions(spec, window, inputs, table, waitsFor);
    this.asked = partitions;
    this.children = Promise.all([partitions, waitsFor]).then(([declaredPartitions, { before, referring }]) => {
      const { inside, left } = this.createPartitions(name, spec, declaredPartitions, table);
      const indexes = this.createIndexes(name, spec, [table, ...inside]);
      const windowResource = this.createWindow(name, setPlace(inputs, archive), [
        table,
        ...rowPolicy,
        ...inside,
        ...indexes,
        ...others,
        ...before,
        ...referring.map((other) => other.windowResource),
      ]);
      left(windowResource);
      return windowResource;
    });
    this.windowResource = this.children;
    remember(provider, spec, this);
  }

  /** Ends once all children exist: what depends on the table waits for them. Runs after the constructor. */
  protected override async initialize(): Promise<void> {
    await Promise.resolve();
    await this.children;
    // A PartitionedDatabase prints all of its tables.
    if (this.standsAlone) await printPlan([this], { parent: this });
    this.registerOutputs({
      qualifiedName: this.qualifiedName,
      runway: this.runway,
      nextRoll: this.nextRoll,
      window: this.window,
    });
  }

  /** Comes before everything else of the table, which does not exist as declared until then. */
  private createConversion(name: string, spec: TableSpec): Conversion[] {
    const inputs = encodeConversion(spec);
    return inputs ? [new Conversion(`${name}-conversion`, inputs, { parent: this, protect: false })] : [];
  }

  private createTable(
    name: string,
    spec: TableSpec,
    awaited: pulumi.Output<string[]> | undefined,
    dependsOn: pulumi.Resource[],
  ): Table {
    const inputs = { ...encodeTable(spec), ...(awaited ? { awaited } : {}) };
    return new Table(`${name}-table`, inputs, { parent: this, dependsOn });
  }

  /**
   * Asks the provider which partitions are resources: those of the window, and those that are on their way out or stay beyond it,
   * which only the database knows. The clock alone decides where the provider cannot be asked.
   */
  private async askPartitions(
    spec: TableSpec,
    window: PlannedWindow,
    inputs: WindowInputs,
    table: Table,
    waitsFor: Promise<LaterTables>,
  ): Promise<readonly DeclaredPartition[]> {
    const each = spec.window.resources === "partition";
    if (each) this.warnManyResources(window.desired.length);
    // After the table and what it depends on: before that there may be no database.
    await new Promise((resolve) => table.urn.apply(resolve));
    for (const { asked } of (await waitsFor).referring) await asked;
    const answer: unknown = await pulumi.runtime.invoke(
      PLAN_PARTITIONS,
      { window: inputs },
      { parent: this, async: true },
    );
    const declared = decodePartitionsAnswer(answer);
    if (!declared && pulumi.runtime.isDryRun()) {
      void pulumi.log.warn(UNKNOWN_PROVIDER, this);
      const report = { table: `${spec.schema}.${spec.table}`, plan: planWithoutDatabase(spec, window) };
      void pulumi.log.info(renderReports([report]), this);
    }
    return declared ?? (each ? window.desired : []);
  }

  /**
   * Creates the partitions inside the window, or kept outside of it, and returns them with a function that creates those that are
   * leaving, after the window, which detaches them. Sets `protect` explicitly: a protected table must still roll.
   */
  private createPartitions(
    name: string,
    spec: TableSpec,
    declared: readonly DeclaredPartition[],
    table: Table,
  ): { readonly inside: Partition[]; readonly left: (window: PartitionWindow) => void } {
    const create = (partition: DeclaredPartition, dependsOn: pulumi.Resource) =>
      new Partition(formatPartitionResourceName(name, partition), encodePartition(partition, spec.window), {
        parent: this,
        dependsOn: [dependsOn],
        protect: false,
        retainOnDelete: partition.stays === true,
      });
    const isLeaving = ({ status }: DeclaredPartition): boolean => status !== undefined;
    return runWithoutStackTraces(() => ({
      inside: declared.filter((one) => !isLeaving(one)).map((one) => create(one, table)),
      left: (window) => {
        runWithoutStackTraces(() => declared.filter(isLeaving).map((one) => create(one, window)));
      },
    }));
  }

  /** Creates the indexes after the partitions: a failing index build must never block a new partition. */
  private createIndexes(name: string, spec: TableSpec, dependsOn: pulumi.Resource[]): Index[] {
    const table = { schema: spec.schema, table: spec.table, key: spec.window.key };
    return spec.indexes.map(
      (index) =>
        new Index(`${name}-${index.index}`, encodeIndex(index, table), { parent: this, dependsOn, protect: false }),
    );
  }

  /** Comes last: nothing is retired before everything else is in place, and on destroy it is deleted first. */
  private createWindow(
    name: string,
    inputs: PartitionWindowArgs,
    dependsOn: pulumi.Input<pulumi.Resource>[],
  ): PartitionWindow {
    return new PartitionWindow(`${name}-window`, inputs, { dependsOn, parent: this });
  }

  private warnManyResources(count: number): void {
    if (count < WARN_PARTITIONS_AS_RESOURCES) return;
    void pulumi.log.warn(
      `${count} partitions as resources make every update slow; set resources: "window" to leave them out of state (nothing is moved or dropped)`,
      this,
    );
  }
}

const UNKNOWN_PROVIDER =
  "the connection is known only when the update runs, so this plan was made without the database: it is not complete, and retires nothing";
