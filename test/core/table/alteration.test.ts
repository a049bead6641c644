import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { planAlterSteps, findDifferences, isEqual } from "../../../core/table/alter/alteration";
import { type AlterFacts, NO_FACTS } from "../../../core/table/alter/facts";
import type { ObservedTable } from "../../../core/observed/observed-table";
import type { RegisteredExpression } from "../../../core/observed/registration";
import { canonicalizeType } from "../../../core/table/compare/compare";
import { formatForeignKey } from "../../../core/table/compare/compare-foreign-keys";
import type { ColumnSpec, TableShape } from "../../../core/declare/table/spec";
import { planAlterTable, alterTableStatements } from "../../../core/table/alter/alteration-plan";
import type { Statement } from "../../../core/sql/statement";
import { tableSpec } from "../support/specs";

const partition = (name: string) => ({
  oid: name,
  schema: "public",
  name,
  boundsText: "",
  bounds: undefined,
  isDefault: false,
  partitioned: false,
  detachPending: false,
  rows: 10,
  bytes: 0,
  carried: undefined,
});

/** The table that a shape describes, as the catalogue would show it. */
function observed(shape: TableShape): ObservedTable {
  return {
    schema: shape.schema,
    name: shape.table,
    oid: "1",
    owner: "app",
    kind: "partitioned",
    key: { strategy: "range", columns: [shape.window.key.column], types: ["timestamp with time zone"] },
    columns: (shape.columns ?? []).map((column) => ({
      name: column.name,
      type: canonicalizeType(column.type),
      nullable: column.nullable,
      default: column.type === "bigserial" ? "nextval('s'::regclass)" : column.default,
      identity: column.identity,
      comment: column.comment,
      sequence: undefined,
    })),
    constraints: [
      ...shape.checks.map(({ name, expression }) => constraint(name, "check", `CHECK ((${expression}))`, [])),
      ...shape.uniques.map(({ name, columns }) =>
        constraint(name, "unique", `UNIQUE (${columns.join(", ")})`, columns),
      ),
      ...shape.foreignKeys.map((key) => ({
        ...constraint(key.name, "foreign", formatForeignKey(key), key.columns),
        references: { schema: key.references.schema, table: key.references.table },
      })),
    ],
    indexes: [],
    partitions: [partition("p1"), partition("p2")],
    branches: [],
    carried: undefined,
    referencedBy: [],
    comment: undefined,
    rights: { owner: true, createInSchema: true, ownerCreates: true, role: "app" },
  };
}

function constraint(
  name: string,
  kind: "check" | "unique" | "foreign",
  definition: string,
  columns: readonly string[],
) {
  return { name, kind, columns, definition, validated: true, references: undefined };
}

const plain = tableSpec();
const withColumns = (columns: readonly ColumnSpec[], changes: Partial<TableShape> = {}): TableShape => ({
  ...plain,
  ...changes,
  columns,
});
const columns = plain.columns ?? [];
const note: ColumnSpec = { name: "note", type: "text", nullable: true };

function steps(from: TableShape, to: TableShape, facts: Partial<AlterFacts> = {}): Statement[] {
  const table = observed(from);
  const differences = findDifferences(to, table, []);
  return planAlterSteps(to, table, differences, { ...NO_FACTS, ...facts }).flatMap((step) => step.statements);
}

test("a table that is as declared has no difference", () => {
  expect(isEqual(findDifferences(plain, observed(plain), []))).toBe(true);
});

test("drops come before additions, and everything that is instant shares one lock", () => {
  const to = withColumns([...columns, { ...note, default: "''" }], { dropColumns: ["old"] });
  const sql = steps(withColumns([...columns, { name: "old", type: "int", nullable: true }]), to).map((one) => one.sql);
  expect(sql).toEqual([
    'LOCK TABLE "public"."workflow_events" IN ACCESS EXCLUSIVE MODE',
    'ALTER TABLE "public"."workflow_events" DROP COLUMN "old"',
    `ALTER TABLE "public"."workflow_events" ADD COLUMN "note" text DEFAULT ''`,
  ]);
});

