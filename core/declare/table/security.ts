import { z } from "zod";
import type { Problem } from "../../problems/problem";
import { everyWord } from "../../same-type";
import type { TableSpecArgs } from "./args";
import { beyondOneExpression } from "../../sql/expression";
import { checkName } from "../../names/name-problems";
import { DEFAULT_SCHEMA } from "../../defaults";
import type { PolicyArgs, Privilege } from "./security-args";
import { formatPath } from "../../problems/shape-problems";

export const PRIVILEGES = everyWord<Privilege>()(
  "select",
  "insert",
  "update",
  "delete",
  "truncate",
  "references",
  "trigger",
  "maintain",
);

const POLICY_COMMANDS = ["all", "select", "insert", "update", "delete"] as const;
type PolicyCommand = (typeof POLICY_COMMANDS)[number];

/** One policy with its defaults filled in, also the shape on the wire. */
export const policySpecSchema = z.object({
  name: z.string().min(1),
  command: z.enum(POLICY_COMMANDS),
  roles: z.array(z.string().min(1)).min(1),
  restrictive: z.boolean().optional(),
  using: z.string().optional(),
  withCheck: z.string().optional(),
});
export type PolicySpec = z.infer<typeof policySpecSchema>;

export const rowSecuritySpecSchema = z.object({
  enable: z.boolean(),
  force: z.boolean(),
  leafAccess: z.enum(["closed", "mirror"]),
  /** Undefined with `copyFrom`. */
  policies: z.array(policySpecSchema).optional(),
  copyFrom: z.object({ schema: z.string().min(1), table: z.string().min(1) }).optional(),
});
export type RowSecuritySpec = z.infer<typeof rowSecuritySpecSchema>;

export const grantSpecSchema = z.object({ role: z.string().min(1), privileges: z.array(z.enum(PRIVILEGES)).min(1) });
export type GrantSpec = z.infer<typeof grantSpecSchema>;

const name = z.string().min(1);

/** Shape that users write. */
export const rowSecuritySchema = z.strictObject({
  enable: z.boolean().optional(),
  force: z.boolean().optional(),
  policies: z
    .record(
      name,
      z.strictObject({
        command: z.enum(POLICY_COMMANDS).optional(),
        roles: z.array(name).min(1).optional(),
        using: z.string().min(1).optional(),
        withCheck: z.string().min(1).optional(),
        restrictive: z.boolean().optional(),
      }),
    )
    .optional(),
  copyFrom: name.optional(),
  leafAccess: z.enum(["closed", "mirror"]).optional(),
});
export const grantsSchema = z.record(name, z.array(z.enum(PRIVILEGES)).min(1));

/** Reads the declared row security. Undefined: not managed. */
export function parseRowSecurity(args: TableSpecArgs, problems: Problem[]): RowSecuritySpec | undefined {
  const declared = args.rowSecurity;
  if (!declared) return undefined;
  const { enable = true, force = false, leafAccess = "closed" } = declared;
  const head = { enable, force, leafAccess };
  if (declared.copyFrom !== undefined) {
    if (declared.policies !== undefined) problems.push(bothSources());
    const source = qualified(declared.copyFrom, args.schema ?? DEFAULT_SCHEMA);
    if (source.schema === (args.schema ?? DEFAULT_SCHEMA) && source.table === args.table) problems.push(ownPolicies());
    return { ...head, copyFrom: source };
  }
  const policies = Object.entries(declared.policies ?? {})
    .map(([policy, value]) => parsePolicy(policy, value, problems))
    .sort((a, b) => (a.name < b.name ? -1 : 1));
  return { ...head, policies };
}

/** Reads the declared grants, sorted by role and privilege. Undefined: not managed. */
export function parseGrants(args: TableSpecArgs, problems: Problem[]): readonly GrantSpec[] | undefined {
  if (!args.grants) return undefined;
  return Object.entries(args.grants)
    .map(([role, privileges]) => {
      checkRole(formatPath(["grants", role]), role, problems);
      return { role, privileges: PRIVILEGES.filter((privilege) => privileges.includes(privilege)) };
    })
    .sort((a, b) => (a.role < b.role ? -1 : 1));
}

