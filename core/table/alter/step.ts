import type { RegisteredExpression } from "../../observed/registration";
import type { Statement } from "../../sql/statement";
import type { OnViolation } from "./violation";

/** Statements of one transaction, or one alone. Killed after any step, the next update goes on from what is there. */
export interface AlterStep {
  readonly statements: readonly Statement[];
  /** What is done, and said, when the rows do not satisfy the constraint that this step reads them for. */
  readonly onViolation?: OnViolation;
  /** Set: the same transaction records how the server prints what is declared. */
  readonly records?: StepRecords;
}

export interface StepRecords {
  /** Checks whose old expression stands beside the new one until that is validated. */
  readonly stillOld: readonly string[];
  /** Constraints that this step has added and whose rows are not read yet: a later run knows by it what it may take back. */
  readonly added?: readonly AddedConstraint[];
  /** `check known`: what stood there before this program, and is not as declared yet. It is not ours before it is. */
  readonly notYet?: readonly string[];
}

export interface AddedConstraint extends Pick<RegisteredExpression, "kind" | "name" | "declared"> {
  /** Where; the partitions below follow by themselves. */
  readonly on: readonly { readonly schema: string; readonly name: string }[];
}
