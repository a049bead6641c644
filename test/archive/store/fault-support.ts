// A store behind a proxy that breaks things, and what tests of faults ask of errors.
import { afterAll, afterEach, beforeAll, expect } from "vitest";
import { StoreError } from "../../../archive/store/store-errors";
import type { ObjectStore } from "../../../archive/store/store";
import { findInText } from "../../support/harness/canary";
import type { TestObjectStore } from "../../support/harness/object-store";
import {
  type Asked,
  type Fault,
  type FaultyStore,
  type Operation,
  startFaultyStore,
} from "../../support/harness/s3-faults";
import { QUICK } from "./limits";
import { withStores } from "./support";

interface Faulty {
  readonly proxy: () => FaultyStore;
  /** Two stores of one place: through the proxy, and past it. */
  readonly pair: (limits?: typeof QUICK) => { readonly store: ObjectStore; readonly direct: ObjectStore };
  /** How often an operation was asked for since the last rule. */
  readonly times: (operation: Operation) => number;
}

export function withFaults(s3: TestObjectStore): Faulty {
  const open = withStores();
  let faulty: FaultyStore | undefined;
  beforeAll(async () => {
    if (s3.endpoint !== undefined) faulty = await startFaultyStore(s3.endpoint);
  });
  afterEach(() => faulty?.rule(() => undefined));
  afterAll(() => faulty?.close());
  const proxy = (): FaultyStore => {
    if (!faulty) throw new Error("the proxy exists only where there is a store");
    return faulty;
  };
  return {
    proxy,
    pair: (limits = QUICK) => {
      const settings = s3.settings();
      return { store: open({ ...settings, endpoint: proxy().endpoint }, limits), direct: open(settings) };
    },
    times: (operation) => proxy().asked.filter((one) => one.operation === operation).length,
  };
}

export const once =
  (operation: Operation, fault: Fault, nth = 1) =>
  (asked: Asked): Fault | undefined =>
    asked.operation === operation && asked.nth === nth ? fault : undefined;

export const always =
  (operation: Operation, fault: Fault) =>
  (asked: Asked): Fault | undefined =>
    asked.operation === operation ? fault : undefined;

export const answer = (status: number, code: string, xml = ""): Fault => ({ kind: "answer", status, code, xml });

export async function failure(promise: Promise<unknown>): Promise<StoreError> {
  const error = await promise.then(
    () => new Error("it did not fail"),
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(StoreError);
  return error as StoreError;
}

/** In what a log could print of an error: its text, its stack, its fields. */
export function leaks(error: Error, secrets: readonly string[]): string[] {
  const text = `${error.message}\n${error.stack ?? ""}\n${JSON.stringify(error, Object.getOwnPropertyNames(error))}`;
  return secrets.flatMap((secret) => findInText("error", text, secret));
}
