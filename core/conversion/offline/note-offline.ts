import { describeOfflineDuration } from "../analyze/strategies";

/** Says what the sessions that use the table notice of an offline conversion. */
export function noteOffline(
  { schema, name }: { readonly schema: string; readonly name: string },
  scanSeconds: number | undefined,
): string[] {
  return [
    `writers of ${schema}.${name} wait from the first lock to the COMMIT, ${describeOfflineDuration(scanSeconds)}; readers go on, and wait only for the swap at its end`,
    `a transaction at REPEATABLE READ or SERIALIZABLE that has its snapshot before the COMMIT, and first reads ${schema}.${name} after it, sees no row and no error: let none run meanwhile`,
  ];
}
