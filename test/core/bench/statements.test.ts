import { describe, expect, it } from "vitest";
import { hasParameters } from "../../../core/bench/parameters";
import { explainNoQuery, mergeTexts, splitStatements } from "../../../core/bench/split-statements";

describe("the statements of a file", () => {
  it("are cut at semicolons outside of literals and comments, and named by a comment or by their number", () => {
    const file = `-- name: recent ;
      select ';' /* ; */ from a; ;
      select $x$ ; $x$;
      select 3 -- name: third`;
    expect(splitStatements(file)).toEqual([
      { name: "recent ;", sql: "select ';' /* ; */ from a" },
      { name: "statement 2", sql: "select $x$ ; $x$" },
      { name: "third", sql: "select 3 -- name: third" },
    ]);
    expect(splitStatements("-- nothing\n ;")).toEqual([]);
  });

  it.each([
    ["-- name: a\nselect 'open", "a: 'open never ends"],
    ["-- name: a\nselect 1; -- name: a\nselect 2", 'two statements are named "a"'],
    ["\\d app.events", "commands of psql such as \\d app.events are no SQL"],
  ])("are refused as a whole in %s", (file, message) => {
    expect(() => splitStatements(file)).toThrow(message);
  });

  it.each([
    ["select 1", undefined],
    ["(select 1) union (table a)", undefined],
    ["WITH a AS (SELECT 'insert into b') SELECT * FROM a", undefined],
    ["delete from a", "DELETE is no query: only queries are run"],
    ["copy a to stdout", "COPY is no query: only queries are run"],
    ["select * into b from a", "it writes INTO a table: only queries are run"],
    ["with a as (insert into b values (1)) select 1", "it writes INTO a table: only queries are run"],
  ])("are queries or not: %s", (sql, why) => {
    expect(explainNoQuery(sql)).toBe(why);
  });

  it("have parameters outside of literals only", () => {
    expect(hasParameters("select a$1, '$1', $$1$$ from b")).toBe(false);
    expect(hasParameters("select 1 from b where c = any ($12)")).toBe(true);
  });

  it("of one text, from several roles, are one with all of their calls", () => {
    expect(
      mergeTexts([
        { sql: "a", calls: 3, meanMs: 10 },
        { sql: "b", calls: 1, meanMs: 5 },
        { sql: "a", calls: 1, meanMs: 2 },
      ]),
    ).toEqual([
      { sql: "a", calls: 4, meanMs: 8 },
      { sql: "b", calls: 1, meanMs: 5 },
    ]);
  });
});
