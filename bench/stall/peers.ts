// The same job by other tools: pg_partman's functions, and the SQL that pgslice prints.
import { setTimeout as sleep } from "node:timers/promises";
import type { BenchOptions } from "../bench";
import type { Row } from "../report";
import type { BenchDatabase, BenchServer } from "../support/server";
import { PARTMAN, partmanScript } from "../support/partman";
import { measureStall, stallText } from "./scenario";
import { createReferenced, fill, month, MONTHS, OLD_READER, PARENT, type Sizes, streams } from "./world";

const PEER = "bench peer";

interface Peer {
  readonly name: string;
  /** SQL that prepares a database with the empty parent. */
  readonly prepare: string;
  readonly operation: string;
}

const months = Array.from({ length: MONTHS + 2 }, (_, index) => month(index - MONTHS));
const partitions = months
  .map(({ name, from, to }) => `create table ${name} partition of events for values from ('${from}') to ('${to}')`)
  .join(";");
const next = month(2);

const pgslice: readonly Peer[] = [
  {
    name: "pgslice add_partitions",
    prepare: partitions,
    operation: `begin; create table ${next.name} partition of events for values from ('${next.from}') to ('${next.to}'); commit`,
  },
  {
    name: "DROP TABLE of a partition, as pgslice's manual says",
    prepare: partitions,
    operation: `drop table ${month(-MONTHS).name}`,
  },
];

const parent = `select partman.create_parent('public.events', 'ts', 'native', 'monthly', p_premake := 2, p_start_partition := '${month(-MONTHS).from}')`;
const config = (set: string): string =>
  `update partman.part_config set ${set} where parent_table = 'public.events'; select partman.run_maintenance('public.events')`;

const partman = (script: string): readonly Peer[] => [
  { name: `${PARTMAN} create ahead`, prepare: `${script}; ${parent}`, operation: config("premake = 4") },
  {
    name: `${PARTMAN} retention`,
    prepare: `${script}; ${parent}`,
    operation: config("retention = '6 months', retention_keep_table = false"),
  },
];

export async function stallOfPeers(server: BenchServer, sizes: Sizes, options: BenchOptions): Promise<Row[]> {
  const script = await partmanScript();
  const peers = "reason" in script ? pgslice : [...pgslice, ...partman(script.sql)];
  const rows: Row[] = [];
  for (const peer of options.quick ? peers.slice(0, 1) : peers) rows.push(await measure(server, sizes, peer, options));
  return "reason" in script ? [...rows, { what: `wait for ${PARTMAN}`, note: `not measured: ${script.reason}` }] : rows;
}

async function measure(server: BenchServer, sizes: Sizes, peer: Peer, options: BenchOptions): Promise<Row> {
  const what = `wait for ${peer.name}, old reader`;
  options.say(what);
  const database = await server.createDatabase();
  await createReferenced(database);
  await database.with("bench", (client) => client.query(`${PARENT}; ${peer.prepare}`));
  await fill(database, sizes);
  const stalled = await measureStall({
    database,
    streams: streams(sizes, false),
    old: [OLD_READER],
    oldMs: sizes.oldMs,
    workers: PEER,
    operation: () => operate(database, peer.operation),
  });
  return { what, peer: { value: stalled.worstMs, unit: "ms" }, note: stallText(stalled) };
}

async function operate(database: BenchDatabase, sql: string): Promise<void> {
  await sleep(100);
  await database.with(PEER, async (client) => {
    for (const statement of sql.split("; ")) await client.query(statement);
  });
}
