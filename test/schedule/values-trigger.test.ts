import { randomBytes } from "node:crypto";
import { beforeEach, describe, expect, it } from "vitest";
import { administer, testVersions, withDatabase } from "../support/database";
import { makeSources, petri, petriProgram, tree } from "../support/harness/petri";
import { preview, withPlugin } from "../support/harness/rounds";
import { withDeployment } from "../support/harness/with-deployment";
import { apply, column, DAY } from "./support";

describe.each(testVersions())("PostgreSQL %s, values that appear between two updates", (version) => {
  const database = withDatabase(version);
  const deployment = withDeployment(database);
  beforeEach(() => makeSources(database));

  describe("with a trigger on the table that they are read from", () => {
    const from = { from: "sites", column: "site_id", parent: "program_id", trigger: true } as const;
    const triggered = petriProgram(
      DAY,
      { window: { lead: "1 month", retention: "forever", start: "2025-03-01" } },
      { site: { values: from } },
    );
    const triggers = "select tgrelid::regclass::text from pg_trigger where tgname like 'pgpartition%'";

    it("a row of the same transaction finds its partition; the trigger comes and goes with the declaration", async () => {
      expect(await apply(database, deployment, triggered)).toContain("create petri-window");
      expect(await column(database, triggers)).toEqual(["app.sites"]);
      expect(await apply(database, deployment, triggered)).toEqual([]);
      const client = await database.connect();
      await client.query(
        "begin; insert into app.pilot_programs values ('new', '2999-01-01'); insert into app.sites values ('one', 'new')",
      );
      await client.query("insert into app.petri_obs values (gen_random_uuid(), 'new', 'one', now(), 1)");
      await client.query("commit");
      await client.end();
      await database.query("alter table app.sites disable trigger all");
      expect(await apply(database, deployment, triggered)).toEqual(["update petri-window"]);
      expect(await apply(database, deployment, triggered)).toEqual([]);
      const without = petriProgram(DAY, triggered.tables["petri"]);
      const plain = {
        ...without,
        tables: {
          petri: petri({ window: triggered.tables["petri"]?.window ?? { lead: "1 month", retention: "forever" } }),
        },
      };
      expect((await preview(database, deployment, plain)).messages.join("\n")).toContain(
        "its trigger is not declared any more",
      );
      await apply(database, deployment, plain);
      expect(await column(database, triggers)).toEqual([]);
    });

    it("goes when the table is destroyed", async () => {
      await apply(database, deployment, triggered);
      await withPlugin(database, triggered, (plugin) => deployment.destroy(plugin), {
        config: { allowDestroy: JSON.stringify(["app.petri_obs"]) },
      });
      expect(await column(database, triggers)).toEqual([]);
    });

    it("a role that may create no partitions writes the row anyway, is warned, and the schedule creates the branch", async () => {
      const role = `app_${randomBytes(4).toString("hex")}`;
      await apply(database, deployment, triggered);
      await database.query(
        `create role ${role} login password 'p'; grant usage on schema app to ${role}; grant insert on app.sites to ${role}`,
      );
      const client = await database.connect({ user: role, password: "p" });
      const said: string[] = [];
      client.on("notice", ({ message }) => said.push(message ?? ""));
      await client.query("insert into app.sites values ('more', 'abc-123')");
      await client.end();
      expect(said.join("\n")).toContain(
        'new branches of table "app"."petri_obs" are left to the schedule: permission denied',
      );
      expect(await tree(database, "more")).toEqual([]);
      await database.query("call pgpartition.ensure_window('app.petri_obs')");
      expect(await tree(database, "site_more$")).toHaveLength(1);
      await database.query(`drop owned by ${role}`);
      await administer(database, async (admin) => void (await admin.query(`drop role ${role}`)));
    });
  });
});
