// Rounds of kill -9 of the server at any point of a conversion by copy, while clients write: `npm run test:kills` for more of them.
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Client } from "pg";
import { afterAll, beforeAll, expect, it } from "vitest";
import { conversionProgram, NO_TABLE } from "../support/convertible-table";
import { Deployment } from "../support/harness/deployment";
import { splitPoints } from "../support/harness/matrix";
import { type OwnServer, startOwnServer } from "../support/harness/own-server";
import { preview, up } from "../support/harness/rounds";
import { roller, seeds } from "../support/harness/seeds";
import { PATIENT } from "../support/harness/under-load";
import { until } from "../support/harness/until";
import { startWrites, type Written } from "../support/harness/write-ledger";
import { WRITTEN_TABLE } from "../support/harness/written-table";

const program = conversionProgram({ convertFrom: { strategy: "copy", rollbackUntil: "2025-04-20" } });
const folder = mkdtempSync(join(tmpdir(), "server-kills-"));
const log = join(folder, "points");
const go = join(folder, "go");

let server: OwnServer;
let points = 0;

beforeAll(async () => {
  server = await startOwnServer(18);
  const deployment = await begin();
  expect((await up(server, deployment, program, { env: { PGPARTITION_FAULT_LOG: log } })).error).toBeUndefined();
  points = countPoints();
});
afterAll(async () => {
  await server.remove();
  rmSync(folder, { recursive: true });
});

it.each(seeds(3))(
  "B01 G01 kill -9 of the server at random points, by seed %i: no acknowledged write is lost or doubled",
  async (seed) => {
    const roll = roller(seed);
    const deployment = await begin();
    const ledger = startWrites(database, { survive: true });
    const goesOn = async () => {
      const then = ledger.acknowledged;
      await until(() => ledger.acknowledged > then + 20);
    };
    try {
      await goesOn();
      for (let kills = roll(2); kills > 0; kills -= 1) {
        await killAt(deployment, roll(Math.floor(0.9 * points)));
        await goesOn();
      }
      expect((await up(server, deployment, program, { config: PATIENT })).error).toBeUndefined();
      await goesOn();
    } finally {
      await ledger.stop();
    }
    const { "40001": _conflicts, ...failed } = ledger.refused;
    expect(failed).toEqual({});
    expect(await ledger.violations()).toEqual([]);
    expect(await database.query("select relkind from pg_class where oid = 'app.events'::regclass")).toEqual([
      { relkind: "p" },
    ]);
    // While the way back is open, what the clients wrote last is left to follow.
    expect((await up(server, deployment, program)).error).toBeUndefined();
    expect((await preview(server, deployment, program)).steps).toEqual([]);
  },
  120_000,
);

/** Kills the server, which is back in a moment, when an update has come to its n-th point, or to its end: a later one has fewer. */
async function killAt(deployment: Deployment, n: number): Promise<void> {
  for (const file of [log, go]) rmSync(file, { force: true });
  let ended = false;
  const env = { PGPARTITION_FAULT: `*#${String(n)}:until ${go}`, PGPARTITION_FAULT_LOG: log };
  const run = up(server, deployment, program, { config: PATIENT, env }).finally(() => (ended = true));
  await until(() => ended || countPoints() >= n, 60_000);
  await server.kill();
  await server.start();
  writeFileSync(go, "");
  await run;
}

function countPoints(): number {
  return existsSync(log) ? splitPoints(readFileSync(log, "utf8")).length : 0;
}

async function begin(): Promise<Deployment> {
  await database.query("drop schema if exists app cascade; drop schema if exists pgpartition cascade");
  const deployment = new Deployment();
  expect((await up(server, deployment, NO_TABLE)).error).toBeUndefined();
  await database.query(WRITTEN_TABLE);
  return deployment;
}

const database: Written = {
  connect: async (options) => {
    const client = new Client({ connectionString: server.url, ...options });
    await client.connect();
    return client;
  },
  query: async <Row extends object>(sql: string, values: readonly unknown[] = []) => {
    const client = await database.connect();
    try {
      return (await client.query<Row>(sql, [...values])).rows;
    } finally {
      await client.end();
    }
  },
};
