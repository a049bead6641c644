import { quote, quoteLiteral, type Quoted } from "../../names/identifier";
import type { ObservedGrant } from "../../observed/observed-grant";
import type { CarriedState, ObservedPolicy } from "../../observed/observed-table";
import { type GrantSpec, type PolicySpec, type Privilege, PRIVILEGES } from "../../declare/table/security";
import type { Statement } from "../../sql/statement";
import { quoteRelation, buildRelationStatement, type Relation } from "../../sql/relation";

/** Switches row security, if it differs. */
export function buildRowSecurityStatements(
  relation: Relation,
  transaction: string,
  wanted: CarriedState["rowSecurity"],
  found: CarriedState["rowSecurity"],
): Statement[] {
  const alter = (action: string, undo: string) =>
    buildRelationStatement(
      relation,
      transaction,
      `ALTER TABLE ${quoteRelation(relation)} ${action} ROW LEVEL SECURITY`,
      {
        mode: "ACCESS EXCLUSIVE",
        hazard: "AUTHZ",
        undo: `ALTER TABLE ${quoteRelation(relation)} ${undo} ROW LEVEL SECURITY`,
      },
    );
  return [
    ...(wanted.enabled && !found.enabled ? [alter("ENABLE", "DISABLE")] : []),
    ...(wanted.forced && !found.forced ? [alter("FORCE", "NO FORCE")] : []),
    ...(!wanted.forced && found.forced ? [alter("NO FORCE", "FORCE")] : []),
    ...(!wanted.enabled && found.enabled ? [alter("DISABLE", "ENABLE")] : []),
  ];
}

/** A wanted policy, and whether the existing one is equal. */
export interface WantedPolicy {
  readonly spec: PolicySpec;
  readonly same: (found: ObservedPolicy) => boolean;
}

/**
 * Aligns the policies of one relation: different ones are dropped and created again in one transaction, so that no session sees
 * another set. ALTER POLICY could change neither command nor kind.
 */
export function buildPolicyStatements(
  relation: Relation,
  transaction: string,
  wanted: readonly WantedPolicy[],
  found: readonly ObservedPolicy[],
): Statement[] {
  const stale = found.filter(
    (policy) => !wanted.some((candidate) => candidate.spec.name === policy.name && candidate.same(policy)),
  );
  const missing = wanted.filter(
    (candidate) => !found.some((policy) => policy.name === candidate.spec.name && candidate.same(policy)),
  );
  return [
    ...stale.map((policy) =>
      buildRelationStatement(relation, transaction, `DROP POLICY ${quote(policy.name)} ON ${quoteRelation(relation)}`, {
        mode: "ACCESS EXCLUSIVE",
        hazard: "AUTHZ",
        undo: createPolicyText(relation, toPolicySpec(policy)),
      }),
    ),
    ...missing.map(({ spec }) =>
      buildRelationStatement(relation, transaction, createPolicyText(relation, spec), {
        mode: "ACCESS EXCLUSIVE",
        hazard: "AUTHZ",
        undo: `DROP POLICY ${quote(spec.name)} ON ${quoteRelation(relation)}`,
      }),
    ),
  ];
}

/** One GRANT or REVOKE, without the relation. */
interface GrantChange {
  /** `revoke select, update from "app"`, for people. */
  readonly words: string;
  readonly sql: (relation: Pick<Relation, "schema" | "name">) => string;
  readonly undo: (relation: Pick<Relation, "schema" | "name">) => string;
}

/**
 * Returns the changes to the wanted privileges. The grant option is never wanted: privileges granted by it are beyond a plain
 * REVOKE, and are revoked with it.
 */
export function planGrantChanges(wanted: readonly GrantSpec[], found: readonly ObservedGrant[]): GrantChange[] {
  const roles = [...new Set([...found, ...wanted].map((grant) => grant.role))].sort();
  const passedOn = found.filter(({ grantable = [] }) => grantable.length > 0);
  return [
    ...passedOn.map(({ role, grantable = [] }) =>
      change(["REVOKE GRANT OPTION FOR", "FROM", "CASCADE"], ["GRANT", "TO", "WITH GRANT OPTION"], role, grantable),
    ),
    ...roles.flatMap((role) => {
      const { privileges: has = [], others = [] } = found.find((grant) => grant.role === role) ?? {};
      const wants: readonly Privilege[] = wanted.find((grant) => grant.role === role)?.privileges ?? [];
      const surplus = [...has, ...others].filter((privilege) => !wants.includes(privilege));
      const lacking = wants.filter((privilege) => !has.includes(privilege));
      return [
        ...(surplus.length > 0 ? [change(["REVOKE", "FROM"], ["GRANT", "TO"], role, surplus)] : []),
        ...(lacking.length > 0 ? [change(["GRANT", "TO"], ["REVOKE", "FROM"], role, lacking)] : []),
      ];
    }),
  ];
}

type GrantWords = readonly [verb: string, direction: string, ending?: string];

