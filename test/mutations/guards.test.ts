// Breaks each rule without which a conversion loses rows, and looks whether its test sees that.
import { describe, expect, inject, it } from "vitest";
import { countPlaces, runGuard } from "./mutant";
import { MUTATIONS } from "./mutations";

describe.each(MUTATIONS)("$rule, $breaks", (mutation) => {
  it("is broken in one place", () => {
    expect(countPlaces(mutation)).toBe(1);
  });

  it("and its test fails, by what it asserts", async () => {
    const server = inject("servers").at(-1);
    if (server === undefined) throw new Error("this run has no PostgreSQL server");
    const verdicts = await runGuard(mutation, server);
    const { title, says } = mutation.guard;
    expect(verdicts).toEqual([{ title, status: "failed", message: expect.stringMatching(says) as string }]);
  }, 300_000);
});
