import { expect, it } from "vitest";
import { retireRivals, renderRivals } from "../../../core/adopt/rivals";

it("finds jobs, functions and pg_partman's row, and reports how each is retired", () => {
  const source = "begin execute format('create table %I partition of events for …', name); end";
  const fn = (name: string, text: string) => ({
    schema: "app",
    name,
    signature: `app.${name}()`,
    kind: "function" as const,
    source: text,
  });
  const job = (name: string | undefined, command: string) => ({
    id: "7",
    name,
    schedule: "0 2 * * *",
    command,
    active: true,
  });
  const text = renderRivals(
    retireRivals(
      { schema: "app", table: "events" },
      {
        functions: [
          fn("rotate", source),
          fn("drop_old", "execute 'drop table ' || 'events_' || month"),
          fn("count_events", "select count(*) from events"),
          fn("others", "create table old_events_2024 ()"),
        ],
        jobs: [
          job("rotate daily", "select app.rotate()"),
          job(undefined, "call partman.run_maintenance_proc()"),
          job("mail", "select 1"),
        ],
        partman: { schema: "partman", parent: "app.events", interval: "1 mon", premake: "4", retention: undefined },
      },
    ),
  );
  expect(text.split("\n").filter((line) => !line.startsWith("--"))).toEqual([
    "SELECT cron.unschedule('rotate daily');",
    "SELECT cron.unschedule(7);",
    `DELETE FROM "partman"."part_config" WHERE parent_table = 'app.events';`,
    "DROP FUNCTION app.rotate();",
    "DROP FUNCTION app.drop_old();",
    "",
  ]);
  expect(text).toContain("app.rotate() creates partitions");
  expect(text).toContain("app.drop_old() drops partitions");
});
