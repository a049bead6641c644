import { formatProblem } from "../../core/problems/problem";
import type { CopyReading } from "./copy-reading";

/** Returns the error of a run whose table cannot be copied any more, with every reason and its way on. */
export function refuseAltered(subject: string, reading: CopyReading): Error {
  const problems = reading.kind === "refused" ? reading.problems.map((one) => formatProblem({ ...one, path: "" })) : [];
  const what = `${subject}: the table was altered meanwhile, and cannot be copied as it is now`;
  return new Error([what, ...problems].join("\n"));
}
