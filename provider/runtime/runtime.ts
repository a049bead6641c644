import { randomUUID } from "node:crypto";
import { version } from "../../package.json";
import { formatTableId } from "../../core/names/resource-id";
import type { TableName } from "../../core/names/table-name";
import type { PartitionProfile } from "../../core/declare/table/profile";
import type { Observation } from "../../core/observed/observed-table";
import type { KnownOfParent } from "../../core/partition/carry/parent";
import type { IndexSpec, KeySpec, TableShape } from "../../core/declare/table/spec";
import type { DesiredPartition } from "../../core/window/window-partitions";
import { formatToken } from "../../core/resources/resource-type";
import type { DroppedTable } from "../../core/plan/report/counts";
import type { PlannedTable } from "../../core/plan/table-plan";
import type { Statement } from "../../core/sql/statement";
import { parseInstant, type Instant } from "../../core/time/instant";
import type { Clocks } from "../../core/window/clocks";
import { Database } from "../../postgres/database";
import type { ComingPartition } from "../../postgres/work/build-index";
import { pickConnectionConfig, type ProviderConfig } from "./provider-config";
import type { ResourceContext } from "./call-context";
import { describeDatabase, isSameDatabase } from "./database-identity";
import { PrintedPlans } from "./printed-plans";
import { Refusal } from "./failures";
import { Turns } from "./turns";
import { isMap, type PropertyMap } from "./values";

/** Variables in which GitHub, GitLab, Bitbucket, Buildkite, CircleCI, Jenkins and Azure name the commit that is built. */
const COMMIT_VARIABLES = [
  "GITHUB_SHA",
  "CI_COMMIT_SHA",
  "BITBUCKET_COMMIT",
  "BUILDKITE_COMMIT",
  "CIRCLE_SHA1",
  "GIT_COMMIT",
  "BUILD_SOURCEVERSION",
];

/** State that all resources of one provider share during one engine operation. */
export class Runtime {
  private current: { readonly config: ProviderConfig; readonly database: Database } | undefined;
  private redact: (secret: string) => void = () => undefined;
  private readonly declared = new Map<string, string>();
  private readonly asOf = new Map<string, Instant>();
  private readonly profiles = new Map<string, PartitionProfile>();
  private readonly shapes = new Map<string, TableShape>();
  private readonly indexes = new Map<string, Map<string, IndexSpec>>();

  /** Parents that only this preview knows: their creation was planned and has not run. */
  readonly planned = new Map<string, PlannedTable>();

  /** Partitions that this preview has planned to create or attach as resources of their own, by the table's id. */
  readonly coming = new Map<string, readonly ComingPartition[]>();

  /** Tables, by their ids, that wait for a resource of another package which this program has still to create. */
  readonly awaiting = new Set<string>();

  /** Tables that this update has created, by their ids. */
  readonly created = new Set<string>();

  /** Names of the foreign keys that this run's Table has deferred, because their targets did not exist, by the table's id. */
  readonly laterKeys = new Map<string, readonly string[]>();

  /** Oids of partitions that this run's windows drop, or close and archive, by the table's id: their rows block nothing else. */
  readonly leaving = new Map<string, readonly string[]>();

  /**
   * Partitions outside their window that are resources until this run ends, by the table's id: what its program was told to
   * declare, and what is dropped. No entry: the program did not ask.
   */
  readonly outside = new Map<string, readonly DesiredPartition[]>();

  /** Statements that this preview has shown for an existing table. */
  readonly shown = new Set<string>();

  /** Former tables of conversions that this preview drops, by the id of the partitioned table. */
  readonly formers = new Map<string, DroppedTable>();

  readonly plans = new PrintedPlans();

  /** Conversions of this database work one after the other. */
  readonly conversions = new Turns("conversion of");

  private readonly besides = new Map<string, Map<string, readonly Statement[]>>();

  /** Answers of the archive stores, by their settings. */
  readonly stores = new Map<string, Promise<string | undefined>>();

  private readonly asked = new Map<string, Promise<unknown>>();

  /** Name of this operation in the ledger. */
  readonly run = randomUUID();

  constructor(private readonly environment: Readonly<Record<string, string | undefined>>) {}

