import type { Problem } from "../../problems/problem";
import type { Finding } from "./finding";

/** Arguments that topics of findings belong to; all others are about the table as it is. */
const ARGUMENTS: Readonly<Partial<Record<Finding["about"], string>>> = {
  "key-column": "partitionBy[0].range",
  "key-nulls": "partitionBy[0].range",
  "key-range": "convertFrom.historyUntil",
};

/** Returns a blocker as a problem of the argument that it belongs to. */
export function toProblem({ about, message, fix = "" }: Finding): Problem {
  return { path: ARGUMENTS[about] ?? "convertFrom", code: "conflict", message, fix };
}

/** Returns a finding as a note, with the way on. */
export function formatFinding({ message, fix }: Finding): string {
  return fix === undefined ? message : `${message} ${fix}`;
}
