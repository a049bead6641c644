import { describe, expect, it } from "vitest";
import type { ConversionFacts } from "../../../core/conversion/analyze/facts";
import { findConversionFindings } from "../../../core/conversion/analyze/findings";
import { factsWith, uniqueKey } from "./facts";

const noKey = uniqueKey("events_pkey", "primary", ["id"]);

describe("statements that name the table", () => {
  const listNotes = (texts: Partial<ConversionFacts["texts"]>, serverVersion = 18) =>
    findConversionFindings(
      factsWith({ table: noKey, facts: { serverVersion, texts: { ...factsWith().texts, ...texts } } }),
    );
  const seen = (text: string) => ({ text, calls: 12, meanMs: 0.456 });

  it.each([
    ["insert into events (id) values ($1) on conflict (id) do nothing", true],
    ['INSERT INTO "app"."events" AS e (id) VALUES ($1) ON CONFLICT ("id") DO UPDATE SET note = excluded.note', true],
    ["insert into app.events values ($1) on conflict on constraint events_pkey do nothing", true],
    ["insert into app.events values ($1) on conflict (id, at) do nothing", false],
    ["insert into app.events values ($1) on conflict do nothing", false],
    ["insert into app.events_old values ($1) on conflict (id) do nothing", false],
    ["insert into other.events values ($1) on conflict (id) do nothing", false],
  ])("S12 finds an upsert that fails afterwards: %s", (text, fails) => {
    const found = listNotes({ statements: [seen(text)] }).filter((one) => one.about === "upserts");
    expect(found.map((one) => one.message.includes("12 calls of 0.46 ms"))).toEqual([fails]);
  });

  it("finds upserts in the bodies of functions", () => {
    const functions = [
      {
        signature: "app.save()",
        source: "begin\n  insert into events (id)\n  values (1) on conflict (id)\n do nothing; end",
      },
    ];
    expect(listNotes({ functions }).find((one) => one.about === "upserts")?.message).toContain("function app.save()");
  });

  it.each([
    ["select * from events where note = $1", true],
    ["select * from events e where e.at > $1", false],
    ["select * from events where note = $1 order by at desc limit $2", true],
    ["select count(*) from events", true],
    ["update events set note = $1 where id = $2", true],
    ["insert into events values ($1)", false],
    ["select * from other where note = $1", false],
  ])("S12 tells whether a statement can skip partitions: %s", (text, reads) => {
    expect(listNotes({ statements: [seen(text)] }).filter((one) => one.about === "pruning")).toHaveLength(
      reads ? 1 : 0,
    );
  });

  it("S12 finds ctid, and COPY that fails before PostgreSQL 19", () => {
    const statements = [seen("delete from events where ctid = any ($1)"), seen("copy app.events to stdout")];
    expect(listNotes({ statements }).map((one) => one.about)).toEqual(expect.arrayContaining(["ctid"]));
    const copies = (version: number) =>
      listNotes({ statements }, version).filter((one) => one.message.includes("before PostgreSQL 19"));
    expect([copies(18).length, copies(19).length]).toEqual([1, 0]);
  });
});
