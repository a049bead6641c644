import { describe, expect, test } from "vitest";
import { z } from "zod";
import type { Matching } from "../../../core/declare/option/matching";
import {
  defineAsWritten,
  type Around,
  type OptionsOf,
  parseOptions,
  sentAs,
} from "../../../core/declare/option/option";
import { WINDOW_OPTIONS } from "../../../core/declare/table/options";
import { WINDOW } from "../../../core/declare/window/window";
import { getDocstring } from "../../../core/declare/option/docstring";

interface Topic {
  readonly one?: string;
  readonly two: "a" | "b";
}

const one = defineAsWritten(z.string().optional());
const two = defineAsWritten(z.enum(["a", "b"]));

/** These fail where it compiles: the type check of the whole repository sees them. */
describe("the compiler", () => {
  test("holds the list of a topic and its interface together", () => {
    const whole = { one, two } satisfies OptionsOf<Topic>;
    expect(Object.keys(whole)).toEqual(["one", "two"]);
    // @ts-expect-error: `two` is documented, and not in the list
    const missing = { one } satisfies OptionsOf<Topic>;
    // @ts-expect-error: `three` is in the list, and not documented
    const more = { one, two, three: one } satisfies OptionsOf<Topic>;
    // @ts-expect-error: `b` is documented, and cannot be read
    const narrower = { one, two: defineAsWritten(z.enum(["a"])) } satisfies OptionsOf<Topic>;
    expect([missing, more, narrower]).toHaveLength(3);
  });

  test("gives an option what its place has, and no other place", () => {
    const read = (two: string, { at }: Around<Topic, { readonly at: string }>): string => `${at} ${two}`;
    const placed = { one, two: sentAs(z.enum(["a", "b"]), read, z.string()) } satisfies OptionsOf<
      Topic,
      { at: string }
    >;
    // @ts-expect-error: the options of a table are read at another place
    const misplaced = placed satisfies OptionsOf<Topic>;
    const topic: Topic = { two: "a" };
    expect(parseOptions(placed, topic, { at: "here" }, []).two).toBe("here a");
    // @ts-expect-error: `at` is missing
    expect(parseOptions(misplaced, topic, {}, []).two).toBe("undefined a");
  });

  test("names the keys at which a shape and its interface part", () => {
    const alike: Matching<Topic, { one?: string | undefined; two: "a" | "b" }> = true;
    const wider: Matching<Topic, { one?: string; two: "a" | "b" | "c" }> = "two";
    const narrower: Matching<Topic, { one?: string; two: "a" }> = "two";
    const missing: Matching<Topic, { two: "a" | "b" }> = "one";
    const more: Matching<Topic, Topic & { three: string }> = "three";
    const required: Matching<Topic, { one: string; two: "a" | "b" }> = "one";
    const below: Matching<{ readonly list: readonly Topic[] }, { list: { two: "a" }[] }> = "list";
    const optionalBelow: Matching<{ one: { a: 1; b?: 2 } }, { one: { a: 1 } }> = "one";
    expect([alike, wider, narrower, missing, more, required, below, optionalBelow]).toHaveLength(8);
  });
});

test.each([
  ...Object.keys(WINDOW).map((name) => ["WindowArgs", name] as const),
  ...Object.keys(WINDOW_OPTIONS).map((name) => ["TableSpecArgs", name] as const),
])("the docstring of %s.%s exists for the package schema and the stack configuration", (owner, name) => {
  expect(getDocstring(owner, name)).toMatch(/\w/);
});
