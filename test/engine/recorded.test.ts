// `PGPARTITION_RECORD=0.2.0 npx vitest run test/engine/recorded.test.ts` records the present version under that name instead: once for a
// release, never again, because the files stand for what users of that version have.
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { MANAGEMENT_VERSION, listUpgradeStatements } from "../../postgres/management/versions";
import { RESOURCE_TYPES } from "../../provider/resource-list";
import type { RunResult } from "../../tools/stand-ins/engine/run";
import { ownRole, testVersions, withDatabase } from "../support/database";
import { dumpSchemas } from "../support/harness/dump";
import { type LoggedStatement, statementsDuring } from "../support/statement-log";
import { BEFORE, BETWEEN, createRoles, dropRoles, programs } from "./recorded/program";
import { placesOf, readState, replay, writeRecording } from "./recorded/recording";
import { replayable } from "./recorded/replayable";
import { withEngine } from "./support";

const UP = ["up", "--yes", "--skip-preview"];
const toRecord = process.env["PGPARTITION_RECORD"];

describe.each(testVersions().slice(-1))("PostgreSQL %i", (version) => {
  const database = withDatabase(version);
  const engine = withEngine(database);
  const archives = mkdtempSync(join(tmpdir(), "pgpartition-recorded-"));
  const [first, last] = programs(archives);

  const up = async (program: typeof first): Promise<void> => {
    engine.declare(program);
    await engine.pulumi(UP);
  };
  /** In a session of its own: one that began earlier would not be logged. */
  const apply = async (sql: string): Promise<void> => {
    const client = await database.connect({ ...ownRole(database), application_name: "program" });
    await client.query(sql).finally(() => client.end());
  };

  beforeAll(() => createRoles(database));
  afterAll(async () => {
    rmSync(archives, { recursive: true, force: true });
    await dropRoles(database);
  });

  /** What an update of the management schema sends, as a log would have it: a transaction for each version. */
  const missingUpgrades = async (): Promise<readonly LoggedStatement[]> => {
    const [row] = await database.query<{ version: number }>("select max(version) as version from pgpartition.version");
    const first = (row?.version ?? 0) + 1;
    const versions = Array.from({ length: MANAGEMENT_VERSION + 1 - first }, (_, index) => first + index);
    return versions
      .flatMap((version) => ["begin", ...listUpgradeStatements(version, "pgpartition"), "commit"])
      .map((sql) => ({ pid: 0, application: "", sql, values: [] }));
  };

  const unchanged = async (recorded: string): Promise<void> => {
    const places = await placesOf(database, archives);
    await replay(recorded, database, places);
    const before = await dumpSchemas(database, ["app", "parts"]);
    const file = join(archives, "state.json");
    writeFileSync(file, readState(recorded, places));
    await engine.pulumi(["stack", "import", "--file", file]);
    engine.declare(last);
    const preview = async () => changesOf(await engine.pulumi(["preview", "--json"]));
    const upgrades = await missingUpgrades();
    expect(await preview()).toEqual([
      // The management schema of an older version gets what was added since.
      ...(upgrades.length > 0 ? [expect.stringMatching(/^update .*pgpartition:index:ManagementSchema::/)] : []),
      // A type that is gone: only its row leaves the state.
      expect.stringMatching(/^delete .*pgpartition:index:FunctionAliases::/),
    ]);
    const sent = await statementsDuring(database, () => engine.pulumi(UP));
    expect(replayable(sent)).toEqual(replayable(upgrades));
    expect(await dumpSchemas(database, ["app", "parts"])).toBe(before);
    expect(await preview()).toEqual([]);
  };

  const relations = () =>
    database.query<{ oid: string; name: string }>(
      "select oid::text, format('%s.%I', relnamespace::regnamespace, relname) as name from pg_class where relkind in ('r', 'p')",
    );
  const record = async (name: string): Promise<void> => {
    const names = new Map<string, string>();
    const sent = await statementsDuring(database, async () => {
      await apply(BEFORE);
      await up(first);
      // The second update drops some of them.
      for (const { oid, name } of await relations()) names.set(oid, name);
      await apply(BETWEEN);
      await up(last);
    });
    const exported = await engine.pulumi(["stack", "export", "--show-secrets"]);
    for (const { token } of RESOURCE_TYPES) expect(exported.stdout).toContain(`"type": "${token}"`);
    writeRecording(name, await placesOf(database, archives), exported.stdout, replayable(sent, names));
  };

  if (toRecord === undefined)
    test(`${version}: a stack that 0.1.0 left previews no change but the row of a type that is gone and what its management schema lacks, and nothing else in its database is touched`, () =>
      unchanged("0.1.0"));
  else test(`${version}: records ${toRecord}`, () => record(toRecord));
});

/** Every step of a preview but those of resources that stay as they are. */
function changesOf({ stdout }: RunResult): readonly string[] {
  const { steps } = JSON.parse(stdout) as { steps: readonly { readonly op: string; readonly urn: string }[] };
  return steps.filter(({ op }) => op !== "same").map(({ op, urn }) => `${op} ${urn}`);
}
