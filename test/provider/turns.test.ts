import { expect, test } from "vitest";
import { Turns } from "../../provider/runtime/turns";

/** Work that ends when the test says so. */
function held() {
  let end = (): void => undefined;
  let fail = (_: Error): void => undefined;
  const ended = new Promise<string>((resolve, reject) => {
    end = () => resolve("done");
    fail = reject;
  });
  return { body: () => ended, end, fail };
}

test("one at a time works, in their order; the next goes on after one that failed, and one that is cancelled leaves the line", async () => {
  const turns = new Turns("work on");
  const [first, told] = [held(), [] as string[]];
  const log = { status: (text: string) => void told.push(text) };
  const begun: string[] = [];
  const take = (name: string, body: () => Promise<string>, signal = new AbortController().signal) =>
    turns.take(name, { signal, log }, () => {
      begun.push(name);
      return body();
    });
  const stop = new AbortController();
  const a = take("a", first.body);
  const b = take("b", () => Promise.resolve("b"), stop.signal);
  const c = take("c", () => Promise.resolve("c"));
  expect(begun).toEqual(["a"]);
  expect(told).toEqual(["work on b: waits for the work on a", "work on c: waits for the work on a"]);
  stop.abort();
  await expect(b).rejects.toThrow("work on b: waits for the work on a: cancelled");
  expect(begun).toEqual(["a"]);
  first.fail(new Error("it failed"));
  await expect(a).rejects.toThrow("it failed");
  expect(await c).toBe("c");
  expect(await take("d", () => Promise.resolve("d"))).toBe("d");
  expect(begun).toEqual(["a", "c", "d"]);
});
