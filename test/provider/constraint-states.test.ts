import { describe, expect, it } from "vitest";
import { testVersions } from "../support/database";
import { left } from "../support/harness/fixture";
import { preview, up } from "../support/harness/rounds";
import { everywhere } from "./changed-table";
import { author, short, withStates } from "./constraint-states-support";
import { columns, declare } from "./constraints-support";
import { nothingLeft } from "./support";

describe.each(testVersions())("PostgreSQL %s, constraints that existed before", (version) => {
  const { database, deployment, states } = withStates(version);

  it("a check that existed NOT VALID remains so after rows did not satisfy it, twice, and new rows are refused", async () => {
    await database.query(`alter table app.events add constraint known check (${short}) not valid`);
    const before = (await left(database)).dump;
    const declared = declare({ checks: { known: short } });
    const shown = await preview(database, deployment, declared);
    expect(shown.messages.join("\n")).toMatch(
      /check "known" exists, NOT VALID.*where one does not, the update fails, and it remains NOT VALID.*validate: false/s,
    );
    for (const round of [1, 2]) {
      const run = await up(database, deployment, declared);
      expect(run.error, String(round)).toMatch(
        /rows of partition "app\.events_p2025_03" do not satisfy check "known".*Nothing was dropped: check "known" of "app\.events" existed before this update, NOT VALID, and remains so; it checks every new row/s,
      );
      const [, finding = ""] = /are found by: (SELECT .*?)\. Correct/.exec(run.error ?? "") ?? [];
      expect(await database.query(finding)).toMatchObject([{ id: "2" }]);
      expect(run.error).not.toMatch(/reverted/);
      expect((await left(database)).dump).toBe(before);
      expect(await states("known")).toEqual(everywhere("NOT VALID"));
      await expect(database.query("insert into app.events values (9, '2025-03-06', 'too long again')")).rejects.toThrow(
        /known/,
      );
    }
    // No longer declared after an update that failed: it was never ours.
    expect((await up(database, deployment, declare())).error).toBeUndefined();
    expect(await states("known")).toEqual(everywhere("NOT VALID"));
    await database.query("update app.events set note = 'short' where id = 2");
    expect((await up(database, deployment, declared)).error).toBeUndefined();
    expect(await states("known")).toEqual(everywhere("valid"));
    await nothingLeft(database, deployment, declared);
  });

  it("otherwise only what this update has added is reverted, and its other changes are named", async () => {
    await database.query(`alter table app.events add constraint known check (${short}) not valid`);
    const more = { ...columns, amount: { type: "int", default: "0" } };
    const run = await up(
      database,
      deployment,
      declare({ columns: more, checks: { known: short, small: "author < 50" } }),
    );
    // The first that fails is the one that stood there; the other holds for new rows, and is read by the next update.
    expect(run.error).toMatch(/known" of "app\.events" existed before/);
    expect(run.error).toMatch(/Earlier changes of this update remain: ALTER TABLE .* ADD COLUMN "amount".*"small"/s);
    expect(await states("known")).toEqual(everywhere("NOT VALID"));
    const second = await up(
      database,
      deployment,
      declare({
        columns: more,
        checks: { known: { expression: short, validate: false }, small: "author < 50" },
      }),
    );
    expect(second.error).toMatch(
      /"events_p2025_03" is violated by some row.*so it was reverted and the table is as it was/s,
    );
    expect(await states("small")).toEqual([]);
    expect(await states("known")).toEqual(everywhere("NOT VALID"));
  });

  it.runIf(version >= 18)(
    "a foreign key that existed NOT VALID remains so, on the table and every partition",
    async () => {
      await database.query(
        "alter table app.events add constraint events_author foreign key (author) references app.users not valid",
      );
      const before = (await left(database)).dump;
      for (const round of [1, 2]) {
        const run = await up(database, deployment, declare({ foreignKeys: { events_author: author } }));
        expect(run.error, String(round)).toMatch(
          /rows of partition "app\.events_p2025_03" do not satisfy foreign key "events_author".*Nothing was dropped/s,
        );
        const [, finding = ""] = /are found by: (SELECT .*?)\. Correct/.exec(run.error ?? "") ?? [];
        expect(await database.query(finding)).toMatchObject([{ id: "2" }]);
        expect((await left(database)).dump).toBe(before);
      }
      await expect(database.query("insert into app.events values (9, '2025-03-06', 'x', 98)")).rejects.toThrow(
        /events_author/,
      );
      const unread = declare({ foreignKeys: { events_author: { ...author, validate: false } } });
      expect((await up(database, deployment, unread)).error).toBeUndefined();
      expect(await states("events_author")).toEqual(everywhere("NOT VALID"));
      await nothingLeft(database, deployment, unread);
    },
  );

  it("a foreign key and a check that a single partition had before remain on it, in their state", async () => {
    await database.query(
      `alter table app.events_p2025_02 add constraint events_author foreign key (author) references app.users;
       alter table app.events_p2025_03 add constraint events_author foreign key (author) references app.users not valid;
       alter table app.events_p2025_02 add constraint known check (${short});
       alter table app.events_p2025_03 add constraint known check (${short}) not valid`,
    );
    const before = (await left(database)).dump;
    const wanted = ["events_p2025_02 valid", "events_p2025_03 NOT VALID"];
    for (const [name, declared] of [
      ["known", declare({ checks: { known: short } })],
      ["events_author", declare({ foreignKeys: { events_author: author } })],
    ] as const) {
      for (const round of [1, 2]) {
        const run = await up(database, deployment, declared);
        expect(run.error, `${name} ${String(round)}`).toMatch(
          /reverted and the table is as it was.*On "app\.events_p2025_02", "app\.events_p2025_03" it existed before this update, and remains as it was/s,
        );
        expect(await states(name)).toEqual(wanted);
        expect((await left(database)).dump).toBe(before);
      }
    }
    await database.query("update app.events set note = 'x', author = 1 where id = 2");
    const both = declare({ checks: { known: short }, foreignKeys: { events_author: author } });
    expect((await up(database, deployment, both)).error).toBeUndefined();
    expect(await states("known")).toEqual(everywhere("valid"));
    expect(await states("events_author")).toEqual(everywhere("valid"));
    await nothingLeft(database, deployment, both);
  });

  it("a partition's own constraint of that name that is another one is named, and nothing is changed", async () => {
    await database.query(
      `alter table app.events_p2025_03 add constraint events_author foreign key (author) references app.users on delete cascade not valid`,
    );
    const before = (await left(database)).dump;
    const run = await up(database, deployment, declare({ foreignKeys: { events_author: author } }));
    expect(run.error).toMatch(
      /partition "app\.events_p2025_03" .* has a constraint "events_author" with another definition/,
    );
    expect((await left(database)).dump).toBe(before);
    await database.query("alter table app.events_p2025_02 add constraint known check (length(note) <= 7)");
    const check = await up(database, deployment, declare({ checks: { known: "length(note) <= 70" } }));
    expect(check.error).toMatch(/has another one of that name, so "known" was reverted and the table is as it was/);
    expect(await states("known")).toEqual(["events_p2025_02 valid"]);
  });

  it("a check of the product's own name for NOT NULL that was created by hand is used, and remains", async () => {
    await database.query(
      "update app.events set note = null where id = 2; alter table app.events add constraint events_note_filled check (note is not null) not valid",
    );
    const filled = declare({ columns: { ...columns, note: "text" } });
    const run = await up(database, deployment, filled);
    expect(run.error).toMatch(/rows of partition "app\.events_p2025_03" do not satisfy.*Nothing was dropped/s);
    expect(await states("events_note_filled")).toEqual(everywhere("NOT VALID"));
    await database.query("update app.events set note = 'x'");
    expect((await up(database, deployment, filled)).error).toBeUndefined();
    expect(await states("events_note_filled")).toEqual(everywhere("valid"));
    await nothingLeft(database, deployment, filled);
  });
});
