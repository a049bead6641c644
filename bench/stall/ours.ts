// Each operation of this product as a whole `pulumi up` by the real engine, under load.
import type { TableSpecArgs } from "../../core/declare/table/args";
import { DEFAULT_LOCK_TIMEOUT_MS } from "../../core/defaults";
import type { BenchOptions } from "../bench";
import type { Row } from "../report";
import { partitionedProject, type Project } from "../support/project";
import type { BenchDatabase, BenchServer } from "../support/server";
import { AS_OF, databaseArgs } from "../support/tables";
import { measureStall, stallText } from "./scenario";
import { createReferenced, eventsTable, fill, MONTHS, OLD_READER, OLD_REF_WRITER, type Sizes, streams } from "./world";

/** Longest permitted wait: the limit of one try, and a little for the server to notice. */
export const LIMIT_MS = DEFAULT_LOCK_TIMEOUT_MS + 20;

interface Operation {
  /** Undefined for a step between operations, without load. */
  readonly name: string | undefined;
  readonly changes: Partial<TableSpecArgs>;
  readonly asOf?: string;
}

const indexes = { by_ref: { columns: ["ref_id"] } };
const wide = { lead: "2 months", retention: `${MONTHS} months` } as const;
const cut = { lead: "2 months", retention: `${MONTHS - 1} months` } as const;
/** With a default partition: every ATTACH locks it, and a partition leaves by the plain DETACH. */
const beside = { indexes, defaultPartition: {} };
const wider = { lead: "3 months", retention: `${MONTHS} months` } as const;
/** Nine days later, still in the same month: the grace of seven is over. */
const later = AS_OF.replace(/10T/, "19T");

/** Operations, each on the result of the one before. */
const operations: readonly Operation[] = [
  { name: "create ahead", changes: { window: wide } },
  { name: "index build on 15 partitions", changes: { window: wide, indexes } },
  { name: "detach", changes: { window: cut, indexes } },
  { name: "reattach", changes: { window: wide, indexes } },
  { name: undefined, changes: { window: cut, indexes } },
  { name: "drop after grace", changes: { window: cut, indexes }, asOf: later },
  { name: undefined, changes: { window: cut, ...beside }, asOf: later },
  {
    name: "create ahead beside a default partition",
    changes: { window: { ...wider, retention: cut.retention }, ...beside },
    asOf: later,
  },
  {
    name: "detach beside a default partition",
    changes: { window: { lead: wider.lead, retention: `${MONTHS - 2} months` }, ...beside },
    asOf: later,
  },
];

export async function stallOfOurs(
  server: BenchServer,
  sizes: Sizes,
  referenced: boolean,
  options: BenchOptions,
): Promise<Row[]> {
  const database = await server.createDatabase();
  await createReferenced(database);
  const project = await partitionedProject(databaseArgs(database, { events: eventsTable(referenced) }), options.signal);
  await project.up();
  await fill(database, sizes);
  const rows: Row[] = [];
  for (const operation of options.quick ? operations.slice(0, 1) : operations) {
    project.declare(databaseArgs(database, { events: eventsTable(referenced, operation.changes) }, operation.asOf));
    if (operation.name === undefined) await project.up();
    else rows.push(await measure(database, project, operation.name, sizes, referenced, options));
  }
  return rows;
}

async function measure(
  database: BenchDatabase,
  project: Project,
  name: string,
  sizes: Sizes,
  referenced: boolean,
  options: BenchOptions,
): Promise<Row> {
  const what = `wait for ours: ${name}, old reader${referenced ? " + old writer on the referenced table" : ""}`;
  options.say(what);
  const stalled = await measureStall({
    database,
    streams: streams(sizes, referenced),
    old: referenced ? [OLD_READER, OLD_REF_WRITER] : [OLD_READER],
    oldMs: sizes.oldMs,
    workers: "pulumi-pgpartition%",
    operation: () => project.up(),
  });
  return {
    what,
    ours: { value: stalled.worstMs, unit: "ms" },
    limit: { of: "ours", most: LIMIT_MS },
    note: stallText(stalled),
  };
}
