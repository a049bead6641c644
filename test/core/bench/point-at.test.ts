import { describe, expect, it } from "vitest";
import { pointAt } from "../../../core/bench/point-at";

const EVENTS = { schema: "app", table: "events" };
const COPY = { schema: "app", table: "events_copy" };

function point(sql: string, table = EVENTS): string {
  const pointed = pointAt(sql, table, COPY);
  return pointed.kind === "pointed" ? pointed.sql : `refused: ${pointed.why}`;
}

const TO = '"app"."events_copy"';

describe("another relation in place of the table", () => {
  it.each([
    ["select * from app.events", `select * from ${TO} as "events"`],
    ["select * from events where id = 1", `select * from ${TO} as "events" where id = 1`],
    ["select events.id from events order by events.at", `select events.id from ${TO} as "events" order by events.at`],
    ["select app.events.id from app.events", `select events.id from ${TO} as "events"`],
    ["select app . events.* from App.EVENTS", `select  events.* from ${TO} as "events"`],
    ['select 1 from "app"."events" AS e', `select 1 from ${TO} AS e`],
    ["select 1 from app.events e, events f", `select 1 from ${TO} e, ${TO} f`],
    ["select 1 from runs r, app.events", `select 1 from runs r, ${TO} as "events"`],
    [
      "select 1 from runs left join events on run_id = runs.id, lateral (select events.id) x",
      `select 1 from runs left join ${TO} as "events" on run_id = runs.id, lateral (select events.id) x`,
    ],
    ["select 1 from (events join runs using (id))", `select 1 from (${TO} as "events" join runs using (id))`],
    ["select 1 from only app.events e", `select 1 from only ${TO} e`],
    ["select 1 from app.events tablesample system (1)", `select 1 from ${TO} as "events" tablesample system (1)`],
    [
      "select 1 from runs where exists (select from events where run_id = runs.id)",
      `select 1 from runs where exists (select from ${TO} as "events" where run_id = runs.id)`,
    ],
    ["with x as (select * from events) select * from x", `with x as (select * from ${TO} as "events") select * from x`],
    ["select 1 from a union all select 2 from events", `select 1 from a union all select 2 from ${TO} as "events"`],
    ["table app.events", `table ${TO}`],
    [
      "select 'from app.events', $$ from app.events $$, extract(epoch from events) from app.events -- from app.events\n",
      `select 'from app.events', $$ from app.events $$, extract(epoch from events) from ${TO} as "events" -- from app.events\n`,
    ],
    [
      "select a is distinct from events, events(1), f(b, events) from app.events limit 1",
      `select a is distinct from events, events(1), f(b, events) from ${TO} as "events" limit 1`,
    ],
    [
      "select 1 from app.events where note = 'it''s' and at > '2026-01-01'",
      `select 1 from ${TO} as "events" where note = 'it''s' and at > '2026-01-01'`,
    ],
  ])("is read by %s", (sql, expected) => {
    expect(point(sql)).toBe(expected);
  });

  it("keeps a name with quotes, and one that differs in its case", () => {
    const hostile = { schema: 'a"b', table: "Select" };
    expect(point('select "Select".id from "a""b"."Select"', hostile)).toBe(`select "Select".id from ${TO} as "Select"`);
    expect(point("select 1 from Select", hostile)).toContain("refused");
  });

  it.each([
    ["select 1 from other.events", "it does not name"],
    ["select events from runs", "it does not name"],
    ["select 1 from app.events_2026", "it does not name"],
    ["with events as (select 1) select * from events", "a WITH query"],
    ["with recursive a as (select 1), events (x, y) as not materialized (select 1, 2) table events", "a WITH query"],
  ])("is refused for %s", (sql, why) => {
    expect(point(sql)).toContain(`refused: ${why}`);
  });
});
