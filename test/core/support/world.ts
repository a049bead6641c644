import type { DetachedTable, LedgerDetail, LedgerEntry, LedgerEvent } from "../../../core/observed/ledger";
import type { Observation, ObservedPartition } from "../../../core/observed/observed-table";
import { NOTHING_PUBLISHED } from "../../../core/observed/replication";
import type { Clocks } from "../../../core/window/clocks";
import { dueIn, type TablePlan } from "../../../core/plan/table-plan";
import type { RetirementFacts } from "../../../core/plan/retire/plan-retirement";
import { getPromisedDropDay, computeGraceEnd, type Leaving, type Retirement } from "../../../core/plan/retire/retiring";
import { planTable } from "../../../core/plan/plan-table";
import type { WindowSpec } from "../../../core/declare/table/spec";
import { type Instant, parseInstant } from "../../../core/time/instant";
import { type OpenInterval, isSameInterval } from "../../../core/time/interval";
import { findPeriodStart } from "../../../core/time/period";

/** A plan with what it retires as tests name it. */
export interface PlanOfWorld extends TablePlan {
  readonly steps: readonly Retirement[];
  readonly retirements: readonly (Leaving & { readonly verb: Retirement["verb"]; readonly partition: string })[];
}

/** The database of one table in memory: what a plan does to it, and what it shows to the next plan. */
export class World {
  partitions: ObservedPartition[] = [];
  detached: DetachedTable[] = [];
  ledger: LedgerEntry[] = [];
  registered: WindowSpec | undefined;
  paused = false;
  private nextOid = 1000;

  observe(now: Instant, spec: WindowSpec): Observation {
    return {
      table: {
        schema: spec.schema,
        name: spec.table,
        oid: "1",
        owner: "app",
        kind: "partitioned",
        key: { strategy: "range", columns: [spec.key.column], types: ["timestamp with time zone"] },
        columns: [],
        constraints: [],
        indexes: [],
        partitions: this.partitions,
        branches: [],
        carried: undefined,
        referencedBy: [],
        comment: undefined,
        rights: { owner: true, createInSchema: true, ownerCreates: true, role: "app" },
      },
      registration: {
        owner: "p/s",
        mode: "managed",
        paused: this.paused,
        window: undefined,
        indexes: [],
        profile: undefined,
        policies: [],
        publications: [],
        prepared: undefined,
        schedule: undefined,
        aliases: [],
      },
      defaultGrantees: [],
      replication: NOTHING_PUBLISHED,
      ledger: this.ledger,
      detached: this.detached,
      now,
      obstacles: [],
    };
  }

  plan(spec: WindowSpec, clocks: Clocks, retiring?: RetirementFacts): PlanOfWorld {
    const observation = this.observe(clocks.database, spec);
    const live = planTable({
      spec,
      registered: this.registered,
      observation,
      clocks,
      planned: undefined,
      prepare: false,
      ...(retiring ? { retiring } : {}),
    });
    const steps = dueIn(live.changes, "retire").map(({ step }) => step);
    const retirements = steps.map((step) => ({ ...step.table, verb: step.verb, partition: step.table.name }));
    return { ...live, steps, retirements };
  }

