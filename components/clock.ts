import * as pulumi from "@pulumi/pulumi";
import { formatInstant, parseInstant } from "../core/time/instant";

/** The moment that a whole program plans for. */
export interface ProgramClock {
  /** ISO 8601. */
  readonly asOf: string;
  /** Whether it was configured, and not read from the process clock. */
  readonly configured: boolean;
}

let once: ProgramClock | undefined;

/**
 * Reads the clock once for each program, so that all its tables plan for the same moment: `pgpartition:asOf` from the
 * stack configuration, else the process clock in UTC.
 */
export function programClock(): ProgramClock {
  once ??= readClock();
  return once;
}

function readClock(): ProgramClock {
  const configured = new pulumi.Config("pgpartition").get("asOf");
  if (configured !== undefined) return { asOf: formatInstant(parseInstant(configured, "UTC")), configured: true };
  // eslint-disable-next-line no-restricted-syntax -- the one place where a program reads the clock
  return { asOf: new Date().toISOString(), configured: false };
}