function parsePolicy(policy: string, declared: PolicyArgs, problems: Problem[]): PolicySpec {
  const path = ["rowSecurity", "policies", policy];
  const command = declared.command ?? "all";
  checkName(formatPath(path), policy, problems);
  for (const [index, role] of (declared.roles ?? []).entries())
    checkRole(formatPath([...path, "roles", index]), role, problems);
  const wrong = clauseProblem(command, declared);
  if (wrong) problems.push({ path: formatPath([...path, wrong.clause]), code: "invalid-value", ...wrong.text });
  for (const clause of ["using", "withCheck"] as const)
    checkExpression(formatPath([...path, clause]), policy, declared[clause], problems);
  return {
    name: policy,
    command,
    roles: [...new Set(declared.roles ?? ["public"])].sort(),
    ...(declared.restrictive ? { restrictive: true } : {}),
    ...(declared.using === undefined ? {} : { using: declared.using }),
    ...(declared.withCheck === undefined ? {} : { withCheck: declared.withCheck }),
  };
}

/** Checks the clauses: PostgreSQL takes USING for reading and WITH CHECK for writing. */
function clauseProblem(
  command: PolicyCommand,
  declared: PolicyArgs,
): { clause: "using" | "withCheck"; text: Pick<Problem, "message" | "fix"> } | undefined {
  if (command === "insert" && declared.using !== undefined) {
    return {
      clause: "using",
      text: { message: "a policy for insert has no row to check before it is written.", fix: "Use withCheck." },
    };
  }
  if ((command === "select" || command === "delete") && declared.withCheck !== undefined) {
    return {
      clause: "withCheck",
      text: { message: `a policy for ${command} writes no row that could be checked.`, fix: "Use using." },
    };
  }
  if (declared.using === undefined && declared.withCheck === undefined) {
    return {
      clause: command === "insert" ? "withCheck" : "using",
      text: {
        message: "the policy has neither a condition for rows read nor one for rows written.",
        fix: 'Give it an expression; "true" means every row.',
      },
    };
  }
  return undefined;
}

function checkExpression(path: string, policy: string, text: string | undefined, problems: Problem[]): void {
  const reason = text === undefined ? undefined : beyondOneExpression(text);
  if (reason === undefined) return;
  problems.push({
    path,
    code: "invalid-value",
    message: `policy "${policy}" needs one SQL expression, and in ${JSON.stringify(text)} ${reason}.`,
    fix: "Write one condition, as between brackets.",
  });
}

/** Words that PostgreSQL replaces by the connected role: their meaning would differ from run to run. */
const MOVING_ROLES = ["current_user", "current_role", "session_user"];

function checkRole(path: string, role: string, problems: Problem[]): void {
  checkName(path, role, problems);
  if (!MOVING_ROLES.includes(role.toLowerCase())) return;
  problems.push({
    path,
    code: "invalid-name",
    message: `"${role}" is the role that runs the update, not a fixed one.`,
    fix: "Name the role itself.",
  });
}

function ownPolicies(): Problem {
  return {
    path: "rowSecurity.copyFrom",
    code: "invalid-value",
    message: "copyFrom names the table itself.",
    fix: "Name another table, or declare the policies.",
  };
}

function bothSources(): Problem {
  return {
    path: "rowSecurity.copyFrom",
    code: "invalid-value",
    message: "rowSecurity has both policies and copyFrom.",
    fix: "Remove one of them.",
  };
}

/** Reads `schema.table`, or a table of the same schema. */
function qualified(text: string, schema: string): { schema: string; table: string } {
  const dot = text.indexOf(".");
  return dot < 0 ? { schema, table: text } : { schema: text.slice(0, dot), table: text.slice(dot + 1) };
}
