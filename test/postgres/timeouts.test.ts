import { describe, expect, it } from "vitest";
import type { Statement } from "../../core/sql/statement";
import { getPatience, chooseTimeouts } from "../../postgres/execute/timeouts";
import { statement } from "./support";

const patience = {
  ...getPatience({ managementSchema: "m", applicationName: "t" }),
  lockTimeoutMs: 100,
  waitBudgetMs: 3_600_000,
};
const refs = ["s.a", "s.b"].map((relation) => ({ relation, role: "referenced" as const, mode: "SHARE" as const }));

describe("time-outs", () => {
  it.each<[what: string, change: Partial<Statement>, lock: number, timeout: number]>([
    ["an instant under a strong lock", { timeouts: "strong" }, 100, 10_000],
    ["two queues under a strong lock: held to the time of one wait", { timeouts: "strong", locks: refs }, 100, 100],
    [
      "a copy under a strong lock: a short queue, then as long as it takes",
      { timeouts: "strong", hold: "grows with rows" },
      100,
      3_600_000,
    ],
    ["what stops nobody", { timeouts: "waiting", hold: "grows with rows" }, 3_600_000, 3_600_000],
    ["what nobody waits for", { timeouts: "light" }, 5_000, 10_000],
  ])("%s", (_what, change, lock, timeout) => {
    const one = statement("select 1", change);
    expect(chooseTimeouts(one, one.timeouts, patience)).toEqual({ lock, statement: timeout });
  });
});
