import type { PartitionProfile } from "../declare/table/profile";
import type { KnownSourceTriggers } from "../partition/branch/source-triggers";
import type { SourceValues } from "../partition/branch/desired-branches";
import type { Observation, ObservedPartition } from "../observed/observed-table";
import type { Problem } from "../problems/problem";
import type { IndexSpec, WindowSpec } from "../declare/table/spec";
import type { ParentShape } from "../partition/carry/parent";
import type { TakenName } from "../schedule/aliases";
import type { Statement } from "../sql/statement";
import type { Instant } from "../time/instant";
import type { Change } from "./change/change";
import type { Clocks } from "../window/clocks";
import type { Creation } from "./create/creation";
import type { CreateStep } from "./create-changes";
import type { LaterKeys } from "./upkeep/later-keys";
import type { PreparedPlan, PrepareStep } from "./prepare/prepared";
import type { RetirementFacts } from "./retire/plan-retirement";
import type { Retirement } from "./retire/retiring";
import type { DefaultFacts, PlanReport, WorkItem } from "./change/plan-types";
import type { UpkeepStep } from "./upkeep/plan-upkeep";
import type { Section, Verb, VerbIn } from "./change/verbs";

/** Data that performing each verb needs in addition to its statements. */
interface Steps {
  readonly create: CreateStep;
  readonly attach: CreateStep;
  readonly restore: CreateStep;
  readonly align: undefined;
  readonly prepare: PrepareStep;
  readonly default: UpkeepStep;
  readonly trigger: UpkeepStep;
  readonly constrain: undefined;
  readonly name: UpkeepStep;
  readonly unname: UpkeepStep;
  readonly analyze: UpkeepStep;
  readonly finalize: Retirement;
  readonly detach: Retirement;
  readonly archive: Retirement;
  readonly drop: Retirement;
}

type ChangeOf<V extends Verb> = { [Each in V]: Change<Each, Steps[Each]> }[V];

export type PlannedChange = ChangeOf<Verb>;

/** Returns the pending changes of one section. */
export function dueIn<S extends Section>(changes: readonly PlannedChange[], section: S): ChangeOf<VerbIn<S>>[] {
  // A section has the verbs that VERBS gives it; an attachment may restore, and its step type covers that.
  return changes.filter((change) => change.section === section) as ChangeOf<VerbIn<S>>[];
}

/** Changes of one table, with the facts that performing them needs. */
export interface TableChanges {
  /** All pending and kept changes, in the order of an update. */
  readonly changes: readonly PlannedChange[];
  readonly problems: readonly Problem[];
  /** The table that they were planned for. */
  readonly parent: ParentShape | undefined;
  /** The default partition that exists or will exist. */
  readonly defaultPartition: DefaultFacts | undefined;
  /** The window compared with the database, partition by partition. */
  readonly creations: readonly Creation[];
  /** Time partitions attached now, in all branches. */
  readonly partitions: readonly ObservedPartition[];
  /** Partitions that the schedule in the database is prepared to create. */
  readonly prepared: PreparedPlan | undefined;
  /** Reason why nothing is retired although something would be, or might be. */
  readonly stopped: string | undefined;
}

/** The full plan of one table: its changes, and all that preview, policies and state show of them. */
export interface TablePlan extends TableChanges {
  readonly plan: PlanReport;
  readonly work: readonly WorkItem[];
  /** Reported even if nothing is pending. */
  readonly warnings: readonly string[];
}

/** A table that does not exist yet: its future shape, and the statements that create it. */
export interface PlannedTable {
  readonly parent: ParentShape;
  readonly statements: readonly Statement[];
}

/** Facts and declarations from which one table is planned. */
export interface PlanContext {
  readonly spec: WindowSpec;
  /** The window of the last update, from the registry. */
  readonly registered: WindowSpec | undefined;
  /** Time for which the last update planned. */
  readonly registeredAsOf?: Instant | undefined;
  readonly observation: Observation;
  readonly clocks: Clocks;
  /** Properties of the partitions as this run declares them; undefined: taken from the registry. */
  readonly profile?: PartitionProfile | undefined;
  /** Values of the levels that read them from the database. */
  readonly values?: SourceValues;
  /** Triggers of this product on tables of values; undefined: not read. */
  readonly sourceTriggers?: KnownSourceTriggers | undefined;
  /** Objects that have names declared for callers; left out: none has to be created. */
  readonly takenNames?: readonly TakenName[];
  /** Oids of partitions without a page; read only if a level cleans up. */
  readonly empty?: ReadonlySet<string>;
  /** Statements of the table's other resources, which these show, and of their deletes: policies judge them here. */
  readonly besides?: readonly Statement[];
  /** Declared foreign keys that the table lacks, because their target is created after it. */
  readonly laterKeys?: LaterKeys | undefined;
  /**
   * `schema.table` of each table that the declared foreign keys refer to: the table's own resource adds and drops keys before its
   * partitions change. Left out: as in the catalogue.
   */
  readonly references?: readonly string[] | undefined;
  /** Indexes that this run declares. */
  readonly indexes?: readonly IndexSpec[];
  /** Facts outside the table that keep partitions from leaving. */
  readonly retiring?: RetirementFacts;
  /** The table as it will be, if only this preview knows it. */
  readonly planned: PlannedTable | undefined;
  /** True to plan the partitions of the schedule too, which renders many of them. @default true */
  readonly prepare?: boolean;
  /** False if the caller retires nothing, so that no facts about retirement are needed. @default true */
  readonly mayRetire?: boolean;
  /** Schema of the registry and ledger, whose functions some statements call. @default "pgpartition" */
  readonly management?: string;
  /** Statements that this preview has already shown for the table's own resource. */
  readonly shown?: ReadonlySet<string>;
}
