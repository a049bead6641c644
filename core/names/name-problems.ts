import { countBytes, MAX_IDENTIFIER_BYTES } from "./identifier";
import { listPlaceholders } from "./template";
import type { Problem } from "../problems/problem";

/** Checks a name that the user wrote in full: it is used as written or refused, never cut. */
export function checkName(path: string, name: string, problems: Problem[]): void {
  checkText(path, name, problems);
  checkLength(path, name, problems);
}

/** Checks a template. Without placeholders it is a full name; with them, the result is fitted with a hash. */
export function checkTemplateText(path: string, template: string, problems: Problem[]): void {
  checkText(path, template, problems);
  if (listPlaceholders(template).length === 0) checkLength(path, template, problems);
}

/** Checks that a name filled into templates does not look like one of their placeholders. */
export function checkFilledName(path: string, name: string, problems: Problem[]): void {
  checkName(path, name, problems);
  const found = /\{(table|partition|index)\}/.exec(name);
  if (!found) return;
  problems.push({
    path,
    code: "invalid-name",
    message: `the name ${JSON.stringify(name)} contains ${found[0]}, which templates of names would fill in.`,
    fix: "Choose a name without it.",
  });
}

/** Refuses reserved schemas: `pg_temp` would create a table that ends with its session; the others belong to the server. */
export function checkSchemaName(path: string, name: string, problems: Problem[]): void {
  checkName(path, name, problems);
  if (!name.startsWith("pg_") && name !== "information_schema") return;
  problems.push({
    path,
    code: "invalid-name",
    message: `the schema ${JSON.stringify(name)} belongs to PostgreSQL.`,
    fix: "Use another schema; names that begin with pg_ are reserved.",
  });
}

function checkText(path: string, name: string, problems: Problem[]): void {
  const wrong = name.includes("\0")
    ? "a NUL character"
    : /\p{Surrogate}/u.test(name)
      ? "half of a character"
      : undefined;
  if (wrong === undefined) return;
  problems.push({
    path,
    code: "invalid-name",
    message: `the name ${JSON.stringify(name)} contains ${wrong}, which PostgreSQL cannot store.`,
    fix: "Remove it.",
  });
}

function checkLength(path: string, name: string, problems: Problem[]): void {
  const bytes = countBytes(name);
  if (bytes <= MAX_IDENTIFIER_BYTES) return;
  problems.push({
    path,
    code: "name-too-long",
    message: `the name ${JSON.stringify(name)} has ${bytes} bytes; PostgreSQL stores ${MAX_IDENTIFIER_BYTES} and would cut it silently.`,
    fix: "Choose a shorter name.",
  });
}
