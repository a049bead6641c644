import { z } from "zod";
import { DEFAULT_ZONE } from "../../defaults";
import { fitIdentifier } from "../../names/identifier";
import type { Problem } from "../../problems/problem";
import { parseCron } from "./cron";
import { isZone } from "../../time/period";
import type { NoScheduleArgs, ScheduleArgs } from "./schedule-args";
import { checkName } from "../../names/name-problems";
import { type Around, defineOption } from "../option/option";
import { nameShape as name, nameType } from "../option/shapes";

/** A schedule with its defaults filled in, as in the inputs of PartitionWindow; or the reason for having none. */
const scheduleSpecSchema = z.object({
  cron: z.string().optional(),
  job: z.string().optional(),
  zone: z.string().optional(),
  user: z.string().optional(),
  database: z.string().optional(),
  active: z.boolean().optional(),
  none: z.string().optional(),
});
type ScheduleSpec = z.infer<typeof scheduleSpecSchema>;

export const schedule = defineOption({
  shape: z
    .union([
      z.strictObject({
        cron: name,
        job: name.optional(),
        zone: name.optional(),
        user: name.optional(),
        database: name.optional(),
        active: z.boolean().optional(),
      }),
      z.strictObject({ none: name }),
    ])
    .optional(),
  wire: nameType("Schedule", scheduleSpecSchema).optional(),
  parse: parseSchedule,
  toWire: (spec) => spec,
  fromWire: (wire) => wire,
});

/** Inputs of CronJob: the job on the wire. */
export const cronJobWireSchema = z.object({
  schema: name,
  table: name,
  job: name,
  cron: name,
  zone: name,
  active: z.boolean(),
  /** Left out: the connected role. */
  user: name.optional(),
  /** Left out: the connected database. */
  runsIn: name.optional(),
  /** Filled in by Check: a call with constants. */
  command: z.string().optional(),
});
export type CronJobWire = z.infer<typeof cronJobWireSchema>;

/** Reads the declared schedule. Undefined: neither a schedule nor a reason for having none is declared. */
function parseSchedule(
  declared: ScheduleArgs | NoScheduleArgs | undefined,
  { table, problems }: Around<unknown>,
): ScheduleSpec | undefined {
  if (declared === undefined) return undefined;
  if ("none" in declared) return { none: declared.none };
  const { cron, job, zone = DEFAULT_ZONE, user, database, active = true } = declared;
  const read = parseCron(cron);
  if ("problem" in read) problems.push(refuseCron(cron, read.problem));
  if (!isZone(zone)) problems.push(refuseZone(zone));
  const named = Object.entries({ job, user, database });
  for (const [property, value] of named) if (value !== undefined) checkName(`schedule.${property}`, value, problems);
  return {
    cron: cron.trim().split(/\s+/).join(" "),
    job: job ?? fitIdentifier(`pgpartition_${table.schema}_${table.table}`),
    zone,
    active,
    ...(user === undefined ? {} : { user }),
    ...(database === undefined ? {} : { database }),
  };
}

/** Returns the inputs of the job's resource; undefined if the database creates nothing by itself. */
export function encodeCronJob(
  schedule: ScheduleSpec | undefined,
  table: { readonly schema: string; readonly table: string },
): CronJobWire | undefined {
  const { cron, job, zone = DEFAULT_ZONE, active = true, user, database } = schedule ?? {};
  if (cron === undefined || job === undefined) return undefined;
  return {
    schema: table.schema,
    table: table.table,
    job,
    cron,
    zone,
    active,
    ...(user === undefined ? {} : { user }),
    ...(database === undefined ? {} : { runsIn: database }),
  };
}

function refuseCron(cron: string, problem: string): Problem {
  return {
    path: "schedule.cron",
    code: "invalid-value",
    message: `${JSON.stringify(cron)} is not a schedule: ${problem}.`,
    fix: 'Write five fields of cron, for example "0 2 * * *" for two o\'clock each night.',
  };
}

function refuseZone(zone: string): Problem {
  return {
    path: "schedule.zone",
    code: "invalid-zone",
    message: `${JSON.stringify(zone)} is not a time zone.`,
    fix: 'Use a name of the IANA database such as "Europe/Berlin", or "UTC".',
  };
}
