import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  listDesiredBranches,
  flatten,
  findNameProblems,
  type SourceValues,
} from "../../../../core/partition/branch/desired-branches";
import { hashShort } from "../../../../core/names/identifier";
import type { ObservedTable } from "../../../../core/observed/observed-table";
import { spec } from "./support";

describe("names of branches", () => {
  test("distinguishes values that are read and would have one name, and refuses those that the program itself names", () => {
    const values: SourceValues = [
      undefined,
      ["a-1", "a1", "A1", "---", "!"].map((value) => ({ value, parent: "abc-123", active: true })),
    ];
    const branches = listDesiredBranches(spec().window, values);
    expect(findNameProblems(branches)).toEqual([]);
    const names = Object.fromEntries([...flatten(branches)].map(({ path, name }) => [path.join("/"), name]));
    // The first by bytes has the name; what has nothing left of it is known by a hash alone.
    expect(names).toEqual({
      "abc-123": "petri_obs_prog_abc123",
      "def-123": "petri_obs_prog_def123",
      "abc-123/A1": "petri_obs_prog_abc123_site_a1",
      "abc-123/a-1": `petri_obs_prog_abc123_site_a1_${hashShort('["abc-123","a-1"]')}`,
      "abc-123/a1": `petri_obs_prog_abc123_site_a1_${hashShort('["abc-123","a1"]')}`,
      "abc-123/---": "petri_obs_prog_abc123_site_cb3f91d5",
      "abc-123/!": `petri_obs_prog_abc123_site_${hashShort("!")}`,
    });
    const given = spec({
      partitionBy: [
        { list: "program_id", values: ["p", "q"] },
        { list: "site_id", values: ["one"], name: "{table}_{value}" },
        { range: "created_at" },
      ],
    }).window;
    expect(findNameProblems(listDesiredBranches(given, []))).toMatchObject([
      { code: "name-collision", message: expect.stringContaining('"p" / "one"') as string },
    ]);
  });

  test("an existing one keeps its name, whatever other values come and go, and its parts are named after it", () => {
    const { window } = spec();
    const read = (...values: string[]): SourceValues => [
      undefined,
      values.map((value) => ({ value, parent: "abc-123", active: true })),
    ];
    const site = "petri_obs_prog_abc123_site_its";
    const nameIn = (values: SourceValues, there: Readonly<Record<string, readonly string[]>>) => {
      const branches = Object.entries(there).map(([name, path]) => ({ path, partition: { name } }));
      const table = { branches } as unknown as ObservedTable;
      const found = [...flatten(listDesiredBranches(window, values, table))];
      return (value: string) => found.find(({ path }) => path.at(-1) === value)?.name;
    };
    const hashed = `${site}_${hashShort('["abc-123","it\'s"]')}`;
    // The name is of a branch whose value has gone.
    expect(nameIn(read("it's"), { [site]: ["abc-123", "its"] })("it's")).toBe(hashed);
    // The value has come back, and the other has its own name.
    const both = nameIn(read("its", "it's"), { [site]: ["abc-123", "its"], [hashed]: ["abc-123", "it's"] });
    expect([both("its"), both("it's")]).toEqual([site, hashed]);
    // By another hand.
    const adopted = nameIn(read("new"), { theirs: ["abc-123"] });
    expect([adopted("abc-123"), adopted("new")]).toEqual(["theirs", "theirs_site_new"]);
    // One that has ended and has nothing does not take a name from one in use.
    const ended: SourceValues = [
      undefined,
      [
        { value: "it's", parent: "abc-123", active: false },
        { value: "its", parent: "abc-123", active: true },
      ],
    ];
    expect(nameIn(ended, {})("its")).toBe(site);
  });

  test("whatever is read: every branch that can be created has a name of its own that fits, in any order of the rows", () => {
    const value = fc.oneof(
      fc.string({ unit: "grapheme", maxLength: 70 }),
      fc.constantFrom("its", "it's", "ITS", "i-t-s", "é", "e\u0301", "", " ", "a_site_b", "a_site", "b"),
    );
    const row = fc.record({ value, parent: fc.constantFrom("abc-123", "def-123", undefined), active: fc.boolean() });
    const rows = fc
      .array(row, { maxLength: 30 })
      .map((all) => all.filter(({ value: text }) => !text.includes("\0")))
      .map((all) => [...new Map(all.map((one) => [`${one.parent ?? ""}/${one.value}`, one])).values()])
      .map((all) =>
        all.filter(
          (one) => one.parent === undefined || !all.some((o) => o.value === one.value && o.parent === undefined),
        ),
      );
    for (const template of ["{base}_site_{value}", "{table}_{value}", "petri_obs_prog_{value}"])
      fc.assert(
        fc.property(rows, (read) => {
          const levels = spec({
            partitionBy: [
              { list: "program_id", values: ["abc-123", "def-123"], name: "petri_obs_prog_{value}" },
              { list: "site_id", values: { from: "sites", column: "site_id", parent: "program_id" }, name: template },
              { range: "created_at" },
            ],
          }).window;
          const branches = [...flatten(listDesiredBranches(levels, [undefined, read]))];
          expect(findNameProblems(listDesiredBranches(levels, [undefined, read]))).toEqual([]);
          const names = branches.filter(({ nameless }) => !nameless).map(({ name }) => name);
          expect(new Set([...names, levels.table]).size).toBe(names.length + 1);
          expect(names.every((name) => name !== "" && Buffer.byteLength(name) <= 63)).toBe(true);
          const turned = listDesiredBranches(levels, [undefined, [...read].reverse()]);
          expect(new Map([...flatten(turned)].map(({ path, name }) => [path.join("/"), name]))).toEqual(
            new Map(branches.map(({ path, name }) => [path.join("/"), name])),
          );
        }),
      );
  });

  test("has names of its own for all values, at most 63 bytes", () => {
    const value = fc.string({ minLength: 1, maxLength: 80 }).filter((text) => !text.includes("\0"));
    fc.assert(
      fc.property(fc.uniqueArray(value, { maxLength: 20 }), (values) => {
        const branches = listDesiredBranches(
          spec({
            partitionBy: [
              { list: "program_id", values: ["p"] },
              { list: "site_id", values: values.length > 0 ? values : ["one"], slug: false },
              { range: "created_at" },
            ],
          }).window,
          [],
        );
        const names = [...flatten(branches)].map(({ name }) => name);
        expect(findNameProblems(branches)).toEqual([]);
        expect(new Set(names).size).toBe(names.length);
        expect(Math.max(...names.map((name) => Buffer.byteLength(name)))).toBeLessThanOrEqual(63);
      }),
    );
  });
});