  configure(config: ProviderConfig, redact: (secret: string) => void): void {
    this.redact = redact;
    this.current = {
      config,
      database: new Database(
        { ...pickConnectionConfig(config), applicationName: "pulumi-pgpartition" },
        this.environment,
      ),
    };
  }

  get config(): ProviderConfig {
    return this.requireCurrent().config;
  }

  get database(): Database {
    return this.requireCurrent().database;
  }

  /** Name and version of this product, as an archive records them. */
  get product(): string {
    return `pulumi-pgpartition ${version}`;
  }

  /** Commit of the program that runs, if the CI names it. */
  get commit(): string | undefined {
    return COMMIT_VARIABLES.map((name) => this.environment[name]).find((value) => value !== undefined && value !== "");
  }

  /** Undefined where the provider was never configured, as at the end of a run that did not need it. */
  get databaseIfAny(): Database | undefined {
    return this.current?.database;
  }

  /** Returns `project/stack`: the owner of a table in the registry. */
  getOwner(ctx: ResourceContext): string {
    return `${ctx.project}/${ctx.stack}`;
  }

  /** Observes a table. Without a key the registry decides how numbers and UUIDs are times. */
  async observe(table: { readonly schema: string; readonly table: string }, key?: KeySpec): Promise<Observation> {
    const reading = key && { encoding: key.encoding, zone: key.zone, column: key.column };
    const observation = await this.database.observe(table.schema, table.table, reading);
    // A password from the environment, a file or a command is known only after connecting.
    for (const secret of this.database.secrets) this.redact(secret);
    return observation;
  }

  /** Observes a table anew: the caller has just taken its lock, or changed it. */
  async observeAgain(table: { readonly schema: string; readonly table: string }, key?: KeySpec): Promise<Observation> {
    this.database.invalidate(table.schema, table.table);
    return this.observe(table, key);
  }

  getClocks(asOf: Instant, { now }: Pick<Observation, "now">): Clocks {
    const { trustAsOf, asOf: simulated } = this.config;
    const trusted = trustAsOf ? (simulated === undefined ? asOf : parseInstant(simulated, "UTC")) : undefined;
    return { asOf, database: now, trusted };
  }

  /** Returns the identity of the database as every resource records it. */
  async readIdentity(): Promise<PropertyMap> {
    const identity = await this.database.readIdentity();
    return { systemIdentifier: identity.systemIdentifier, databaseOid: identity.databaseOid, name: identity.database };
  }

  /** Refuses the state of one cluster on another one; a changed URL alone is not a changed database. */
  async requireSameDatabase(outputs: PropertyMap): Promise<void> {
    const recorded = outputs["database"];
    if (!isMap(recorded)) return;
    const live = await this.readIdentity();
    if (isSameDatabase(recorded, live)) return;
    throw new Refusal(
      `this stack was applied to database ${describeDatabase(recorded)}, but the connection is to ${describeDatabase(live)}. ` +
        "Nothing was changed. Point the connection at the right database; if it really moved (restore, migration), run " +
        "`pulumi state delete` for its resources, then `pgpartition claim <table>` and `pulumi up`, which adopts what exists",
    );
  }

  /** Records which resource of this run's program declares an object; returns the other one if two do. */
  declare(ctx: ResourceContext, id: string): string | undefined {
    const key = `${ctx.type} ${id}`;
    const other = this.declared.get(key);
    if (other === undefined || other === ctx.urn) {
      this.declared.set(key, ctx.urn);
      return undefined;
    }
    return other;
  }

  /**
   * Returns true if another resource of this run's program declares the object to be deleted: then it was renamed there, and
   * the old resource is only forgotten.
   */
  isRenamed(ctx: ResourceContext, id: string): boolean {
    const other = this.declared.get(`${ctx.type} ${id}`);
    return other !== undefined && other !== ctx.urn;
  }

  /** Returns true if this run's program has declared a resource of this type so far. A destroy runs no program. */
  isDeclared(type: string, id: string): boolean {
    return this.declared.has(`${type} ${id}`);
  }

  declaresTable(table: { readonly schema: string; readonly table: string }): boolean {
    return this.isDeclared(formatToken("Table"), formatTableId(table));
  }

