// Rounds of kill -9 at any point of a conversion by copy, while clients write: `npm run test:kills` for 50 of them.
import { beforeAll, describe, expect, it } from "vitest";
import { pgpartition } from "../cli/support";
import { conversionProgram, NO_TABLE } from "../support/convertible-table";
import { anyVersion, withDatabase } from "../support/database";
import { configOf } from "../support/harness/fixture";
import { undisturbed } from "../support/harness/matrix";
import { startPlugin } from "../support/harness/plugin";
import { preview, up } from "../support/harness/rounds";
import { PATIENT } from "../support/harness/under-load";
import { roller, seeds } from "../support/harness/seeds";
import { until } from "../support/harness/until";
import { withDeployment } from "../support/harness/with-deployment";
import { startWrites } from "../support/harness/write-ledger";
import { WRITTEN_TABLE } from "../support/harness/written-table";

describe.each(anyVersion())("PostgreSQL %s", (version) => {
  const database = withDatabase(version);
  const deployment = withDeployment(database);
  const program = conversionProgram({ convertFrom: { strategy: "copy" } });
  let points = 0;

  beforeAll(async () => {
    const scenario = {
      database,
      config: configOf(database),
      before: [{ program: NO_TABLE, sql: WRITTEN_TABLE }],
      program,
    };
    points = (await undisturbed(scenario)).points.length;
  });

  it.each(seeds())(
    "A10 killed at random points, by seed %i: no acknowledged write is lost or doubled",
    async (seed) => {
      const roll = roller(seed);
      expect((await up(database, deployment, NO_TABLE)).error).toBeUndefined();
      await database.query(WRITTEN_TABLE);
      const ledger = startWrites(database);
      try {
        await until(() => ledger.acknowledged > 20);
        const kills = roll(3);
        for (let kill = 1; kill <= kills; kill += 1) {
          // Whether two steps share a lock depends on how fast the second one comes: a run may have some points fewer.
          const env = { PGPARTITION_FAULT: `*#${String(roll(Math.floor(0.9 * points)))}:kill` };
          if (kill > 1 && roll(2) === 1) {
            await pgpartition(["convert", "run", "app.events", "--once"], {
              env: { DATABASE_URL: database.url, ...env },
            });
            continue;
          }
          const victim = await startPlugin({ config: { ...configOf(database), ...PATIENT, asOf: program.asOf }, env });
          // A later run has fewer points than the first one, and may come to its end.
          await deployment.up(victim, program).catch(() => undefined);
          if (kill === 1) expect(await victim.exited).toBe("SIGKILL");
          else await victim.stop();
        }
        expect((await up(database, deployment, program, { config: PATIENT })).error).toBeUndefined();
        const then = ledger.acknowledged;
        await until(() => ledger.acknowledged > then + 20);
      } finally {
        await ledger.stop();
      }
      const { "40001": _conflicts, ...failed } = ledger.refused;
      expect(failed).toEqual({});
      expect(await ledger.violations()).toEqual([]);
      expect(await database.query("select relkind from pg_class where oid = 'app.events'::regclass")).toEqual([
        { relkind: "p" },
      ]);
      expect((await preview(database, deployment, program)).steps).toEqual([]);
    },
  );
});
