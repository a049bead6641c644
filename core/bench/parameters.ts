import { tokenize } from "../sql/expression";

/** True if a statement has parameters, such as `$1`: then it is complete only with their values. */
export function hasParameters(sql: string): boolean {
  const tokens = tokenize(sql);
  return tokens.some(
    ({ kind, text }, at) => kind === "sign" && text === "$" && /^\d$/.test(tokens[at + 1]?.text ?? ""),
  );
}
