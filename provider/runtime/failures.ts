import type { PropertyMap, PropertyPath } from "./values";

/**
 * Failure that changed nothing, with its reason: a guard, a lock not acquired in time, a wrong database. Any other Error makes
 * the engine call the stack possibly corrupt ("maybeCorrupt" of its summary), because it cannot know what was done.
 */
export class Refusal extends Error {
  override readonly name = "Refusal";
}

/**
 * Failure after part of the work, which is retained. The engine saves the resource as partial and shows the reasons in red;
 * the next `up` calls Update even without a diff. After a failed Update the engine keeps the old inputs with these outputs.
 */
export class PartialFailure extends Error {
  override readonly name = "PartialFailure";

  constructor(readonly state: PartialState) {
    super(state.reasons.join("; "), state.cause === undefined ? {} : { cause: state.cause });
  }
}

interface PartialState {
  readonly id: string;
  readonly outputs: PropertyMap;
  /** Steps that were not done, one sentence each. The engine prints these and nothing else, not the message. */
  readonly reasons: readonly string[];
  /** The inputs as they are now. The engine reads them from a failed Read only. */
  readonly inputs?: PropertyMap;
  /** Secret outputs in addition to those that were secret in the inputs. */
  readonly secrets?: readonly PropertyPath[];
  /** Requests a Read before the next Update. */
  readonly refreshBeforeUpdate?: boolean;
  readonly cause?: unknown;
}

/** Partial failure from the part of a resource that does the work: id, inputs and database are added to it. */
export class Unfinished extends Error {
  override readonly name = "Unfinished";

  constructor(
    readonly facts: PropertyMap,
    readonly reasons: readonly string[],
  ) {
    super(reasons.join("; "));
  }
}

/** Required configuration that is missing; the engine prints the command that sets each key. */
export class MissingConfig extends Error {
  override readonly name = "MissingConfig";

  constructor(readonly keys: readonly { readonly name: string; readonly description: string }[]) {
    super(`missing configuration: ${keys.map((key) => key.name).join(", ")}`);
  }
}

/** Reason why a call has to stop: the reason of its AbortSignal. */
export class CallStopped extends Error {
  override readonly name = "CallStopped";

  constructor(
    readonly kind: "cancelled" | "timeout",
    message: string,
  ) {
    super(message);
  }
}

/** Call that continued after it was stopped, and was answered without its end being known. */
export class Abandoned extends Error {
  override readonly name = "Abandoned";
}
