import { expect, test } from "vitest";
import type { TableSpecArgs } from "../../../core/declare/table/args";
import type { Observation } from "../../../core/observed/observed-table";
import {
  findNeedProblems,
  findVersionProblems,
  type NeedFacts,
  toDeclaredTarget,
} from "../../../core/table/needs/need-problems";
import { listNeeds, needsNothing } from "../../../core/table/needs/needs";
import { buildTrial } from "../../../core/table/needs/trial";
import { findTrialProblems } from "../../../core/table/needs/trial-problems";
import { tableSpec } from "../support/specs";
import { World } from "../support/world";
import { parseInstant } from "../../../core/time/instant";

const NOW = parseInstant("2026-01-10T00:00:00Z", "UTC");

const declare = (change: Partial<TableSpecArgs> = {}) => tableSpec({ foreignKeys: {}, ...change });

/** A database without the table. */
const empty = (change: Partial<Observation> = {}): Observation => ({
  ...new World().observe(NOW, declare().window),
  table: undefined,
  registration: undefined,
  role: { name: "app", superuser: false },
  ...change,
});

const FACTS: NeedFacts = {
  role: "app",
  roles: ["reader"],
  schemas: [{ name: "public", creates: true }],
  tablespaces: [{ name: "fast", creates: false }],
  targets: [],
};

const pathsOf = (list: readonly { readonly path: string }[]): string[] => list.map(({ path }) => path);

test("a new table names its schema, and every role, tablespace and target, each with its argument", () => {
  const shape = declare({
    partitionSchema: "parts",
    grants: { reader: ["select"], "odd role": ["insert"], app: ["select"] },
    rowSecurity: { policies: { own: { roles: ["public", "tenant"], using: "true" } } },
    storage: { hot: { tablespace: "fast" }, cold: { after: "1 month", tablespace: "slow" } },
  });
  const needs = listNeeds(shape, empty());
  expect(pathsOf([...needs.roles, ...needs.schemas, ...needs.tablespaces])).toEqual([
    'grants["odd role"]',
    "grants.reader",
    "rowSecurity.policies.own.roles",
    "schema",
    "partitionSchema",
    "storage.hot.tablespace",
    "storage.cold.tablespace",
  ]);
  expect(findNeedProblems(needs, FACTS).map(({ path, message }) => `${path}: ${message}`)).toEqual([
    'grants["odd role"]: role "odd role" does not exist.',
    'rowSecurity.policies.own.roles: role "tenant" does not exist.',
    'partitionSchema: schema "parts" does not exist.',
    'storage.hot.tablespace: role "app" may not create tables in tablespace "fast".',
    'storage.cold.tablespace: tablespace "slow" does not exist.',
  ]);
});

test("policies of another table are told at copyFrom", () => {
  const shape = declare({ rowSecurity: { copyFrom: "public.other" } });
  const security = { ...shape.profile.rowSecurity, enable: true, force: false, partitionAccess: "closed" as const };
  const policies = [{ name: "own", command: "all" as const, roles: ["tenant"], using: "true" }];
  const copied = { ...shape, profile: { ...shape.profile, rowSecurity: { ...security, policies } } };
  expect(pathsOf(listNeeds(copied, empty()).roles)).toEqual(["rowSecurity.copyFrom"]);
});

test("a table that has everything already needs nothing, and nothing of it is tried", () => {
  const shape = declare({
    grants: { reader: ["select"] },
    storage: { hot: { tablespace: "fast", options: { fillfactor: 90 } } },
  });
  const world = new World().observe(NOW, shape.window);
  const created = world.table && {
    ...world.table,
    columns: (shape.columns ?? []).map(({ name, type, nullable, default: fallback }) => ({
      name,
      type: { bigserial: "bigint", timestamptz: "timestamp with time zone" }[type] ?? type,
      nullable,
      default: type === "bigserial" ? "nextval('s'::regclass)" : fallback,
      identity: undefined,
    })),
    constraints: [
      {
        name: "type_known",
        kind: "check" as const,
        columns: [],
        definition: "CHECK ((type <> ''::text))",
        validated: true,
        references: undefined,
      },
    ],
    indexes: shape.indexes.map(({ name }) => ({
      name,
      definition: "",
      unique: false,
      valid: true,
      columns: [],
      constraint: undefined,
    })),
    carried: {
      owner: "app",
      ours: true,
      rowSecurity: { enabled: false, forced: false },
      policies: [],
      grants: [{ role: "reader", privileges: ["select" as const] }],
      replicaIdentity: { kind: "default" as const },
      options: {},
      toast: undefined,
      tablespace: undefined,
      statistics: {},
      uniqueIndexes: {},
    },
  };
  const registration = world.registration && { ...world.registration, profile: shape.profile };
  const there: Observation = { ...world, table: created, registration, role: { name: "app", superuser: false } };
  expect(needsNothing(listNeeds(shape, there))).toBe(true);
  expect(buildTrial(shape, there, FACTS)).toBeUndefined();
  const more = declare({
    grants: { reader: ["select"], writer: ["insert"] },
    checks: { type_known: "type <> ''", short: "length(type) < 9" },
    storage: { hot: { tablespace: "fast", options: { fillfactor: 80 } } },
  });
  expect(pathsOf(listNeeds(more, there).roles)).toEqual(["grants.writer"]);
  expect((buildTrial(more, there, FACTS)?.steps ?? []).flatMap(({ path }) => path ?? [])).toEqual([
    "checks.short",
    "storage.hot.options.fillfactor",
  ]);
});

