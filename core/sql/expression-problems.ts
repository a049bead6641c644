import type { Problem } from "../problems/problem";
import { explainUnsafeExpression, tokenize } from "./expression";

/** Checks a text that is written into a statement as one expression, and must not become more than that. */
export function checkExpression(path: string, text: string, problems: Problem[]): void {
  const wrong =
    explainUnsafeExpression(text) ?? (hasOpenComma(text) ? "it contains a comma outside of brackets" : undefined);
  if (wrong === undefined) return;
  problems.push({
    path,
    code: "invalid-value",
    message: `${JSON.stringify(text)} is not one SQL expression: ${wrong}.`,
    fix: "Write the expression alone, without its surroundings in CREATE TABLE.",
  });
}

/** True for a comma outside parentheses: `0, ADD COLUMN x int` would be two actions of one ALTER TABLE. */
function hasOpenComma(text: string): boolean {
  let depth = 0;
  return tokenize(text).some((token) => {
    if (token.kind !== "sign") return false;
    if (token.text === "(" || token.text === "[") depth += 1;
    if (token.text === ")" || token.text === "]") depth -= 1;
    return token.text === "," && depth === 0;
  });
}
