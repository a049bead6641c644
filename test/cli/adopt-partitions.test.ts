import { describe, expect, it } from "vitest";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { ddlOf } from "../provider/support";
import { testVersions } from "../support/database";
import type { Program } from "../support/harness/declare";
import { preview, up } from "../support/harness/rounds";
import { statementsDuring } from "../support/statement-log";
import { month, monthly, present, withAdoption } from "./adopt-support";
import { evaluate } from "./printed-program";
import { onDatabase } from "./support";
import { itAlike } from "../support/sample";

describe.each(testVersions())("PostgreSQL %s, pgpartition adopt", (version) => {
  const { database, deployment, folder, adopt } = withAdoption(version);

  itAlike(version)("recognizes milliseconds and the zone of the database by the bounds", async () => {
    const ms = (offset: number) => String(Date.parse(`${month(offset).day}T00:00:00Z`));
    await database.query(`create table app.clicks (at bigint not null) partition by range (at);
      create table app.clicks_now partition of app.clicks for values from (${ms(0)}) to (${ms(1)});
      create table app.local (at timestamptz not null) partition by range (at);
      set timezone = 'Europe/Helsinki';
      create table app.local_now partition of app.local for values from ('${month(0).day}') to ('${month(1).day}');
      reset timezone;
      do $$ begin execute format('alter database %I set timezone = %L', current_database(), 'Europe/Helsinki'); end $$`);
    const clicks = await onDatabase(database, "adopt", "app.clicks", "--out", folder());
    expect(clicks.code).toBe(0);
    expect(clicks.stderr).toContain("a key of kind epoch-ms cannot be imported before the table is managed");
    expect((await readdir(folder())).sort()).toEqual(["clicks.retire.sql", "clicks.ts"]);
    const [level] = evaluate(await readFile(join(folder(), "clicks.ts"), "utf8")).args.partitionBy;
    expect(level).toMatchObject({ range: "at", every: "month", key: "epoch-ms" });
    expect((await adopt("local")).args.partitionBy).toEqual([
      expect.objectContaining({ range: "at", every: "month", zone: "Europe/Helsinki" }),
    ]);
    await database.query("do $$ begin execute format('alter database %I reset timezone', current_database()); end $$");
  });

  itAlike(version).each([
    ["full", (partition: string) => `alter table parts.${partition} replica identity full;`, "full"],
    ["nothing", (partition: string) => `alter table parts.${partition} replica identity nothing;`, "nothing"],
    [
      "an index of the table",
      (partition: string) => `alter table parts.${partition} replica identity using index ${partition}_company_ts_idx;`,
      { index: "once" },
    ],
  ])(
    "declares the schema of the partitions and replica identity %s where all agree, and reports what no program declares",
    async (_, each, identity) => {
      await database.query(`drop schema if exists parts cascade; create schema parts;
      create table app.ev (company bigint not null, ts timestamptz not null) partition by range (ts);
      create unique index ev_once on app.ev (company, ts);
      ${monthly(
        "ev",
        (y, m) => `ev_${y}${m}`,
        (partition) =>
          `alter table app.${partition} set (fillfactor = 70); alter table app.${partition} set schema parts; ${each(partition)}`,
      )}
      create publication cdc for table app.ev;
      insert into app.ev values (1, now())`);
      const { args, program, source } = await adopt("ev");
      expect(args).toMatchObject({ partitionSchema: "parts", replicaIdentity: identity });
      expect(source).toContain("the first update sets it on the table too");
      expect(source).toContain("its partitions have storage parameters fillfactor = 70: not declared");
      const shown = await preview(database, deployment, program);
      let run: Awaited<ReturnType<typeof up>> | undefined;
      const sent = await statementsDuring(database, async () => (run = await up(database, deployment, program)));
      expect(run?.error).toBeUndefined();
      expect(ddlOf(sent)).toEqual([expect.stringMatching(/^ALTER TABLE "app"."ev" REPLICA IDENTITY /)]);
      expect(shown.messages.join("\n")).toContain(ddlOf(sent)[0]);
      if (identity !== "nothing") await database.query("update app.ev set company = 2");
      expect((await up(database, deployment, program)).steps).toEqual([]);
      const later: Program = { ...program, asOf: `${month(1).day}T12:00:00Z` };
      expect((await up(database, deployment, later)).error).toBeUndefined();
      const made = `parts.ev_${month(3).year}${month(3).month}`;
      expect(
        await database.query(
          "select relreplident as identity, reloptions as options from pg_class where oid = $1::regclass",
          [made],
        ),
      ).toEqual([
        { identity: identity === "full" ? "f" : identity === "nothing" ? "n" : "i", options: ["fillfactor=70"] },
      ]);
      await database.query("drop schema app, parts cascade");
    },
  );

  it("says where partitions disagree, declares nothing of it, and changes none", async () => {
    await database.query(`create table app.ev (company bigint not null, ts timestamptz not null) partition by range (ts);
      alter table app.ev enable row level security;
      ${monthly("ev", (y, m) => `ev_${y}${m}`)}
      alter table app.ev_${present.year}${present.month} replica identity full`);
    const { args, program, source } = await adopt("ev");
    expect(args).not.toHaveProperty("replicaIdentity");
    expect(args).not.toHaveProperty("partitionSchema");
    expect(source).toContain(`partitions differ in replica identity, which is not declared: default on`);
    expect(source).toContain(`full on "ev_${present.year}${present.month}"`);
    expect(source).toContain("its partitions have row security off: not declared, so left as it is");
    let error: string | undefined;
    const sent = await statementsDuring(database, async () => ({ error } = await up(database, deployment, program)));
    expect([error, ddlOf(sent)]).toEqual([undefined, []]);
  });
});
