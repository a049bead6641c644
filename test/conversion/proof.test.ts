// The comparison of both sides of a pair: it finds every difference, and no change that is under way is one.
import { describe, expect, it } from "vitest";
import { testVersions, withDatabase } from "../support/database";
import { expectEqual, openClients, pairFixture } from "./pair-fixture";

describe.each(testVersions())("PostgreSQL %s", (version) => {
  const database = withDatabase(version);
  const { connect } = openClients(database);
  const get = pairFixture(database);

  it("finds a single flipped byte, a missing row and a row too many, and names them", async () => {
    await get().copy();
    await database.query(`
      update app.events_copy set note = 'mote 7' where id = 7;
      update app.events_copy set amount = 0.80 where id = 8;
      delete from app.events_copy where id = 9;
      insert into app.events_copy values (9001, '2025-01-05', 'extra', 1);`);
    const { differs } = await get().verify();
    expect(differs?.facts).toBe("2000 rows on both sides, not all of them equal");
    const found = [...(differs?.rows ?? [])].sort((a, b) => Number(a.key[0]) - Number(b.key[0]));
    expect(found.map(({ key, kind, columns }) => [key[0], kind, columns])).toEqual([
      ["7", "different", ["note"]],
      ["8", "different", ["amount"]],
      ["9", "only in the table", []],
      ["9001", "only in the copy", []],
    ]);
  });

  it("proves while writers go on: what is pending is left out on both sides, also of an open transaction", async () => {
    await get().copy();
    const writer = await connect("writer");
    await writer.query("begin");
    await writer.query("update app.events set note = 'open' where id < 100");
    await database.query(
      "update app.events set note = 'pending', at = at + interval '40 days' where id between 200 and 299",
    );
    await database.query("delete from app.events where id between 300 and 399");
    expect(await get().verify()).toMatchObject({ rows: 1800, differs: undefined });
    await writer.query("commit");
    expect(await get().verify()).toMatchObject({ rows: 1701, differs: undefined });
    await get().drain();
    await expectEqual(get(), 1900);
  });
});
