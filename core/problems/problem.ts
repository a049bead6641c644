/**
 * One thing that is wrong with what the user declared. All problems of a value are reported together, each with the way
 * on, so that nobody mends one only to meet the next.
 */
export interface Problem {
  /** Where: a property path such as `window.retention` or `indexes["by_run"].columns[0]`. */
  readonly path: string;
  /** What kind: stable, so that tests and tools can rely on it. */
  readonly code: ProblemCode;
  /** What was found and what is allowed, with the value. */
  readonly message: string;
  /** What to do about it. */
  readonly fix: string;
}

export type ProblemCode =
  | "invalid-value"
  | "unknown-property"
  | "missing-property"
  | "plain-value-required"
  | "invalid-span"
  | "invalid-time"
  | "invalid-zone"
  | "invalid-name"
  | "name-too-long"
  | "name-collision"
  | "name-template"
  | "grid"
  | "levels"
  | "unknown-column"
  | "key-type"
  | "key-nullable"
  | "key-not-in-primary-key"
  | "key-not-in-unique"
  | "not-available-yet"
  | "window-too-large"
  | "declared-cut"
  | "expired-awaiting-confirmation"
  | "dropped-range-returns"
  | "table-mismatch"
  | "ownership"
  | "privileges"
  | "archive-store"
  | "conflict";

/** One line for people: `window.retention: "0 months" is … Use …` */
export function formatProblem(problem: Problem): string {
  return `${problem.path ? `${problem.path}: ` : ""}${problem.message} ${problem.fix}`.trim();
}

/** Takes one value that is not valid: path of the property, what is wrong, what to write instead. */
export type Report = (path: string, message: string, fix: string) => void;

/** Reads values with `read`, which reports what is not valid; throws with every problem at once. */
export function requireValid<T>(subject: string, read: (report: Report) => T): T {
  const problems: Problem[] = [];
  const value = read((path, message, fix) => problems.push({ path, code: "invalid-value", message, fix }));
  if (problems.length > 0) throw new InvalidSpecError(subject, problems);
  return value;
}

const INSPECT: unique symbol = Symbol.for("nodejs.util.inspect.custom");

/**
 * A message to the writer of the program. Pulumi hangs the promise that failed with it on the error and inspects the whole, with
 * every resource that the promise leads to: 35 s and 3.5 GB for one bucket, measured with 3.250. So an inspection shows the message.
 */
export class ProgramError extends Error {
  /** By this mark Pulumi prints the message alone, without a stack trace. */
  readonly __pulumiRunError = true;

  [INSPECT](): string {
    return this.message;
  }
}

/** Thrown where a caller cannot collect problems: the constructor of a component, a stack program. */
export class InvalidSpecError extends ProgramError {
  constructor(
    subject: string,
    readonly problems: readonly Problem[],
  ) {
    super(`${subject} is not valid:\n${problems.map((problem) => `  - ${formatProblem(problem)}`).join("\n")}`);
    this.name = "InvalidSpecError";
  }
}
