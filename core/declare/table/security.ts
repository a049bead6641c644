import { z } from "zod";
import { DEFAULT_SCHEMA } from "../../defaults";
import { checkName } from "../../names/name-problems";
import type { Problem } from "../../problems/problem";
import { formatPath } from "../../problems/shape-problems";
import { everyWord } from "../../same-type";
import { explainUnsafeExpression } from "../../sql/expression";
import { type ItemPlace, parseItem, pathAt } from "../option/item";
import { type Around, flag, type OptionsOf, sentAs, collectShapes, withDefault, collectWires } from "../option/option";
import { nameShape as name, nameType } from "../option/shapes";
import type { ProfilePlace } from "./profile-place";

/** Privileges on a table. `maintain` exists in PostgreSQL 17 and later. */
export type Privilege = "select" | "insert" | "update" | "delete" | "truncate" | "references" | "trigger" | "maintain";

/** Row-level security of a table and of its partitions, to which PostgreSQL does not pass it on. */
export interface RowSecurityArgs {
  /** True to enable row-level security. Switching it takes ACCESS EXCLUSIVE on the table for an instant. @default true */
  readonly enable?: boolean;
  /**
   * True to apply it to the owner of the table as well. The owner's own exports then see only what policies allow. @default false
   */
  readonly force?: boolean;
  /** The complete list of policies by name: an undeclared one is dropped, and preview shows it. Not together with `copyFrom`. */
  readonly policies?: Readonly<Record<string, PolicyArgs>>;
  /** Copies the policies of another table, `schema.table` or `table` in the same schema, and follows their changes. */
  readonly copyFrom?: string;
  /**
   * Access of a role that names a partition instead of the table. `closed`: none; row security is on without a policy, and only
   * the owner has privileges. `mirror`: the same as through the table; policies and grants are copied.
   *
   * @default "closed"
   */
  readonly partitionAccess?: "closed" | "mirror";
}

/** One row-level security policy, as CREATE POLICY takes it. */
export interface PolicyArgs {
  /** Command that the policy is for. @default "all" */
  readonly command?: "all" | "select" | "insert" | "update" | "delete";
  /** Roles that it is for. @default ["public"] */
  readonly roles?: readonly string[];
  /**
   * Rows that may be seen, changed or deleted: one SQL expression. @example "company_id = current_setting('app.company')::uuid"
   */
  readonly using?: string;
  /** Rows that may be written: one SQL expression. @default that of `using` */
  readonly withCheck?: string;
  /** True to restrict what the permissive policies allow. @default false */
  readonly restrictive?: boolean;
}

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

const COMMANDS = ["all", "select", "insert", "update", "delete"] as const;
type PolicyCommand = (typeof COMMANDS)[number];

/** Place of the options of a policy. */
interface PolicyPlace extends ItemPlace {
  readonly policy: string;
}

const POLICY = {
  command: withDefault(nameType("PolicyCommand", z.enum(COMMANDS)), "all"),
  roles: sentAs(z.array(name).min(1).optional(), parseRoles, z.array(name).min(1)),
  using: sentAs(name.optional(), clause("using"), z.string().optional()),
  withCheck: sentAs(name.optional(), clause("withCheck"), z.string().optional()),
  restrictive: flag(),
} satisfies OptionsOf<PolicyArgs, PolicyPlace>;

/** One policy with its defaults filled in, also the shape on the wire. */
export const policySpecSchema = nameType("Policy", z.object({ name, ...collectWires(POLICY) }));
export type PolicySpec = z.infer<typeof policySpecSchema>;

const ROW_SECURITY = {
  enable: withDefault(z.boolean(), true),
  force: withDefault(z.boolean(), false),
  /** Undefined with `copyFrom`. */
  policies: sentAs(
    z.record(name, z.strictObject(collectShapes(POLICY))).optional(),
    parsePolicies,
    z.array(policySpecSchema).optional(),
  ),
  copyFrom: sentAs(
    name.optional(),
    parseSource,
    nameType("TableName", z.object({ schema: name, table: name })).optional(),
  ),
  partitionAccess: withDefault(nameType("PartitionAccess", z.enum(["closed", "mirror"])), "closed"),
} satisfies OptionsOf<RowSecurityArgs, ProfilePlace>;

export const rowSecuritySpecSchema = nameType("RowSecurity", z.object(collectWires(ROW_SECURITY)));
export type RowSecuritySpec = z.infer<typeof rowSecuritySpecSchema>;

