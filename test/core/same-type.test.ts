import { expect, test } from "vitest";
import { z } from "zod";
import { everyWord, checkSchemaType, wordsOf } from "../../core/same-type";

type Word = "begin" | "end";
interface Entry {
  readonly name: string;
  readonly tags?: readonly string[];
}

test("a schema of words has every word of its type and no other", () => {
  expect(wordsOf<Word>()("begin", "end").options).toEqual(["begin", "end"]);
  expect(everyWord<Word>()("end", "begin")).toEqual(["end", "begin"]);
  // @ts-expect-error "end" is missing
  wordsOf<Word>()("begin");
  // @ts-expect-error "middle" is no word of the type
  everyWord<Word>()("begin", "end", "middle");
});

test("a schema of a type has every key of it and no other, as optional as there", () => {
  const name = z.string();
  const tags = z.array(z.string()).optional();
  expect(checkSchemaType<Entry>()(z.object({ name, tags })).parse({ name: "a" })).toEqual({ name: "a" });
  // @ts-expect-error tags are missing
  checkSchemaType<Entry>()(z.object({ name }));
  // @ts-expect-error the type has no rows
  checkSchemaType<Entry>()(z.object({ name, tags, rows: z.int().optional() }));
  // @ts-expect-error tags may be left out
  checkSchemaType<Entry>()(z.object({ name, tags: z.array(z.string()) }));
});
