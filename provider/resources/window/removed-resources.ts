import { formatMemberId, formatTableId } from "../../../core/names/resource-id";
import type { TableName } from "../../../core/names/table-name";
import type { Observation } from "../../../core/observed/observed-table";
import { planLeave } from "../../../core/plan/publish/membership";
import { formatToken } from "../../../core/resources/resource-type";
import { unscheduleStatement } from "../../../core/schedule/job";
import type { Statement } from "../../../core/sql/statement";
import { dropIndexStatement } from "../../../core/table/create/index-build";
import { readCron } from "../../../postgres/read/pg-cron";
import type { Runtime } from "../../runtime/runtime";

/** What the deletes of a table's other resources run, which the engine lets no provider show in a preview. */
export interface Removed {
  readonly subject: string;
  readonly statements: readonly Statement[];
}

/**
 * Returns what this update removes from a table that stays: indexes, memberships and the job that the registry has as ours and
 * the program no longer declares. The window comes after all of them, so it knows what was declared. Nothing for a program that
 * declares single resources in an order of its own.
 */
export async function readRemovedResources(
  runtime: Runtime,
  table: TableName,
  observation: Observation,
): Promise<Removed[]> {
  if (!runtime.outside.has(formatTableId(table))) return [];
  return [
    ...listRemovedIndexes(runtime, table, observation),
    ...listRemovedMemberships(runtime, table, observation),
    ...(await listRemovedJob(runtime, table, observation)),
  ];
}

function listRemovedIndexes(runtime: Runtime, name: TableName, { table, registration }: Observation): Removed[] {
  const partitions = (table?.partitions ?? []).map((partition) => `${partition.schema}.${partition.name}`);
  return (registration?.indexes ?? [])
    .filter((index) => table?.indexes.some((one) => one.name === index.name))
    .filter((index) => !runtime.isDeclared(formatToken("Index"), formatMemberId(name, index.name)))
    .map((index) => ({
      subject: `index "${index.name}"`,
      statements: [dropIndexStatement(name, index.name, partitions)],
    }));
}

function listRemovedMemberships(runtime: Runtime, name: TableName, observation: Observation): Removed[] {
  return (observation.registration?.publications ?? [])
    .filter(({ name: other }) => !runtime.isDeclared(formatToken("PublicationMember"), formatMemberId(name, other)))
    .map(({ name: publication }) => {
      const { leave, drop } = planLeave({ ...name, publication }, observation);
      return { subject: `publication "${publication}"`, statements: [...leave, ...drop] };
    })
    .filter(({ statements }) => statements.length > 0);
}

async function listRemovedJob(runtime: Runtime, name: TableName, { registration }: Observation): Promise<Removed[]> {
  const recorded = registration?.schedule;
  if (!recorded || runtime.isDeclared(formatToken("CronJob"), formatMemberId(name, recorded.job))) return [];
  const { facts } = await readCron(runtime.database, true);
  const jobs = facts.kind === "here" ? facts.jobs : [];
  const found = jobs.find((job) => job.jobId === recorded.jobId && job.job === recorded.job);
  return found ? [{ subject: `job "${found.job}"`, statements: [unscheduleStatement(found)] }] : [];
}