  /** Returns this run's declaration of the partitions of a table. */
  getProfile(table: { readonly schema: string; readonly table: string }): PartitionProfile | undefined {
    return this.profiles.get(formatTableId(table));
  }

  rememberProfile(table: { readonly schema: string; readonly table: string }, profile: PartitionProfile): void {
    this.profiles.set(formatTableId(table), profile);
  }

  /** Returns the table as this run declares it. */
  getShape(table: { readonly schema: string; readonly table: string }): TableShape | undefined {
    return this.shapes.get(formatTableId(table));
  }

  listShapes(): readonly TableShape[] {
    return [...this.shapes.values()];
  }

  rememberShape(shape: TableShape): void {
    this.shapes.set(formatTableId(shape), shape);
  }

  getIndexes(table: { readonly schema: string; readonly table: string }): readonly IndexSpec[] {
    return [...(this.indexes.get(formatTableId(table))?.values() ?? [])];
  }

  rememberIndex(table: { readonly schema: string; readonly table: string }, index: IndexSpec): void {
    const known = this.indexes.get(formatTableId(table)) ?? new Map<string, IndexSpec>();
    this.indexes.set(formatTableId(table), known.set(index.name, index));
  }

  /** Returns the sources besides the catalogue that determine the shape of a table's partitions. */
  collectKnown(table: { readonly schema: string; readonly table: string }, observation: Observation): KnownOfParent {
    return { ...observation, profile: this.getProfile(table), now: this.getNow(observation) };
  }

  /** Returns the moment at which the age of a partition is judged: that of a simulated clock if it is trusted. */
  getNow({ now }: Pick<Observation, "now">): Instant {
    const { trustAsOf, asOf } = this.config;
    return trustAsOf && asOf !== undefined ? parseInstant(asOf, "UTC") : now;
  }

  /** Returns the moment for which this operation's program plans a table; unknown in a destroy, which runs no program. */
  getLatestAsOf(table: { readonly schema: string; readonly table: string }): Instant | undefined {
    return this.asOf.get(formatTableId(table));
  }

  rememberAsOf(table: { readonly schema: string; readonly table: string }, asOf: Instant): void {
    this.asOf.set(formatTableId(table), asOf);
  }

  isDestroyAllowed(table: { readonly schema: string; readonly table: string }): boolean {
    return this.config.allowDestroy.includes(`${table.schema}.${table.table}`);
  }

  /** Records what a resource of a table changes in this operation, other than its window, which judges all of them. */
  addBeside(ctx: ResourceContext, table: TableName, statements: readonly Statement[]): void {
    // A table that this operation creates has no readers, writers or subscribers yet.
    if (this.planned.has(formatTableId(table)) || this.created.has(formatTableId(table))) return;
    const known = this.besides.get(formatTableId(table)) ?? new Map<string, readonly Statement[]>();
    this.besides.set(formatTableId(table), known.set(ctx.urn, statements));
  }

  /** Returns what the resources of a table change in this operation, but its partitions and its window. */
  listBesides(table: TableName): Statement[] {
    return [...(this.besides.get(formatTableId(table))?.values() ?? [])].flat();
  }

  /** Runs a read once in an operation, by its name. */
  runOnce<T>(name: string, body: () => Promise<T>): Promise<T> {
    const known = this.asked.get(name) ?? body();
    this.asked.set(name, known);
    return known as Promise<T>;
  }

  /** Connects to the database of an archive table: this one, or the one of a URL. `close` leaves this one open. */
  async openArchiveDatabase(
    url: string | undefined,
  ): Promise<{ readonly database: Database; readonly close: () => Promise<void> }> {
    if (url === undefined) return { database: this.database, close: () => Promise.resolve() };
    const { managementSchema } = this.config;
    const applicationName = "pulumi-pgpartition archive";
    const database = new Database({ url, applicationName, managementSchema, poolSize: 2 }, this.environment);
    try {
      await database.connect();
    } catch (error) {
      await database.close();
      throw error;
    }
    for (const secret of database.secrets) this.redact(secret);
    return { database, close: () => database.close() };
  }

  private requireCurrent(): { readonly config: ProviderConfig; readonly database: Database } {
    if (!this.current) throw new Refusal("the provider was not configured: its connection is unknown yet");
    return this.current;
  }
}
