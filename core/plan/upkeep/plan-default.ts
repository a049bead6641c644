import { buildExcludingCheck, mergeRanges } from "../../observed/key-excludes";
import { repairStatements } from "../../partition/default/new-default";
import {
  attachDefaultStatement,
  buildNewDefaultStatements,
  removeDefaultStatements,
} from "../../partition/default/new-default";
import { applyAttach, type DefaultShape } from "../../partition/carry/default-shape";
import type { Observation } from "../../observed/observed-table";
import type { Problem } from "../../problems/problem";
import type { ParentShape } from "../../partition/carry/parent";
import type { Statement } from "../../sql/statement";
import type { OpenInterval } from "../../time/interval";
import type { Creation } from "../create/creation";
import type { Retirement } from "../retire/retiring";
import type { DefaultFacts } from "../change/plan-types";
import { type UpkeepChange, buildUpkeepChange } from "./plan-upkeep";

/** Changes of a table's default partition, declared or not. */
export interface DefaultPlan {
  readonly facts: DefaultFacts | undefined;
  readonly upkeep: readonly UpkeepChange[];
  readonly problems: readonly Problem[];
  readonly notes: readonly string[];
}

/**
 * Plans the default partition. PartitionWindow creates, maintains and removes it last, when the attached partitions are known.
 */
export function planDefault(
  parent: ParentShape | undefined,
  observation: Observation,
  creations: readonly Creation[],
  retirements: readonly Retirement[],
): DefaultPlan {
  const declared = parent?.carried.profile.defaultPartition;
  const found = parent?.fallback;
  if (!parent || (!declared && !found)) return { facts: undefined, upkeep: [], problems: [], notes: [] };
  const stretches = mergeRanges(listAttachedAfter(observation, creations, retirements));
  const shape = listMade(creations).reduce<DefaultShape | undefined>(
    (before, { partition }) => before && applyAttach(before, parent.key, partition),
    found,
  );
  const upkeep = declared
    ? shape
      ? keep(parent, shape, stretches)
      : make(parent, observation, declared.name, stretches)
    : [];
  const removal = !declared && found && isOurs(observation) ? remove(parent, found, observation) : undefined;
  return {
    facts: factsOf(declared?.name, found),
    upkeep: [...upkeep, ...(removal?.upkeep ?? [])],
    problems: removal?.problems ?? [],
    // Rows of partitions that this update creates move into them.
    notes: shape ? noteRows(shape) : [],
  };
}

/** Applies a creation to the default partition: each statement extends what the one before left. */
export function applyCreation(parent: ParentShape, creation: Creation): ParentShape {
  if (!parent.fallback || (creation.kind !== "create" && creation.kind !== "attach")) return parent;
  return { ...parent, fallback: applyAttach(parent.fallback, parent.key, creation.partition) };
}

/** Warns operators of rows in the default partition: no retention applies to them. */
function noteRows(found: DefaultShape): string[] {
  // Counted for this plan, where partitions are to come; the observation may be older.
  const rows = found.counted?.total ?? found.rows;
  if (rows === 0) return [];
  return [
    `default partition "${found.name}" holds ${found.few ? "" : "about "}${rows} rows that no partition takes; nothing retires them. ` +
      "Lengthen lead, or set an earlier start, so that the window covers them: up to 10,000 rows of a range move when its partition is created",
  ];
}

function listMade(creations: readonly Creation[]): Creation[] {
  return creations.filter((creation) => creation.kind === "create" || creation.kind === "attach");
}

function listAttachedAfter(
  observation: Observation,
  creations: readonly Creation[],
  retirements: readonly Retirement[],
): OpenInterval[] {
  const leaving = new Set(retirements.filter(({ verb }) => verb !== "drop").map(({ table }) => table.oid));
  const staying = (observation.table?.partitions ?? []).flatMap((partition) =>
    partition.bounds && !partition.detachPending && !leaving.has(partition.oid) ? [partition.bounds] : [],
  );
  return [...staying, ...listMade(creations).map((creation) => creation.partition)];
}

function keep(parent: ParentShape, shape: DefaultShape, stretches: readonly OpenInterval[]): UpkeepChange[] {
  const statements = repairStatements(shape, buildExcludingCheck(parent.key, stretches));
  if (statements.length === 0) return [];
  const reason = "its CHECK, which excludes the rows of attached partitions, follows them";
  return [buildUpkeepChange("default", shape.name, reason, statements, {})];
}

function make(
  parent: ParentShape,
  observation: Observation,
  name: string,
  stretches: readonly OpenInterval[],
): UpkeepChange[] {
  const away = observation.detached.find((table) => !table.bounds.from && !table.bounds.to && table.branch === "");
  if (away) {
    const transaction = `attach default partition ${away.schema}.${away.name}`;
    const attach = attachDefaultStatement({ ...parent, partitionSchema: away.schema }, away.name, transaction);
    const reason = "detached outside Pulumi; declared, so it is attached again with its rows";
    // Its rows are read: no other session can see the table, and only other changes of the parent wait for that.
    const scanning: Statement = { ...attach, hold: "grows with rows", hazards: [...attach.hazards, "SCAN_PARTITION"] };
    const record = { event: "attached", schema: away.schema } as const;
    return [buildUpkeepChange("default", away.name, reason, [scanning], { record })];
  }
  const record = { event: "created", schema: parent.partitionSchema } as const;
  const statements = buildNewDefaultStatements(parent, name, stretches);
  return [buildUpkeepChange("default", name, "declared, and missing", statements, { record })];
}

/** True if the ledger knows it: a default partition that was never declared is not removed. */
function isOurs(observation: Observation): boolean {
  const oid = observation.table?.defaultPartition?.oid;
  return observation.ledger.some((item) => item.oid === oid && ["created", "adopted", "attached"].includes(item.event));
}

function remove(
  parent: ParentShape,
  found: DefaultShape,
  observation: Observation,
): Pick<DefaultPlan, "upkeep" | "problems"> {
  if (found.rows > 0) {
    return {
      upkeep: [],
      problems: [
        {
          path: "defaultPartition",
          code: "conflict",
          message: `the default partition "${found.schema}.${found.name}" is no longer declared and holds ${found.few ? "" : "about "}${found.rows} rows.`,
          fix: `Rows are never dropped for that: declare it again (defaultPartition: { name: ${JSON.stringify(found.name)} }), or move or delete its rows first.`,
        },
      ],
    };
  }
  if (observation.registration?.paused) return { upkeep: [], problems: [] };
  const reason = "no longer declared, and empty: detached and dropped";
  const step = { record: { event: "dropped", schema: found.schema }, onlyIfNamed: true } as const;
  return {
    upkeep: [buildUpkeepChange("default", found.name, reason, removeDefaultStatements(parent, found), step)],
    problems: [],
  };
}

function factsOf(declared: string | undefined, found: DefaultShape | undefined): DefaultFacts | undefined {
  const name = found?.name ?? declared;
  if (name === undefined) return undefined;
  return { name, declared: declared !== undefined, ...(found ? { rows: found.rows } : {}) };
}
