import type { Deferrable } from "./constraints";
import type { ConstraintReach } from "./constraints";

/** State that the text of a constraint has in addition to its condition. */
interface ConstraintState {
  /** True if it holds for new rows only; existing rows have not been checked. */
  readonly notValid: boolean;
  /** True if the server does not check it: PostgreSQL 18 and later. */
  readonly notEnforced: boolean;
  readonly deferrable: Deferrable | undefined;
}

const STATE = /(?: NO INHERIT)?( DEFERRABLE)?( INITIALLY DEFERRED)?( NOT VALID)?( NOT ENFORCED)?$/;

/** Reads the end of what pg_get_constraintdef prints. */
export function parseConstraintState({ definition }: { readonly definition: string }): ConstraintState {
  const [, deferrable, deferred, notValid, notEnforced] = STATE.exec(definition) ?? [];
  return {
    notValid: notValid !== undefined,
    notEnforced: notEnforced !== undefined,
    deferrable:
      deferrable === undefined ? undefined : deferred === undefined ? "initially immediate" : "initially deferred",
  };
}

/** Returns the rows that it holds for, as declared: empty if all of them. */
export function getReach(found: { readonly definition: string }): ConstraintReach {
  const { notEnforced, notValid } = parseConstraintState(found);
  if (notEnforced) return { enforced: false };
  return notValid ? { validate: false } : {};
}

/** Returns the definition without its state: `CHECK ((n > 0))`. */
export function removeState(definition: string): string {
  return definition.replace(STATE, "");
}
