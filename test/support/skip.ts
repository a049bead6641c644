// A test that this machine cannot run: never without its reason in the output.

export interface Skipping {
  skip(reason?: string): never;
}

/** Ends the test as skipped, and prints why. */
export function skipBecause(context: Skipping, reason: string): never {
  console.log(`skipped: ${reason}`);
  return context.skip(reason);
}
