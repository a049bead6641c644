// Where the demo archives to, and what becomes of it there.
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { spawnSync } from "node:child_process";
import { withClient } from "../dev/client";
import type { Connection } from "../dev/connection";
import { makeBucket } from "../object-store/bucket";
import { findObjectStore } from "../object-store/build";
import { startObjectStore } from "../object-store/server";
import { repositoryRoot } from "../paths";

/** A store of the demo's own. */
export interface DemoArchive {
  /** Settings of `archive` in the stack's configuration, by path. */
  readonly settings: Readonly<Record<string, string>>;
  /** What who reads and writes it needs in the environment. */
  readonly env: Readonly<Record<string, string>>;
  readonly description: string;
  stop(): Promise<void>;
}

/** A real S3 server, where one can be built; a directory otherwise. */
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

/** `pgpartition` on the demo's database; its output, line by line. */
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

/** Rows of one table that another does not have. */
export async function missing(connection: Connection, one: string, other: string): Promise<string> {
  return withClient(connection, "demo", async (client) => {
    const { rows } = await client.query<{ count: string }>(
      `select count(*) from (table ${one} except all table ${other}) missing`,
    );
    return rows[0]?.count ?? "0";
  });
}

/** A copy of the oldest partition, to compare with later. */
export async function keepOldest(connection: Connection, table: string): Promise<{ partition: string; copy: string }> {
  return withClient(connection, "demo", async (client) => {
    const { rows } = await client.query<{ name: string }>(
      "select inhrelid::regclass::text as name from pg_inherits where inhparent = $1::regclass order by pg_get_expr((select relpartbound from pg_class where oid = inhrelid), inhrelid) limit 1",
      [table],
    );
    const partition = rows[0]?.name ?? "";
    await client.query(`create table public.kept_for_comparison as table ${partition}`);
    return { partition, copy: "public.kept_for_comparison" };
  });
}
