// Whether a statement of a copy looks for rows that are there already.
import { describe, expect, it } from "vitest";
import { PresentRows } from "../../conversion/present-rows";
import { failureOf } from "../postgres/support";
import { StatementError } from "../../postgres/connect/session-errors";

/** Copies as many times as the text has letters: `x` has a row that is there already. Returns how each one ran. */
async function copyAll(text: string): Promise<string> {
  const present = new PresentRows();
  let ran = "";
  for (const one of text)
    await present.copy((whenPresent) => {
      ran += whenPresent === "fail" ? "f" : "l";
      return one === "x" && whenPresent === "fail" ? Promise.reject(failed("23505")) : Promise.resolve();
    });
  return ran;
}

const failed = (code: string) => new StatementError("copying", undefined, { code });

describe("a copy", () => {
  it.each([
    ["looks for none where there is none", "......", "ffffff"],
    ["runs again with the look where one is, and looks once more", "x....", "fllfff"],
    ["looks twice as long after each failure that follows soon", "xxxxxxx", "fllflllfll"],
    ["looks half as long for each statement without one since", "xxx....x..", "fllflllfffllf"],
  ])("%s", async (_, rows, ran) => {
    expect(await copyAll(rows)).toBe(ran);
  });

  it("lets every other error pass", async () => {
    const failure = await failureOf(new PresentRows().copy(() => Promise.reject(failed("23514"))));
    expect(failure).toMatchObject({ sqlState: "23514" });
  });
});