test("a foreign key to a table of the same program is judged by its declaration", () => {
  const target = toDeclaredTarget(declare({ indexes: { code: { columns: ["run_id", "ts"], unique: true } } }));
  const refer = (columns: string[]) =>
    listNeeds(
      declare({
        foreignKeys: {
          k: { columns: ["run_id", "ts"].slice(0, columns.length), references: { table: "workflow_events", columns } },
        },
      }),
      empty(),
    );
  const told = (columns: string[]) =>
    findNeedProblems({ ...refer(columns), schemas: [] }, { ...FACTS, targets: target ? [target] : [] }).map(
      ({ path }) => path,
    );
  expect(told(["id", "ts"])).toEqual([]);
  expect(told(["run_id", "ts"])).toEqual([]);
  expect(told(["id"])).toEqual(["foreignKeys.k.references.columns"]);
  expect(told(["id", "nope"])).toEqual(["foreignKeys.k.references.columns[1]"]);
});

test("the trial runs on a temporary table alone, and writes no name of the schema", () => {
  const trial = buildTrial(
    declare({
      schema: "app",
      rowSecurity: { policies: { own: { roles: ["tenant"], using: "type = 'a'" } } },
      storage: { hot: { options: { fillfactor: 90 }, toast: { autovacuum_enabled: false } } },
    }),
    empty(),
    FACTS,
  );
  for (const { sql, query = "" } of trial?.steps ?? []) {
    expect(sql).toMatch(/pg_temp\.|CREATE TEMPORARY TABLE/);
    expect(`${sql} ${query}`).not.toMatch(/"app"|tenant/);
  }
  expect(trial?.steps.some(({ sql }) => sql.includes("bigserial"))).toBe(false);
});

test("an answer is told at the argument of its step, but not what follows from a column that is told, or says nothing", () => {
  const shape = declare({
    checks: { of_type: "type <> ''", of_run: "run_id is not null", own: "exists (select from workflow_events)" },
  });
  const trial = buildTrial(shape, empty(), FACTS);
  const at = (path: string) => trial?.steps.findIndex((step) => step.path === path) ?? -1;
  const tell = (failures: [string, string][], parsedOnly = false, exists = false) =>
    trial
      ? findTrialProblems(
          trial,
          { parsedOnly, failures: failures.map(([path, sqlState]) => ({ step: at(path), sqlState, message: "no" })) },
          { exists, others: ["kinds"] },
        ).map(({ path, settledBy }) => `${path} ${settledBy}`)
      : [];
  expect(
    tell([
      ["columns.type.type", "42704"],
      ["checks.of_type", "42703"],
      ["checks.of_run", "42883"],
    ]),
  ).toEqual(["columns.type.type awaited", "checks.of_run awaited"]);
  expect(tell([["checks.of_type", "42804"]])).toEqual(["checks.of_type nothing"]);
  expect(
    tell([
      ["checks.of_type", "55P03"],
      ["checks.of_run", "53200"],
    ]),
  ).toEqual([]);
  expect(tell([["checks.own", "42P01"]])).toEqual([]);
  expect(tell([["checks.own", "42883"]])).toEqual(["checks.own awaited"]);
  expect(tell([["checks.own", "42883"]], false, true)).toEqual([]);
  expect(
    tell(
      [
        ["checks.of_type", "42804"],
        ["checks.of_run", "42883"],
      ],
      true,
    ),
  ).toEqual(["checks.of_run awaited"]);
});

test("what a policy queries may be a table that the program declares later", () => {
  const policies = { own: { using: "exists (select from public.kinds)" }, plain: { using: "tenant = 1" } };
  const trial = buildTrial(declare({ rowSecurity: { policies } }), empty(), FACTS);
  const tell = (policy: string, sqlState: string, others: string[] = []) => {
    const step = trial?.steps.findIndex(({ path }) => path === `rowSecurity.policies.${policy}`) ?? -1;
    const outcome = { parsedOnly: false, failures: [{ step, sqlState, message: "no" }] };
    return trial && findTrialProblems(trial, outcome, { exists: false, others }).map(({ settledBy }) => settledBy);
  };
  expect(tell("own", "42P01")).toEqual(["program"]);
  expect(tell("own", "42703")).toEqual(["awaited"]);
  expect(tell("own", "42703", ["kinds"])).toEqual(["program"]);
  expect(tell("plain", "42703", ["kinds"])).toEqual(["awaited"]);
  expect(tell("plain", "42804", ["kinds"])).toEqual(["nothing"]);
});

test("what only a later server has is refused with its version", () => {
  const shape = declare({
    grants: { reader: ["maintain"] },
    checks: { loose: { expression: "true", enforced: false } },
  });
  expect(pathsOf(findVersionProblems(shape, empty({ serverVersion: 15 })))).toEqual([
    "grants.reader",
    "checks.loose.enforced",
  ]);
  expect(pathsOf(findVersionProblems(shape, empty({ serverVersion: 17 })))).toEqual(["checks.loose.enforced"]);
  expect(findVersionProblems(shape, empty({ serverVersion: 18 }))).toEqual([]);
});
