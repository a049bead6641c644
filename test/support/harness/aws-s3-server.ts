// A PostgreSQL 18 that has a stand-in for RDS's extension aws_s3: CREATE EXTENSION makes it.
import { chmodSync, copyFileSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { account } from "../../../tools/postgres/account";
import { temporaryFolder } from "../../../tools/postgres/cluster";
import { startServer } from "../../../tools/postgres/server";

/** Where the server writes to, as whom, and what it adds to each object. */
export interface ServersStore {
  readonly endpoint: string;
  readonly accessKey: string;
  readonly secret: string;
  readonly spoil: string;
}

export interface AwsS3Server {
  readonly url: string;
  /** From now on. */
  writesTo(store: ServersStore): void;
  stop(): Promise<void>;
}

export async function startAwsS3Server(): Promise<AwsS3Server> {
  const folder = temporaryFolder(account());
  const standIn = join(__dirname, "..", "stand-in");
  mkdirSync(join(folder, "extension"));
  // Read by the user that the server runs as, who may not look into the repository.
  const put = (name: string, text: string): void => writeFileSync(join(folder, name), text, { mode: 0o644 });
  put("extension/aws_s3.control", "default_version = '1.1'\nschema = aws_s3\nrelocatable = false\n");
  copyFileSync(join(standIn, "aws-s3.sql"), join(folder, "extension", "aws_s3--1.1.sql"));
  copyFileSync(join(standIn, "put-object.cjs"), join(folder, "put-object.cjs"));
  for (const name of [".", "extension"]) chmodSync(join(folder, name), 0o755);
  const server = await startServer({
    version: 18,
    settings: {
      fsync: "off",
      full_page_writes: "off",
      shared_buffers: "32MB",
      jit: "off",
      extension_control_path: `${folder}:$system`,
      "stand_in.program": `${process.execPath} ${join(folder, "put-object.cjs")} ${join(folder, "store.json")}`,
    },
  });
  return {
    url: server.url,
    writesTo: (store) => put("store.json", JSON.stringify(store)),
    stop: async () => {
      await server.stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
