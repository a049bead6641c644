import type { Statement } from "../statements/statement";

/** Statements of one transaction, or one alone. Killed after any step, the next update goes on from what is there. */
export interface AlterStep {
  readonly statements: readonly Statement[];
  /** What is run when the rows do not satisfy the constraint that this step reads them for: the table is then as before. */
  readonly takeBack?: readonly Statement[];
  /**
   * Set: the same transaction records how the server prints what is declared. Named are the checks whose old expression
   * stands beside the new one until that is validated.
   */
  readonly records?: { readonly stillOld: readonly string[] };
}
