// Archive store of the demo, and the state of its archives.
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { spawnSync } from "node:child_process";
import { withClient } from "../dev/client";
import type { Connection } from "../dev/connection";
import { makeBucket } from "../stand-ins/object-store/bucket";
import { findObjectStore } from "../stand-ins/object-store/build";
import { startObjectStore } from "../stand-ins/object-store/server";
import { repositoryRoot } from "../paths";

/** A store for the demo alone. */
interface DemoArchive {
  /** Settings of `archive` in the stack's configuration, by path. */
  readonly settings: Readonly<Record<string, string>>;
  /** Environment of programs that read and write it. */
  readonly env: Readonly<Record<string, string>>;
  readonly description: string;
  stop(): Promise<void>;
}

/** Starts a real S3 server if one can be built; otherwise uses a directory. */
export async function startArchive(folder: string): Promise<DemoArchive> {
  const found = await findObjectStore();
  if ("reason" in found) {
    const directory = join(folder, "archive");
    mkdirSync(directory);
    return {
      settings: { to: `file://${directory}` },
      env: {},
      description: `a directory: ${found.reason}`,
      stop: () => Promise.resolve(),
    };
  }
  const server = await startObjectStore();
  await makeBucket(server, "archive", { versioning: true });
  return {
    settings: { to: "s3://archive/demo", endpoint: server.endpoint, region: server.region },
    env: { AWS_ACCESS_KEY_ID: server.accessKeyId, AWS_SECRET_ACCESS_KEY: server.secretAccessKey },
    description: "versitygw, an S3 server on loopback",
    stop: () => server.stop(),
  };
}

/** Runs `pgpartition` on the demo's database; returns its output, line by line. */
export function pgpartition(connection: Connection, archive: DemoArchive, args: readonly string[]): string[] {
  const { host, port, database, user, password } = connection;
  const env = {
    ...process.env,
    ...archive.env,
    PGHOST: host,
    PGPORT: String(port),
    PGDATABASE: database,
    PGUSER: user,
    PGPASSWORD: password,
    DATABASE_URL: undefined,
  };
  const result = spawnSync(process.execPath, [join(repositoryRoot, "dist", "cli.cjs"), ...args], {
    env,
    encoding: "utf8",
  });
  if (result.status !== 0) throw new Error(`pgpartition ${args.join(" ")} failed: ${result.stderr}`);
  return result.stdout.trimEnd().split("\n");
}

/** Counts the rows of one table that another does not have. */
export async function missing(connection: Connection, one: string, other: string): Promise<string> {
  return withClient(connection, "demo", async (client) => {
    const { rows } = await client.query<{ count: string }>(
      `select count(*) from (table ${one} except all table ${other}) missing`,
    );
    return rows[0]?.count ?? "0";
  });
}

/** Copies the oldest detached table that still exists, for a later comparison. */
export async function keepOldest(
  connection: Connection,
  table: string,
): Promise<{ readonly partition: string; readonly from: string; readonly copy: string }> {
  return withClient(connection, "demo", async (client) => {
    const { rows } = await client.query<{ name: string; from: string }>(
      `select c.oid::regclass::text as name, to_char(l.lower_bound at time zone 'UTC', 'YYYY-MM') as from
       from pgpartition.ledger l join pg_class c on c.oid = l.partition_oid
       where format('%I.%I', l.schema_name, l.table_name) = $1 and l.event = 'detached' order by l.lower_bound limit 1`,
      [table],
    );
    const [oldest] = rows;
    if (!oldest) throw new Error(`nothing of ${table} waits for the end of its grace`);
    await client.query(`create table public.kept_for_comparison as table ${oldest.name}`);
    return { partition: oldest.name, from: oldest.from, copy: "public.kept_for_comparison" };
  });
}
