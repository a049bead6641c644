// Makes once for the whole run what tests of the real thing need: the bundles, the engine, the PostgreSQL servers.
import { execFile } from "node:child_process";
import { join } from "node:path";
import { Client } from "pg";
import type { TestProject } from "vitest/node";
import { resolveEngine } from "../../tools/stand-ins/engine/resolve";
import { repositoryRoot } from "../../tools/paths";
import { findPgBouncer, type PgBouncer, startPgBouncer } from "../../tools/postgres/pgbouncer";
import { type Server, startServer } from "../../tools/postgres/server";
import { buildTestBundles } from "./harness/bundle";
import { unpackPackage } from "./harness/packed";
import { type PluginHosts, startHosts } from "./harness/hosts";
import { memoryFolder } from "./memory-folder";
import { handOver, makeOwnerRole } from "./owner-role";
import { productLogin, requestedPooler, requestedVersions, templateDatabase, type TestServer } from "./servers";

/** Data that nobody keeps, on two cores shared with the tests; what the product depends on stays as shipped. */
const settings = {
  fsync: "off",
  synchronous_commit: "off",
  full_page_writes: "off",
  shared_buffers: "64MB",
  max_connections: "200",
  // For the tests of publications, slots and standbys.
  wal_level: "logical",
  max_wal_senders: "8",
  max_replication_slots: "8",
  jit: "off",
  log_line_prefix: "%m [%p] %q%a@%d ",
};

export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const prepared = Promise.all([build().then(unpackPackage), buildTestBundles(), engine()]);
  const started = await Promise.allSettled(
    requestedVersions().map((version) => startServer({ version, settings, temporaryIn: memoryFolder() })),
  );
  await prepared;
  const servers = started.flatMap((result) => (result.status === "fulfilled" ? [result.value] : []));
  const poolers: PgBouncer[] = [];
  const hosts: PluginHosts[] = [];
  const stop = async (): Promise<void> => {
    await Promise.all([...poolers, ...servers, ...hosts].map((one) => one.stop()));
  };
  try {
    hosts.push(await startHosts(project.vitest.config.maxWorkers));
    project.provide(
      "pluginHosts",
      hosts.flatMap(({ ports }) => ports),
    );
    for (const result of started) if (result.status === "rejected") throw result.reason;
    await Promise.all(servers.map(makeTemplate));
    const provided = await Promise.all(servers.map((server) => describe(server, (pooler) => poolers.push(pooler))));
    project.provide("servers", provided);
  } catch (error) {
    await stop();
    throw error;
  }
  return stop;
}

/** What tests are told about a server. */
async function describe(server: Server, opened: (pooler: PgBouncer) => void): Promise<TestServer> {
  const { version, host, port, user, password, logFile } = server;
  const superuser = { host, port, user, password };
  const product = productLogin(superuser);
  if (requestedPooler() === "none") return { version, superuser, product, pooled: false, logFile };
  const found = await findPgBouncer();
  if ("reason" in found) throw new Error(`PGPARTITION_TEST_POOLER: ${found.reason}`);
  // One pool for each role and database: a test has its own, and as many sessions as it wants.
  const pooler = await startPgBouncer(found.files, {
    server: superuser,
    mode: "session",
    // Each of the server's sessions serves one client: tests change settings of their database for sessions to come.
    settings: { default_pool_size: "30", server_lifetime: "0" },
  });
  opened(pooler);
  return { version, superuser, product: { ...product, host: pooler.host, port: pooler.port }, pooled: true, logFile };
}

/** A bundle that fails is reported and missing; only the tests that start it then fail. */
function build(): Promise<void> {
  return new Promise((resolve) => {
    execFile(process.execPath, [join(repositoryRoot, "tools", "build.mjs")], (error, _stdout, stderr) => {
      if (error !== null) console.error(stderr);
      resolve();
    });
  });
}

/** On a fresh machine this builds the engine, which takes longer than any test may. */
async function engine(): Promise<void> {
  try {
    await resolveEngine();
  } catch (error) {
    console.error(error instanceof Error ? error.message : error);
  }
}

async function makeTemplate(server: Server): Promise<void> {
  const client = new Client({ connectionString: server.url });
  await client.connect();
  try {
    await makeOwnerRole(client, server.password);
    await client.query(`create database ${templateDatabase} is_template true`);
  } finally {
    await client.end();
  }
  const template = new Client({ connectionString: server.url.replace(/[^/]*$/, templateDatabase) });
  await template.connect();
  try {
    await handOver(template);
  } finally {
    await template.end();
  }
}
