// `npm run dev`: a database for the dev stack, until Ctrl-C.
import { relative } from "node:path";
import { connectionFile } from "./dev/connection";
import { type DevSession, startDev } from "./dev/session";
import { repositoryRoot } from "./paths";

async function main(): Promise<void> {
  const given = process.env["DATABASE_URL"];
  const session = await startDev({ databaseUrl: given === "" ? undefined : given });
  console.log(introduction(session));
  await interrupted();
  await session.stop();
  console.log(session.server === undefined ? "done" : "stopped; the data remains for the next npm run dev");
}

function introduction({ connection, server }: DevSession): string {
  const what =
    server === undefined
      ? `the database "${connection.database}" of DATABASE_URL at ${connection.host}:${String(connection.port)}`
      : `PostgreSQL 18 on ${connection.host}:${String(connection.port)}, database "${connection.database}"`;
  return [
    `${what}: until Ctrl-C`,
    `connection: ${relative(repositoryRoot, connectionFile)} (read by the dev stack)`,
    "",
    "In another terminal:",
    "  npm run pulumi -- stack select --create dev",
    "  npm run pulumi -- preview --diff",
    "  npm run pulumi -- up",
  ].join("\n");
}

/** Waits for Ctrl-C, a signal, or the end of the npm that started this. */
function interrupted(): Promise<void> {
  const parent = process.ppid;
  return new Promise((resolve) => {
    const poll = setInterval(() => process.ppid === parent || finish(), 1_000);
    const finish = (): void => {
      clearInterval(poll);
      resolve();
    };
    // Not `once`: npm repeats the terminal's Ctrl-C, and the second must not cut the stop short.
    for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, finish);
  });
}

main().catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
});