function change(forth: GrantWords, back: GrantWords, role: string, privileges: readonly string[]): GrantChange {
  const list = sortPrivileges(privileges).join(", ").toUpperCase();
  const formatGrant = ([verb, direction, ending]: GrantWords, on: string) =>
    `${verb} ${list} ${on}${direction} ${quoteRole(role)}${ending === undefined ? "" : ` ${ending}`}`;
  return {
    words: `${forth[0]} ${list} ${forth[1]}`.toLowerCase() + ` ${quoteRole(role)}`,
    sql: (relation) => formatGrant(forth, `ON ${quoteRelation(relation)} `),
    undo: (relation) => formatGrant(back, `ON ${quoteRelation(relation)} `),
  };
}

/** First version whose GRANT and REVOKE lock the table, so that they wait for a session that has it alone. */
const GRANT_LOCKS = 18;

/** Aligns the privileges on one relation. */
export function buildGrantStatements(
  relation: Relation,
  transaction: string,
  wanted: readonly GrantSpec[],
  found: readonly ObservedGrant[],
): Statement[] {
  return planGrantChanges(wanted, found).map(({ sql, undo }) =>
    buildRelationStatement(relation, transaction, sql(relation), {
      ...((relation.serverVersion ?? 0) >= GRANT_LOCKS ? { mode: "ACCESS SHARE" } : {}),
      hazard: "AUTHZ",
      undo: undo(relation),
    }),
  );
}

/** Roles that default privileges give rights on a new table; `whoever`: unknown until it is created. */
export type DefaultGrantees = readonly string[] | "whoever";

/** Revokes privileges that defaults may have given on a new table, then grants the wanted ones. */
export function buildFreshGrantStatements(
  relation: Relation,
  transaction: string,
  wanted: readonly GrantSpec[],
  defaultGrantees: DefaultGrantees,
): Statement[] {
  const revoke = revokeText(relation, defaultGrantees);
  return [
    ...(revoke === undefined
      ? []
      : [buildRelationStatement(relation, transaction, revoke, { hazard: "AUTHZ", undo: "not needed" })]),
    ...buildGrantStatements(relation, transaction, wanted, []),
  ];
}

function revokeText(relation: Relation, grantees: DefaultGrantees): string | undefined {
  const table = quoteRelation(relation);
  if (grantees !== "whoever")
    return grantees.length === 0
      ? undefined
      : `REVOKE ALL ON ${table} FROM ${[...grantees].sort().map(quoteRole).join(", ")}`;
  return revokeWhateverText(table);
}

/** Revokes all that defaults have given on a new table or sequence, which is quoted, to roles that are not known before. */
export function revokeWhateverText(relation: string): string {
  return `DO ${quoteLiteral(`
DECLARE
  grantee text;
BEGIN
  FOR grantee IN
    SELECT DISTINCT CASE a.grantee WHEN 0 THEN 'PUBLIC' ELSE quote_ident(pg_get_userbyid(a.grantee)) END
    FROM pg_class c, aclexplode(c.relacl) a
    WHERE c.oid = ${quoteLiteral(relation)}::regclass AND a.grantee <> c.relowner
  LOOP
    EXECUTE ${quoteLiteral(`REVOKE ALL ON ${relation} FROM `)} || grantee;
  END LOOP;
END
`)}`;
}

/** Returns the text after the table name in CREATE POLICY: equal text means an equal declaration. */
export function formatPolicy(spec: PolicySpec): string {
  return [
    `AS ${spec.restrictive ? "RESTRICTIVE" : "PERMISSIVE"}`,
    `FOR ${spec.command.toUpperCase()}`,
    `TO ${[...spec.roles].sort().map(quoteRole).join(", ")}`,
    ...(spec.using === undefined ? [] : [`USING (${spec.using})`]),
    ...(spec.withCheck === undefined ? [] : [`WITH CHECK (${spec.withCheck})`]),
  ].join(" ");
}

function createPolicyText(relation: Pick<Relation, "schema" | "name">, spec: PolicySpec): string {
  return `CREATE POLICY ${quote(spec.name)} ON ${quoteRelation(relation)} ${formatPolicy(spec)}`;
}

/** Returns the declaration of an existing policy. */
export function toPolicySpec(policy: ObservedPolicy): PolicySpec {
  return {
    name: policy.name,
    command: policy.command,
    roles: [...policy.roles],
    ...(policy.restrictive ? { restrictive: true } : {}),
    ...(policy.using === undefined ? {} : { using: policy.using }),
    ...(policy.withCheck === undefined ? {} : { withCheck: policy.withCheck }),
  };
}

/** Quotes a role. `public` stands for all roles and is not a role's name. */
export function quoteRole(role: string): Quoted {
  return role === "public" ? ("PUBLIC" as Quoted) : quote(role);
}

function sortPrivileges(privileges: readonly string[]): string[] {
  return PRIVILEGES.filter((privilege) => privileges.includes(privilege));
}