  /** One update: refused when the plan has problems, as Check does; otherwise everything due is done. */
  up(spec: WindowSpec, clocks: Clocks): PlanOfWorld {
    const plan = this.plan(spec, clocks);
    if (plan.problems.length > 0) return plan;
    const now = clocks.trusted ?? clocks.database;
    for (const creation of plan.creations) {
      if (creation.kind === "create") this.attach(creation.partition.name, creation.partition, now, "created");
      if (creation.kind === "attach") {
        this.detached = this.detached.filter((table) => table !== creation.detached);
        this.attach(creation.detached.name, creation.partition, now, "attached");
      }
    }
    for (const step of plan.steps) {
      const { oid, name } = step.table;
      const partition = this.partitions.find((candidate) => candidate.oid === oid);
      if ((step.verb === "detach" || step.verb === "finalize") && partition)
        this.detach(partition, getPromisedDropDay(step), now, step.promise.kind === "archive" ? true : undefined);
      if (step.verb === "archive") this.archive(oid, computeGraceEnd(spec, now), now);
      if (step.verb === "drop") {
        const table = this.detached.find((candidate) => candidate.oid === oid);
        if (!table) throw new Error(`${name} is dropped but was not detached`);
        if (table.toArchive && !table.archived) throw new Error(`${name} is dropped but was not archived`);
        this.detached = this.detached.filter((candidate) => candidate !== table);
        this.record(table.name, table.oid, table.bounds, "dropped", now);
      }
    }
    this.registered = { ...spec, confirmDrops: [], allowEmpty: [] };
    return plan;
  }

  attach(
    name: string,
    bounds: OpenInterval,
    at: Instant,
    event: LedgerEvent | undefined,
    expired = false,
  ): ObservedPartition {
    const oid = String(this.nextOid++);
    const partition: ObservedPartition = {
      oid,
      schema: "public",
      name,
      boundsText: "FOR VALUES …",
      bounds: { from: bounds.from, to: bounds.to },
      isDefault: false,
      partitioned: false,
      detachPending: false,
      rows: 100,
      bytes: 8192,
      carried: undefined,
    };
    this.partitions = [...this.partitions, partition];
    if (event) this.record(name, oid, partition.bounds ?? bounds, event, at, expired);
    return partition;
  }

  /** As a DETACH CONCURRENTLY leaves it that was interrupted after its first phase. */
  interruptDetach(bounds: OpenInterval, at: Instant, ours: boolean): void {
    this.partitions = this.partitions.map((partition) => {
      if (!partition.bounds || !isSameInterval(partition.bounds, bounds)) return partition;
      if (ours) this.record(partition.name, partition.oid, bounds, "detaching", at);
      return { ...partition, detachPending: true };
    });
  }

  /** As a complete and proved archive leaves it. */
  archive(oid: string, dropAfter: Instant, at: Instant): void {
    this.detached = this.detached.map((table) => {
      if (table.oid !== oid) return table;
      const manifest = `s3://bucket/${table.name}/_manifest.json`;
      this.record(table.name, oid, table.bounds, "archived", at, false, { manifest });
      return {
        ...table,
        archived: { manifest, rows: 100, bytes: 50, objects: 1, verify: "checksum", at, dropAfter },
        fenced: true,
      };
    });
  }

  private detach(partition: ObservedPartition, dropAfter: Instant | undefined, now: Instant, toArchive?: true): void {
    const bounds = partition.bounds ?? { from: undefined, to: undefined };
    this.partitions = this.partitions.filter((candidate) => candidate !== partition);
    const { schema, name, oid, rows, bytes } = partition;
    this.detached = [
      ...this.detached,
      {
        schema,
        name,
        oid,
        branch: "",
        bounds,
        detachedAt: now,
        dropAfter,
        rows,
        bytes,
        ...(toArchive ? { toArchive } : {}),
      },
    ];
    this.record(name, oid, bounds, "detached", now);
  }

  private record(
    partition: string,
    oid: string,
    bounds: OpenInterval,
    event: LedgerEvent,
    at: Instant,
    expired = false,
    detail: LedgerDetail = {},
  ): void {
    this.ledger = [
      ...this.ledger,
      {
        partition,
        branch: "",
        oid,
        bounds,
        event,
        at,
        detail: expired ? { ...detail, expiredAtAdoption: true } : detail,
      },
    ];
  }
}

/** Both clocks at one time; the program's truncated as the components do. */
export function clocksAt(text: string | Instant, change: Partial<Clocks> = {}): Clocks {
  const database = typeof text === "string" ? parseInstant(text, "UTC") : text;
  return { asOf: findPeriodStart(database, "month", "UTC"), database, trusted: undefined, ...change };
}
