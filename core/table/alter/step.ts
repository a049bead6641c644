import type { RegisteredExpression } from "../../observed/registration";
import type { Statement } from "../../sql/statement";
import type { OnViolation } from "./violation";

/**
 * Statements of one transaction, or a single statement. If killed after any step, the next update resumes from the resulting
 * state.
 */
export interface AlterStep {
  readonly statements: readonly Statement[];
  /** Action and error text if rows violate the constraint that this step validates. */
  readonly onViolation?: OnViolation;
  /** Set: the same transaction records how the server prints the declaration. */
  readonly records?: StepRecords;
}

export interface StepRecords {
  /** Checks whose old expression exists alongside the new one until that is validated. */
  readonly stillOld: readonly string[];
  /** Constraints that this step added and that are not validated yet: a later run may revert these. */
  readonly added?: readonly AddedConstraint[];
  /** `check known`: it existed before this program and is not as declared yet. It is not managed until it is. */
  readonly notYet?: readonly string[];
}

export interface AddedConstraint extends Pick<RegisteredExpression, "kind" | "name" | "declared"> {
  /** The tables; partitions below them follow automatically. */
  readonly on: readonly { readonly schema: string; readonly name: string }[];
}
