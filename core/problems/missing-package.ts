import { ProgramError } from "./problem";

/** Packages that only some programs need, with the versions that work: the optional peers of package.json. */
export const OPTIONAL_PACKAGES = {
  "@aws-sdk/client-s3": "^3.1169.0",
  // Exactly this one: what it writes is the only copy of dropped rows.
  "@duckdb/node-api": "1.5.5-r.5",
  "@pulumi/aws": "^7.48.0",
  "@pulumi/policy": "^1.21.0",
  "@pulumi/postgresql": "^3.18.1",
} as const;

type OptionalPackage = keyof typeof OPTIONAL_PACKAGES;

/** Returns the error to throw if a package could not be loaded: says what needs it if it is not installed, else the given error. */
export function explainMissingPackage(error: unknown, name: OptionalPackage, user: string): unknown {
  const { code, message = "" } = error as { readonly code?: string; readonly message?: string };
  if (code !== "MODULE_NOT_FOUND" && code !== "ERR_MODULE_NOT_FOUND") return error;
  // A package that is installed may miss one of its own.
  if (!message.includes(`'${name}'`)) return error;
  return new ProgramError(
    `${user} needs the package ${name}, which is not installed. In the folder of the program run: npm install ${name}@${OPTIONAL_PACKAGES[name]}`,
  );
}
