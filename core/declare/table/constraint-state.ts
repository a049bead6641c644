import type { Deferrable } from "./constraints";
import type { ConstraintReach } from "./constraints";

/** What the text of a constraint says besides what it demands. */
interface ConstraintState {
  /** It holds for new rows; those that were there have not been read for it. */
  readonly notValid: boolean;
  /** The server does not check it: from PostgreSQL 18 on. */
  readonly notEnforced: boolean;
  readonly deferrable: Deferrable | undefined;
}

const STATE = /(?: NO INHERIT)?( DEFERRABLE)?( INITIALLY DEFERRED)?( NOT VALID)?( NOT ENFORCED)?$/;

/** Reads what pg_get_constraintdef prints last. */
export function stateOf({ definition }: { readonly definition: string }): ConstraintState {
  const [, deferrable, deferred, notValid, notEnforced] = STATE.exec(definition) ?? [];
  return {
    notValid: notValid !== undefined,
    notEnforced: notEnforced !== undefined,
    deferrable:
      deferrable === undefined ? undefined : deferred === undefined ? "initially immediate" : "initially deferred",
  };
}

/** For which rows it holds, as it is declared: nothing where that is all of them. */
export function reachOf(found: { readonly definition: string }): ConstraintReach {
  const { notEnforced, notValid } = stateOf(found);
  if (notEnforced) return { enforced: false };
  return notValid ? { validate: false } : {};
}

/** The definition without its state: `CHECK ((n > 0))`. */
export function withoutState(definition: string): string {
  return definition.replace(STATE, "");
}