export const grantSpecSchema = nameType(
  "Grant",
  z.object({ role: name, privileges: z.array(nameType("Privilege", z.enum(PRIVILEGES))).min(1) }),
);
export type GrantSpec = z.infer<typeof grantSpecSchema>;

/** Undefined: not managed. */
export const rowSecurity = sentAs(
  z.strictObject(collectShapes(ROW_SECURITY)).optional(),
  (declared: RowSecurityArgs | undefined, { args: _args, problems, ...place }: Around<unknown, ProfilePlace>) =>
    declared && parseItem(ROW_SECURITY, declared, place, problems),
  rowSecuritySpecSchema.optional(),
);

/** Sorted by role and privilege. Undefined: not managed. */
export const grants = sentAs(
  z.record(name, z.array(z.enum(PRIVILEGES)).min(1)).optional(),
  (declared: Readonly<Record<string, readonly Privilege[]>> | undefined, { problems }: Around<unknown, unknown>) =>
    declared &&
    Object.entries(declared)
      .map(([role, privileges]) => {
        checkRole(formatPath(["grants", role]), role, problems);
        return { role, privileges: PRIVILEGES.filter((privilege) => privileges.includes(privilege)) };
      })
      .sort((a, b) => (a.role < b.role ? -1 : 1)),
  z.array(grantSpecSchema).optional(),
);

function parsePolicies(
  declared: RowSecurityArgs["policies"],
  { args, problems }: Around<RowSecurityArgs, ProfilePlace>,
): PolicySpec[] | undefined {
  if (args.copyFrom !== undefined) {
    if (declared !== undefined) problems.push(refuseBothSources());
    return undefined;
  }
  return Object.entries(declared ?? {})
    .map(([policy, value]) => {
      const place = { path: ["rowSecurity", "policies", policy], policy };
      checkName(pathAt(place), policy, problems);
      return { name: policy, ...parseItem(POLICY, value, place, problems) };
    })
    .sort((a, b) => (a.name < b.name ? -1 : 1));
}

/** Reads `schema.table`, or a table of the same schema. */
function parseSource(
  declared: string | undefined,
  { table, problems }: Around<unknown, ProfilePlace>,
): { schema: string; table: string } | undefined {
  if (declared === undefined) return undefined;
  const own = table.schema ?? DEFAULT_SCHEMA;
  const dot = declared.indexOf(".");
  const source =
    dot < 0 ? { schema: own, table: declared } : { schema: declared.slice(0, dot), table: declared.slice(dot + 1) };
  if (source.schema === own && source.table === table.table) problems.push(refuseOwnPolicies());
  return source;
}

function parseRoles(
  declared: readonly string[] | undefined,
  { problems, ...place }: Around<unknown, PolicyPlace>,
): string[] {
  for (const [index, role] of (declared ?? []).entries()) checkRole(pathAt(place, "roles", index), role, problems);
  return [...new Set(declared ?? ["public"])].sort();
}

/** Creates the reading of one clause; what is wrong with both together is a problem of one of them. */
function clause(name: "using" | "withCheck") {
  return (
    text: string | undefined,
    { args, policy, problems, ...place }: Around<PolicyArgs, PolicyPlace>,
  ): string | undefined => {
    const wrong = findClauseProblem(args.command ?? "all", args);
    if (wrong?.clause === name) problems.push({ path: pathAt(place, name), code: "invalid-value", ...wrong.text });
    checkPolicyExpression(pathAt(place, name), policy, text, problems);
    return text;
  };
}

/** Checks the clauses: PostgreSQL takes USING for reading and WITH CHECK for writing. */
function findClauseProblem(
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

function checkPolicyExpression(path: string, policy: string, text: string | undefined, problems: Problem[]): void {
  const reason = text === undefined ? undefined : explainUnsafeExpression(text);
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

function refuseOwnPolicies(): Problem {
  return {
    path: "rowSecurity.copyFrom",
    code: "invalid-value",
    message: "copyFrom names the table itself.",
    fix: "Name another table, or declare the policies.",
  };
}

function refuseBothSources(): Problem {
  return {
    path: "rowSecurity.copyFrom",
    code: "invalid-value",
    message: "rowSecurity has both policies and copyFrom.",
    fix: "Remove one of them.",
  };
}