describe("a run that was killed while a column became NOT NULL continues", () => {
  const to = withColumns([...columns, { ...note, nullable: false }]);
  const from = withColumns([...columns, note]);
  const check = { ...constraint("workflow_events_note_filled", "check", "CHECK ((note IS NOT NULL))", []), oid: "42" };
  const ours = { kind: "check" as const, name: check.name, declared: "note is not null", printed: "", added: ["42"] };
  const resumed = (
    change: Partial<typeof check>,
    nullable: boolean,
    pending: AlterFacts["pending"] = [],
    recorded: readonly RegisteredExpression[] = [ours],
  ) => {
    const table = observed(nullable ? from : to);
    const there = { ...table, constraints: [...table.constraints, { ...check, ...change }] };
    const differences = findDifferences(to, there, recorded);
    return planAlterSteps(to, there, differences, { ...NO_FACTS, pending })
      .flatMap((step) => step.statements)
      .map((one) =>
        one.sql.replace(/"public"\.|"workflow_events"|ALTER TABLE |"workflow_events_note_filled"/g, "").trim(),
      );
  };

  test("with the partition that was not read yet", () => {
    const pending = { schema: "public", partition: "p2", name: check.name, kind: "check" as const, validated: false };
    expect(
      resumed({ validated: false, definition: "CHECK ((note IS NOT NULL)) NOT VALID" }, true, [pending]).slice(0, 2),
    ).toEqual(['"p2" VALIDATE CONSTRAINT', "VALIDATE CONSTRAINT"]);
  });

  test("with the removal of the check, where the column is NOT NULL already", () => {
    expect(resumed({}, false)).toEqual(["LOCK TABLE  IN ACCESS EXCLUSIVE MODE", "DROP CONSTRAINT"]);
  });

  test("but a check of that name that was created by hand is used for the proof, and remains", () => {
    expect(resumed({}, false, [], [])).toEqual([]);
    const unread = { validated: false, definition: "CHECK ((note IS NOT NULL)) NOT VALID" };
    const sql = resumed(unread, true, [], []);
    expect(sql).toContain("VALIDATE CONSTRAINT");
    expect(sql.filter((one) => one.includes("DROP"))).toEqual([]);
  });
});

test("a foreign key is added by the partitions before PostgreSQL 18, and by the table from then on", () => {
  const key = {
    name: "fk",
    columns: ["run_id"],
    references: { schema: "public", table: "runs", columns: ["id"] },
    onDelete: "no action" as const,
    onUpdate: "no action" as const,
  };
  const to = { ...plain, foreignKeys: [key] };
  const added = (version: number) =>
    steps({ ...plain, foreignKeys: [] }, to, { version })
      .filter((one) => one.sql.includes("ADD CONSTRAINT"))
      .map(
        (one) => `${/"(\w+)" ADD/.exec(one.sql)?.[1] ?? ""} ${one.sql.endsWith("NOT VALID") ? "not valid" : "valid"}`,
      );
  expect(added(15)).toEqual(["p1 not valid", "p2 not valid", "workflow_events valid"]);
  expect(added(17)).toEqual(added(15));
  expect(added(18)).toEqual(["workflow_events not valid"]);
});

