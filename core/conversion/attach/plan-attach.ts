import type { Statement } from "../../sql/statement";
import type { AttachSource } from "./attach-source";
import { prepareStatements } from "./prepare";
import { validateReferring } from "./repoint";
import { swapStatements } from "./swap";

/** Statements of a conversion, by phase. */
export interface ConversionPlan {
  /** Each a transaction of its own, without those that are done. */
  readonly prepare: readonly Statement[];
  /** One transaction. */
  readonly swap: readonly Statement[];
  /** After the swap: validation of foreign keys, which stops no writer. */
  readonly settle: readonly Statement[];
}

/** @param fingerprint query that describes the table and what is bound to it, and its answer when `source` was read */
export function planConversion(
  source: AttachSource,
  fingerprint: { readonly query: string; readonly answer: string },
): ConversionPlan {
  return {
    prepare: prepareStatements(source),
    swap: swapStatements(source, fingerprint),
    settle: validateReferring(source),
  };
}
