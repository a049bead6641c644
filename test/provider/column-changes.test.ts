import { describe, expect, it } from "vitest";
import { testVersions } from "../support/database";
import { left } from "../support/harness/fixture";
import { named, preview, up } from "../support/harness/rounds";
import { startAgain } from "../support/harness/with-deployment";
import { everywhere } from "./changed-table";
import { base, declare, withColumns } from "./columns-support";
import { itAlike } from "../support/sample";

describe.each(testVersions())("PostgreSQL %s, columns over time", (version) => {
  const { database, deployment, change, refresh, files, column } = withColumns(version);

  itAlike(version)("sets, changes and drops a default without touching a row", async () => {
    const before = await files();
    await change(declare({ ...base, note: { type: "text", nullable: true, default: "'new'" } }));
    expect(await column("note")).toEqual(everywhere("text default 'new'::text"));
    await change(declare({ ...base, note: { type: "text", nullable: true, default: "upper('newer')" } }));
    expect(await column("note")).toEqual(everywhere("text default upper('newer'::text)"));
    await change(declare(base));
    expect(await column("note")).toEqual(everywhere("text"));
    expect(await files()).toEqual(before);
  });

  it("makes a column NOT NULL by a CHECK that is validated partition by partition, and nullable again", async () => {
    const before = await files();
    const { sent } = await change(declare({ ...base, note: "text" }));
    expect(await column("note")).toEqual(everywhere("text not null"));
    expect(await files()).toEqual(before);
    expect(sent.map((sql) => sql.replace(/"app"\./g, ""))).toEqual([
      'LOCK TABLE "events" IN ACCESS EXCLUSIVE MODE',
      'ALTER TABLE "events" ADD CONSTRAINT "events_note_filled" CHECK ("note" IS NOT NULL) NOT VALID',
      'ALTER TABLE "events_p2025_02" VALIDATE CONSTRAINT "events_note_filled"',
      'ALTER TABLE "events_p2025_03" VALIDATE CONSTRAINT "events_note_filled"',
      'ALTER TABLE "events_p2025_04" VALIDATE CONSTRAINT "events_note_filled"',
      'ALTER TABLE "events" VALIDATE CONSTRAINT "events_note_filled"',
      'LOCK TABLE "events" IN ACCESS EXCLUSIVE MODE',
      'ALTER TABLE "events" ALTER COLUMN "note" SET NOT NULL',
      'LOCK TABLE "events" IN ACCESS EXCLUSIVE MODE',
      'ALTER TABLE "events" DROP CONSTRAINT "events_note_filled"',
    ]);
    await change(declare(base));
    expect(await column("note")).toEqual(everywhere("text"));
  });

  itAlike(version)(
    "a row without a value keeps a column nullable: it is named, and the table is as it was",
    async () => {
      await database.query("insert into app.events values (5000, '2025-03-05', null)");
      await database.query("analyze app.events_p2025_03");
      const before = (await left(database)).dump;
      const next = declare({ ...base, note: "text" });
      const shown = await preview(database, deployment, next);
      expect(shown.messages.join("\n")).toMatch(
        /by the last ANALYZE about \d+ rows of app.events_p2025_03 have no "note"/,
      );
      const run = await up(database, deployment, next);
      expect(run.error).toMatch(/"events_note_filled" of relation "events_p2025_03" is violated.*reverted/s);
      expect((await left(database)).dump).toBe(before);
      await database.query("update app.events set note = '' where note is null");
      await change(next);
    },
  );

  it("makes a type wider where PostgreSQL rewrites nothing", async () => {
    const narrow = {
      ...base,
      code: { type: "varchar(5)", nullable: true },
      price: { type: "numeric(6,2)", nullable: true },
    };
    await change(declare(narrow));
    const before = await files();
    const wide = {
      ...base,
      code: { type: "varchar(50)", nullable: true },
      price: { type: "numeric(12,2)", nullable: true },
    };
    await change(declare(wide));
    expect(await files()).toEqual(before);
    expect(await column("code")).toEqual(everywhere("character varying(50)"));
    await change(declare({ ...wide, code: { type: "text", nullable: true } }));
    expect(await files()).toEqual(before);
  });

  itAlike(version).each([
    ["a narrower text", { type: "varchar(5)", nullable: true }, /would rewrite or read every partition/],
    ["another type", { type: "jsonb", nullable: true }, /That is a migration/],
    [
      "a text that an index has",
      { type: "varchar(500)", nullable: true },
      /rebuilds indexes .* again, under the lock: index "events_by_note" of app.events/,
    ],
  ])("refuses %s, with the reason and the way, and changes nothing", async (_, note, words) => {
    if (note.type === "varchar(500)") {
      await startAgain(database, deployment);
      await up(database, deployment, declare({ ...base, note: { type: "varchar(50)", nullable: true } }));
    }
    const before = (await left(database)).dump;
    const { error } = await up(database, deployment, declare({ ...base, note }));
    expect(error).toMatch(words);
    expect(error).toMatch(/columns\.note: column "note" of "app.events" has type .*, declared is varchar|jsonb/);
    expect((await left(database)).dump).toBe(before);
  });

  itAlike(version)("changes comments of columns, and leaves alone those that are not declared", async () => {
    await database.query("comment on column app.events.id is 'by hand'");
    await change(declare({ ...base, note: { type: "text", nullable: true, comment: "first" } }));
    await change(declare({ ...base, note: { type: "text", nullable: true, comment: "second" } }));
    const rows = await database.query(
      "select col_description('app.events'::regclass, n) as comment from generate_series(1, 3) n",
    );
    expect(rows).toEqual([{ comment: "by hand" }, { comment: null }, { comment: "second" }]);
  });

  itAlike(version)(
    "what was changed by hand is shown by a refresh; up mends what is safe and refuses the rest",
    async () => {
      const columns = {
        ...base,
        note: { type: "text", nullable: true, default: "'x'" },
        amount: { type: "int", nullable: true },
      };
      await change(declare(columns));
      await database.query(`alter table app.events alter note drop default, drop column amount`);
      expect(await refresh()).toContainEqual(expect.stringContaining("events-table"));
      const mended = await up(database, deployment, declare(columns));
      expect(mended.error).toBeUndefined();
      expect(named(mended.steps)).toContain("update events-table");
      expect(await column("note")).toEqual(everywhere("text default 'x'::text"));
      expect(await column("amount")).toEqual(everywhere("integer"));
      await database.query("alter table app.events add column stranger int");
      expect(await refresh()).toContainEqual(expect.stringContaining("events-table"));
      const refused = await up(database, deployment, declare(columns));
      expect(refused.error).toMatch(/column "stranger" \(integer\) that is not declared/);
      await up(database, deployment, declare(columns, { dropColumns: ["stranger"] }));
      expect(await column("stranger")).toEqual([]);
    },
  );
});
