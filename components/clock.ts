import * as pulumi from "@pulumi/pulumi";
import { formatProblem, type Problem, ProgramError } from "../core/problems/problem";
import { parseDeclaredTime, refuseTime } from "../core/declare/option/time-text";
import { formatInstant, type Instant } from "../core/time/instant";

/** The moment for which a whole program plans. */
export interface ProgramClock {
  /** ISO 8601. */
  readonly asOf: string;
  /** True if the moment was configured, false if it was read from the process clock. */
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

const CONFIGURED = "pgpartition:asOf";

/** Parses the moment that a program sets itself. */
export function parseClock(asOf: string): Instant {
  return requireTime("asOf", asOf);
}

function requireTime(path: string, text: unknown): Instant {
  const problems: Problem[] = [];
  const time =
    typeof text === "string"
      ? parseDeclaredTime(path, text, "UTC", problems)
      : problems.push(refuseTime(path, String(JSON.stringify(text)))) && undefined;
  if (time) return time;
  throw new ProgramError(problems.map(formatProblem).join("\n"));
}

function readClock(): ProgramClock {
  const configured = new pulumi.Config("pgpartition").get("asOf");
  if (configured !== undefined) return { asOf: formatInstant(requireTime(CONFIGURED, configured)), configured: true };
  // eslint-disable-next-line no-restricted-syntax -- the one place where a program reads the clock
  return { asOf: new Date().toISOString(), configured: false };
}
