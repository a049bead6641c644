import type { LeafProfile } from "../declare/table/profile";
import type { KnownSourceTriggers } from "../partition/branch/source-triggers";
import type { SourceValues } from "../partition/branch/tree";
import type { Observation, ObservedLeaf } from "../observed/table";
import type { Problem } from "../problems/problem";
import type { IndexSpec, WindowSpec } from "../declare/table/spec";
import type { ParentShape } from "../partition/carry/parent";
import type { Statement } from "../sql/statement";
import type { Instant } from "../time/instant";
import type { Change } from "./change/change";
import type { Clocks } from "../window/clocks";
import type { Creation } from "./create/creation";
import type { CreateStep } from "./create-changes";
import type { LaterKeys } from "./upkeep/later-keys";
import type { PreparedPlan, PrepareStep } from "./prepare/prepared";
import type { RetirementFacts } from "./retire/retirement";
import type { Retirement } from "./retire/retiring";
import type { DefaultFacts, WindowPlan, WorkItem } from "./change/types";
import type { UpkeepStep } from "./upkeep/upkeep";
import type { Section, Verb, VerbIn } from "./change/verbs";

/** What performing each verb needs beside its statements. */
interface Steps {
  readonly create: CreateStep;
  readonly attach: CreateStep;
  readonly restore: CreateStep;
  readonly align: undefined;
  readonly prepare: PrepareStep;
  readonly default: UpkeepStep;
  readonly trigger: UpkeepStep;
  readonly constrain: undefined;
  readonly analyze: UpkeepStep;
  readonly finalize: Retirement;
  readonly detach: Retirement;
  readonly archive: Retirement;
  readonly drop: Retirement;
}

type ChangeOf<V extends Verb> = { [Each in V]: Change<Each, Steps[Each]> }[V];

export type PlannedChange = ChangeOf<Verb>;

/** Changes that are due, of one section. */
export function dueIn<S extends Section>(changes: readonly PlannedChange[], section: S): ChangeOf<VerbIn<S>>[] {
  // A section has the verbs that VERBS gives it; an attachment may restore, and has the step of one that does.
  return changes.filter((change) => change.section === section) as ChangeOf<VerbIn<S>>[];
}

/** A plan with everything that the update needs beside what it shows. */
export interface LivePlan {
  readonly plan: WindowPlan;
  /** The table that it was made for. */
  readonly parent: ParentShape | undefined;
  /** The default partition that there is or will be. */
  readonly defaultPartition: DefaultFacts | undefined;
  readonly work: readonly WorkItem[];
  readonly problems: readonly Problem[];
  /** Everything that is due or kept, in the order of an update. */
  readonly changes: readonly PlannedChange[];
  /** The window compared with the database, partition by partition. */
  readonly creations: readonly Creation[];
  /** What comes back from archives, in the window and beside it. */
  readonly restores: readonly Creation[];
  /** Time partitions that are attached now, in all branches. */
  readonly leaves: readonly ObservedLeaf[];
  /** Worth a word even when nothing is due. */
  readonly warnings: readonly string[];
  /** What the schedule in the database is prepared to make. */
  readonly prepared: PreparedPlan | undefined;
  /** Why nothing is retired although something would be, or might be. */
  readonly stopped: string | undefined;
}

/** A table that is not in the database yet: how it will look, and what will make it. */
export interface PlannedTable {
  readonly parent: ParentShape;
  readonly statements: readonly Statement[];
}

/** What one table is planned from. */
export interface PlanContext {
  readonly spec: WindowSpec;
  /** The window of the last update, from the registry. */
  readonly registered: WindowSpec | undefined;
  /** The moment that the last update planned for. */
  readonly registeredAsOf?: Instant | undefined;
  readonly observation: Observation;
  readonly clocks: Clocks;
  /** What partitions carry, as this run declares it; undefined where the registry has to say it. */
  readonly profile?: LeafProfile | undefined;
  /** Values of the levels that read them from the database. */
  readonly values?: SourceValues;
  /** Triggers of ours on tables of values; undefined: not asked. */
  readonly sourceTriggers?: KnownSourceTriggers | undefined;
  /** Oids of partitions without a page; read only where a level cleans up. */
  readonly empty?: ReadonlySet<string>;
  /** What the table's own resource will change, and has shown: policies judge it here. */
  readonly altering?: readonly Statement[];
  /** Declared foreign keys that the table has not got, because what they point to comes after it. */
  readonly laterKeys?: LaterKeys | undefined;
  /** Indexes that this run declares. */
  readonly indexes?: readonly IndexSpec[];
  /** What keeps partitions from leaving besides the table itself. */
  readonly retiring?: RetirementFacts;
  /** The table as it will be, where only this preview knows it. */
  readonly planned: PlannedTable | undefined;
  /** Whether what the schedule makes is planned as well, which renders many partitions. @default true */
  readonly prepare?: boolean;
  /** Schema of the registry and ledger, whose functions some statements call. @default "pgpartition" */
  readonly management?: string;
  /** Statements that this preview has shown already, for the table's own resource. */
  readonly shown?: ReadonlySet<string>;
}
