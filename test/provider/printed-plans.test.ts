// When the plan of a window is printed: with all others where the program asks for them, at once where it may not come to that.
import { expect, test } from "vitest";
import { planFromSpec } from "../../core/plan/spec-plan";
import { parseInstant } from "../../core/time/instant";
import type { ResourceLog } from "../../provider/runtime/call-context";
import { PrintedPlans } from "../../provider/runtime/printed-plans";
import { tableSpec } from "../core/support/specs";

const plan = planFromSpec(tableSpec(), parseInstant("2025-03-10", "UTC"), "nothing was asked");
const a = { schema: "public", table: "a" };
const b = { schema: "public", table: "b" };

function listen(): { readonly log: ResourceLog; readonly printed: string[] } {
  const printed: string[] = [];
  const quiet = (): void => undefined;
  const info = (text: string): void => void printed.push(text.split(":")[0] ?? "");
  return { log: { debug: quiet, info, warn: quiet, error: quiet, status: quiet, record: quiet }, printed };
}

test("a plan that its program asks for waits, and is printed once", () => {
  const { log, printed } = listen();
  const plans = new PrintedPlans();
  plans.awaitRequest(a);
  plans.print(log, a, plan);
  plans.print(log, b, plan);
  expect(printed).toEqual(["public.b"]);
  expect(plans.take([b, a]).map(({ table }) => table)).toEqual(["public.a"]);
  expect(plans.take([a])).toEqual([]);
  plans.print(log, a, plan);
  expect(printed).toEqual(["public.b", "public.a"]);
});

test("after an error what waits is printed, and everything later at once", () => {
  const { log, printed } = listen();
  const plans = new PrintedPlans();
  plans.awaitRequest(a);
  plans.awaitRequest(b);
  plans.print(log, a, plan);
  plans.release();
  plans.print(log, b, plan);
  expect(printed).toEqual(["public.a", "public.b"]);
  expect(plans.take([a, b])).toEqual([]);
});
