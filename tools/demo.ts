// `npm run demo`: the main job on a separate database, with the real CLI, engine, policies and PostgreSQL.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { keepOldest, missing, pgpartition, startArchive } from "./demo/archive";
import { loadRows } from "./demo/load";
import { runSchedule } from "./demo/schedule";
import { type Demo, startDemo } from "./demo/session";
import { readAsTenants } from "./demo/tenant";
import { headline, say } from "./demo/text";

async function main(): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), "pgpartition-demo-"));
  const verbose = process.argv.includes("--verbose");
  const demo = await startDemo(folder, verbose);
  if (!verbose) say("All output of every command: npm run demo -- --verbose");
  const stop = (): void => void demo.stop().finally(() => process.exit(130));
  process.once("SIGINT", stop);
  process.once("SIGTERM", stop);
  try {
    await tell(demo, folder);
  } finally {
    await demo.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Runs the story: a window is created, filled, read by two tenants, moved by hand and by schedule, cleaned up, and protected. */
async function tell(demo: Demo, folder: string): Promise<void> {
  headline("1. What would be created", "pulumi preview");
  await demo.pulumi(["preview", ...demo.policies]);

  headline("2. Create it", "pulumi up");
  await demo.pulumi(["up", "--yes", "--skip-preview", ...demo.policies]);

  headline("3. Tens of thousands of rows over the whole window of all five tables");
  for (const line of await loadRows(demo.connection, demo.now)) say(line);

  headline("4. Row security: two users of the chat, through the table and past it");
  for (const line of await readAsTenants(demo.connection)) say(line);

  headline("5. Nothing to do", "pulumi up");
  await demo.pulumi(["up", "--yes", "--skip-preview", "--expect-no-changes", ...demo.policies]);

  headline("6. A month later, the same program", "pulumi preview");
  await demo.moveClock({ months: 1 });
  await demo.pulumi(["preview", ...demo.policies]);

  headline("7. The window rolls: created ahead, expired ones detached, writers undisturbed", "pulumi up");
  await demo.pulumi(["up", "--yes", "--skip-preview", ...demo.policies]);

  headline("8. Eight days later the grace of seven is over: what was detached is dropped", "pulumi up");
  await demo.moveClock({ days: 8 });
  await demo.pulumi(["up", "--yes", ...demo.policies]);

  headline("9. Three months without a run: the schedule inside the database continues, started by cron");
  await demo.moveClock({ months: 3 });
  for (const line of await runSchedule(demo.connection, demo.now)) say(line);

  headline("10. The next one adopts what the schedule created, and retires what only an update may", "pulumi up");
  await demo.pulumi(["up", "--yes", "--skip-preview", ...demo.policies]);

  headline(
    "11. A mistake: retention of audit_logs cut from 12 months to 1. The policy refuses",
    "pulumi preview --policy-pack",
  );
  await demo.cutRetention();
  await demo.expectRefusal(["preview", ...demo.policies]);

  headline("12. The same without policies: the guard in the provider refuses too", "pulumi up");
  await demo.expectRefusal(["up", "--yes"]);

  await tellArchive(demo, folder);

  headline("What to try next");
  say(
    "npm run dev            a lasting database; then: npm run pulumi -- stack select --create dev, npm run pulumi -- up",
  );
  say("stacks/tables/         declare a table of your own");
  say("docs/                  every argument, every lock, every fault");
}

const AUDIT = "public.audit_logs_partitioned";

/** Archives expired partitions before they are dropped; queries the archive, and restores it exactly. */
async function tellArchive(demo: Demo, folder: string): Promise<void> {
  const archive = await startArchive(folder);
  try {
    headline(
      `13. The mistake is reverted; what expires of audit_logs is archived from now on, in ${archive.description}`,
    );
    await demo.archiveInto("audit_logs", archive.settings);
    await demo.moveClock({ months: 1 });
    const { partition, from, copy } = await keepOldest(demo.connection, AUDIT);
    await demo.pulumi(["up", "--yes", ...demo.policies], archive.env);
    for (const line of pgpartition(demo.connection, archive, ["archives", AUDIT])) say(line);

    const question =
      "select count(*) as rows, count(distinct user_id) as users, min(created_at) as oldest from audit_logs_partitioned";
    headline("14. Table and archive together, without restoring anything", `pgpartition query ${AUDIT} "${question}"`);
    for (const line of pgpartition(demo.connection, archive, ["query", AUDIT, question])) say(line);

    headline(
      "15. Back from the archive, and compared with what was dropped",
      `pgpartition restore ${AUDIT} --from ${from}`,
    );
    const restore = ["restore", AUDIT, "--from", from, "--name", "audit_restored"];
    for (const line of pgpartition(demo.connection, archive, restore)) say(line);
    const lost = await missing(demo.connection, copy, "public.audit_restored");
    const added = await missing(demo.connection, "public.audit_restored", copy);
    say(`rows of ${partition} that the archive does not have: ${lost}; rows that it has too many: ${added}`);
    if (lost !== "0" || added !== "0") throw new Error("the restored archive is not what was dropped");
  } finally {
    await archive.stop();
  }
}

main().catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
});
