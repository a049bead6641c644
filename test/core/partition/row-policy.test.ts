import { expect, it } from "vitest";
import type { Relation } from "../../../core/sql/relation";
import { type DeclaredAccess, planRowPolicy } from "../../../core/partition/carry/plan-row-policy";
import { formatPolicy } from "../../../core/partition/carry/security-statements";
import type { ObservedGrant } from "../../../core/observed/observed-grant";
import type { CarriedState } from "../../../core/observed/observed-table";

const table: Relation = { schema: "app", name: "events", role: "parent", fresh: false };
const own = { name: "own", command: "all" as const, roles: ["app"], using: "tenant = me()" };
const printed = { using: "(tenant = me())", withCheck: null };
const recorded = { registered: [{ name: "own", declared: formatPolicy(own), printed }], asked: new Map() };
const nothing = { registered: [], asked: new Map() };

const declared: DeclaredAccess = {
  rowSecurity: { enable: true, force: false, partitionAccess: "closed", policies: [own] },
  grants: [{ role: "app", privileges: ["select"] }],
};

const found = (changes: Partial<CarriedState> = {}): CarriedState => ({
  owner: "owner",
  ours: true,
  rowSecurity: { enabled: true, forced: false },
  policies: [{ ...own, restrictive: false, using: "(tenant = me())", withCheck: undefined }],
  grants: [{ role: "app", privileges: ["select"] }],
  replicaIdentity: { kind: "default" },
  options: {},
  toast: {},
  tablespace: undefined,
  statistics: {},
  uniqueIndexes: {},
  ...changes,
});

const grants = (...list: ObservedGrant[]): CarriedState => found({ grants: list });

it("a table as declared needs nothing, by the recorded text, by the server's text of today, or by its own words", () => {
  expect(planRowPolicy(table, declared, found(), recorded)).toEqual({ statements: [], work: [] });
  const asked = { registered: [], asked: new Map([["own", printed]]) };
  expect(planRowPolicy(table, declared, found(), asked)).toEqual({ statements: [], work: ['record policy "own"'] });
  const words = found({ policies: [{ ...own, restrictive: false, withCheck: undefined }] });
  expect(planRowPolicy(table, declared, words, nothing)).toEqual({ statements: [], work: [] });
});

it("everything that changes is one transaction, under a short lock_timeout, with its undo", () => {
  const bare = found({ rowSecurity: { enabled: false, forced: true }, policies: [], grants: [] });
  const { statements, work } = planRowPolicy(table, declared, bare, nothing);
  expect(new Set(statements.map(({ transaction }) => transaction))).toEqual(new Set(["row policy app.events"]));
  expect(statements.map(({ sql, undo }) => [sql, undo])).toEqual([
    ['ALTER TABLE "app"."events" ENABLE ROW LEVEL SECURITY', 'ALTER TABLE "app"."events" DISABLE ROW LEVEL SECURITY'],
    ['ALTER TABLE "app"."events" NO FORCE ROW LEVEL SECURITY', 'ALTER TABLE "app"."events" FORCE ROW LEVEL SECURITY'],
    [
      'CREATE POLICY "own" ON "app"."events" AS PERMISSIVE FOR ALL TO "app" USING (tenant = me())',
      'DROP POLICY "own" ON "app"."events"',
    ],
    ['GRANT SELECT ON "app"."events" TO "app"', 'REVOKE SELECT ON "app"."events" FROM "app"'],
  ]);
  expect(statements[2]).toMatchObject({ timeouts: "strong", hazards: ["LOCK_PARENT_AX", "AUTHZ"] });
  expect(work).toEqual([
    "enable row security",
    "let the owner pass row security",
    'create policy "own"',
    'grant select to "app"',
  ]);
});

it("what is not declared is not touched", () => {
  const wild = found({ policies: [], grants: [{ role: "public", privileges: ["select"] }] });
  expect(planRowPolicy(table, {}, wild, nothing)).toEqual({ statements: [], work: [] });
  const onlyGrants = planRowPolicy(table, { grants: [] }, wild, nothing);
  expect(onlyGrants.statements.map(({ sql }) => sql)).toEqual(['REVOKE SELECT ON "app"."events" FROM PUBLIC']);
});

it("the right to grant on is taken back with what came of it, and what is wanted is granted again by the owner", () => {
  const passed = grants(
    { role: "app", privileges: ["select"], grantable: ["select"] },
    { role: "x", privileges: [], others: ["select"] },
  );
  const wanted = {
    grants: [
      { role: "app", privileges: ["select" as const] },
      { role: "x", privileges: ["select" as const] },
    ],
  };
  expect(planRowPolicy(table, wanted, passed, nothing).statements.map(({ sql }) => sql)).toEqual([
    'REVOKE GRANT OPTION FOR SELECT ON "app"."events" FROM "app" CASCADE',
    'GRANT SELECT ON "app"."events" TO "x"',
  ]);
});