describe("what an alteration is refused for", () => {
  const table = observed(withColumns([...columns, note]));
  const problems = (to: TableShape, facts: Partial<AlterFacts> = {}, adopting = false) =>
    planAlterTable(to, table, findDifferences(to, table, []), {
      facts: { ...NO_FACTS, ...facts },
      adopting,
    }).problems.map(({ message }) => message);

  test("more locks than the server can hold", () => {
    const to = withColumns([...columns, note, { ...note, name: "more" }]);
    expect(problems(to, { locks: { perTransaction: 1, capacity: 2 } })).toEqual([
      expect.stringContaining("3 relations, to be locked together; the server can hold 2"),
    ]);
    expect(problems(to, { locks: { perTransaction: 1, capacity: 3 } })).toEqual([]);
  });

  test("a column whose loss is not confirmed", () => {
    expect(problems(withColumns(columns))).toEqual([
      expect.stringContaining('column "note" (text) that is not declared'),
    ]);
    expect(problems(withColumns(columns, { dropColumns: ["note"] }))).toEqual([]);
  });

  test("a confirmed column that something uses, unless that leaves in the same update", () => {
    const uses = [{ column: "note", kind: "index" as const, name: "by_note", relation: "public.workflow_events" }];
    expect(problems(withColumns(columns, { dropColumns: ["note"] }), { uses })).toEqual([
      expect.stringContaining('it is used by index "by_note" of public.workflow_events'),
    ]);
  });

  test("anything but comments and defaults of a table that is only being adopted", () => {
    const spoken = withColumns([...columns, { ...note, comment: "x", default: "''" }]);
    expect(problems(spoken, {}, true)).toEqual([]);
    expect(problems(withColumns([...columns, { ...note, nullable: false }]), {}, true)).toEqual([
      expect.stringContaining('column "note" of "public.workflow_events" may be NULL, declared is NOT NULL'),
    ]);
  });
});

const column = fc.record({
  name: fc.constantFrom("a", "b", "c", "d"),
  type: fc.constantFrom("text", "varchar(5)", "varchar(9)", "numeric(6,2)", "numeric(9,2)"),
  nullable: fc.boolean(),
  default: fc.option(fc.constantFrom("'1'", "'2'"), { nil: undefined }),
  comment: fc.option(fc.constantFrom("x", "y"), { nil: undefined }),
});
const shape = fc
  .record({
    extra: fc.uniqueArray(column, { selector: (one) => one.name }),
    checks: fc.uniqueArray(
      fc.record({ name: fc.constantFrom("k1", "k2"), expression: fc.constantFrom("ts > 'x'", "type <> ''") }),
      {
        selector: (one) => one.name,
      },
    ),
  })
  .map(({ extra, checks }): TableShape => {
    const more = extra.map(({ default: fallback, comment, ...one }) => ({
      ...one,
      ...(fallback === undefined ? {} : { default: fallback }),
      ...(comment === undefined ? {} : { comment }),
    }));
    return { ...plain, columns: [...columns, ...more], dropColumns: ["a", "b", "c", "d"], checks };
  });

describe("whatever is changed into whatever", () => {
  const each = (judge: (statements: readonly Statement[]) => void) =>
    fc.assert(
      fc.property(shape, shape, (from, to) =>
        judge(alterTableStatements({ steps: [{ statements: steps(from, to) }] })),
      ),
    );

  test("a transaction that stops others has locked everything first, in one statement, and reads no rows", () => {
    each((statements) => {
      for (const transaction of new Set(statements.map((one) => one.transaction))) {
        const together = statements.filter((one) => one.transaction === transaction);
        const strong = together.some((one) => one.locks.some((lock) => lock.mode === "ACCESS EXCLUSIVE"));
        if (!strong) continue;
        expect(together[0]).toMatchObject({ oneWait: true, timeouts: "strong" });
        expect(together.every((one) => one.hold === "instant")).toBe(true);
        expect(together.filter((one) => one.oneWait)).toHaveLength(1);
      }
    });
  });

  test("what reads rows takes a lock of one partition that stops no session, alone in its transaction", () => {
    each((statements) => {
      for (const one of statements.filter((candidate) => candidate.hold !== "instant")) {
        expect(one.timeouts).toBe("waiting");
        expect(one.locks.map((lock) => `${lock.role} ${lock.mode}`)).toEqual(["partition SHARE UPDATE EXCLUSIVE"]);
        expect(statements.filter((other) => other.transaction === one.transaction)).toHaveLength(1);
      }
    });
  });

  test("only a drop of a column loses data, with that hazard; every statement has its undo", () => {
    each((statements) => {
      for (const one of statements) {
        expect(one.hazards.includes("DELETES_DATA")).toBe(one.sql.includes(" DROP COLUMN "));
        expect(one.undo).not.toBe("");
      }
    });
  });
});
