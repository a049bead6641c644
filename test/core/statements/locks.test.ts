import { describe, expect, test } from "vitest";
import { createPartitionStatements } from "../../../core/partition/create/partition-statements";
import { createTableStatements } from "../../../core/table/create/create-table";
import {
  createParentIndexStatement,
  dropIndexStatement,
  buildPartitionIndexStatements,
} from "../../../core/table/create/index-build";
import { reattachStatements } from "../../../core/partition/create/reattach";
import {
  detachStatement,
  dropStatements,
  finalizeStatement,
} from "../../../core/partition/statements/retire-statements";
import { HAZARDS, listHazards, type Statement } from "../../../core/sql/statement";
import { tableSpec } from "../support/specs";
import { JANUARY, partitionIndex, locksOf, PARENT, PLACE, RUN, WITH_DEFAULT, WITH_FK } from "./support";

const NEW = { ...JANUARY, name: "p_2025_01" };
const PARTITION = { schema: "public", name: "p_2025_01" };
const attach = (parent: typeof PARENT) =>
  createPartitionStatements(parent, NEW).find((each) => each.sql.includes("ATTACH"));
const index = buildPartitionIndexStatements(PARENT, RUN, RUN.printed, PLACE, [partitionIndex({ valid: false })]);
const [leftover, build, attachIndex] = index;

/** The locks that were measured on 14 to 18 for the statements that we use, with the hazards they carry. */
test.each<[row: number, what: string, statement: Statement | undefined, locks: string[], hazards: string[]]>([
  [2, "CREATE TABLE (LIKE …)", createPartitionStatements(PARENT, NEW)[0], ["parent ACCESS SHARE"], []],
  [4, "ATTACH with a CHECK", attach(PARENT), ["parent SHARE UPDATE EXCLUSIVE"], []],
  [
    5,
    "ATTACH beside a default partition",
    attach(WITH_DEFAULT),
    ["parent SHARE UPDATE EXCLUSIVE", "default ACCESS EXCLUSIVE"],
    ["LOCK_DEFAULT_AX", "SCAN_DEFAULT"],
  ],
  [
    6,
    "ATTACH of an empty table under a foreign key",
    attach(WITH_FK),
    ["parent SHARE UPDATE EXCLUSIVE", "referenced SHARE ROW EXCLUSIVE"],
    ["LOCK_REF_WRITE"],
  ],
  [
    7,
    "ATTACH of a table that has the foreign key",
    reattachStatements(WITH_FK, NEW, []).find((each) => each.sql.includes("ATTACH")),
    ["parent SHARE UPDATE EXCLUSIVE", "referenced ACCESS EXCLUSIVE", "partition ACCESS EXCLUSIVE"],
    ["LOCK_REF_AX"],
  ],
  [
    8,
    "DETACH",
    detachStatement(WITH_DEFAULT, PARTITION),
    ["parent ACCESS EXCLUSIVE", "partition ACCESS EXCLUSIVE", "default ACCESS EXCLUSIVE"],
    ["LOCK_PARENT_AX", "LOCK_DEFAULT_AX"],
  ],
  [
    10,
    "DETACH CONCURRENTLY",
    detachStatement(PARENT, PARTITION),
    ["parent SHARE UPDATE EXCLUSIVE", "partition ACCESS EXCLUSIVE"],
    ["WAITS_OLD_XACTS", "NON_TRANSACTIONAL"],
  ],
  [
    10,
    "DETACH CONCURRENTLY under a foreign key",
    detachStatement(WITH_FK, PARTITION),
    ["parent SHARE UPDATE EXCLUSIVE", "partition ACCESS EXCLUSIVE", "referenced SHARE ROW EXCLUSIVE"],
    ["WAITS_OLD_XACTS", "NON_TRANSACTIONAL", "LOCK_REF_WRITE"],
  ],
  [
    11,
    "FINALIZE",
    finalizeStatement(WITH_FK, PARTITION),
    ["parent SHARE UPDATE EXCLUSIVE", "partition ACCESS EXCLUSIVE", "referenced SHARE ROW EXCLUSIVE"],
    ["WAITS_OLD_XACTS", "LOCK_REF_WRITE"],
  ],
  [
    10,
    "DETACH CONCURRENTLY where another table refers to it",
    detachStatement({ ...PARENT, referring: ["public.q"] }, PARTITION),
    ["parent SHARE UPDATE EXCLUSIVE", "partition ACCESS EXCLUSIVE", "referring ACCESS EXCLUSIVE"],
    ["WAITS_OLD_XACTS", "NON_TRANSACTIONAL", "LOCK_REFERRING_AX", "SCAN_REFERRING"],
  ],
  [
    11,
    "FINALIZE where another table refers to it",
    finalizeStatement({ ...PARENT, referring: ["public.q"] }, PARTITION),
    ["parent SHARE UPDATE EXCLUSIVE", "partition ACCESS EXCLUSIVE", "referring ACCESS EXCLUSIVE"],
    ["WAITS_OLD_XACTS", "LOCK_REFERRING_AX"],
  ],
  [
    6,
    "ATTACH where another table refers to the table",
    attach({ ...PARENT, referring: ["public.q"] }),
    ["parent SHARE UPDATE EXCLUSIVE", "referring SHARE ROW EXCLUSIVE"],
    ["LOCK_REFERRING_WRITE"],
  ],
  [
    13,
    "DROP of a detached table",
    dropStatements(PARENT, PARTITION)[1],
    ["partition ACCESS EXCLUSIVE"],
    ["DELETES_DATA"],
  ],
  [
    14,
    "DROP of a detached table with a foreign key",
    dropStatements(WITH_FK, PARTITION)[1],
    ["partition ACCESS EXCLUSIVE", "referenced ACCESS EXCLUSIVE"],
    ["DELETES_DATA", "LOCK_REF_AX"],
  ],
  [17, "CREATE INDEX ON ONLY", createParentIndexStatement(PARENT, RUN), ["parent SHARE"], ["LOCK_WRITES_SHORT"]],
  [
    18,
    "CREATE INDEX CONCURRENTLY",
    build,
    ["partition SHARE UPDATE EXCLUSIVE"],
    ["INDEX_BUILD", "WAITS_OLD_XACTS", "NON_TRANSACTIONAL"],
  ],
  [
    18,
    "DROP INDEX CONCURRENTLY of a leftover",
    leftover,
    ["partition SHARE UPDATE EXCLUSIVE"],
    ["WAITS_OLD_XACTS", "NON_TRANSACTIONAL"],
  ],
  [
    20,
    "ALTER INDEX ATTACH",
    attachIndex,
    ["parent ACCESS SHARE", "index SHARE UPDATE EXCLUSIVE", "partition ACCESS SHARE", "index ACCESS EXCLUSIVE"],
    ["LOCK_PARTITION_INDEX_AX"],
  ],
  [
    21,
    "DROP INDEX",
    dropIndexStatement(PARENT, "p_run", ["public.p_2025_01"]),
    ["parent ACCESS EXCLUSIVE", "partition ACCESS EXCLUSIVE"],
    ["LOCK_PARENT_AX", "INDEX_DROPPED"],
  ],
  [
    35,
    "VALIDATE CONSTRAINT",
    reattachStatements(PARENT, NEW, []).find((each) => each.sql.includes("VALIDATE CONSTRAINT")),
    ["partition SHARE UPDATE EXCLUSIVE"],
    ["SCAN_PARTITION"],
  ],
])("row %i: %s has its locks and hazards", (_row, _what, statement, locks, hazards) => {
  expect(locksOf(statement)).toEqual(locks);
  expect(statement?.hazards).toEqual(hazards);
});

const EVERY = [
  ...createTableStatements(tableSpec()),
  ...[PARENT, WITH_FK, WITH_DEFAULT].flatMap((parent) => [
    ...createPartitionStatements(parent, NEW),
    ...reattachStatements(parent, NEW, parent.indexes),
    ...dropStatements(parent, PARTITION),
    detachStatement(parent, PARTITION),
    finalizeStatement(parent, PARTITION),
  ]),
  createParentIndexStatement(PARENT, RUN),
  dropIndexStatement(PARENT, "p_run"),
  ...index,
];

describe("every statement", () => {
  test("that takes a lock which stops others is of the class with a short lock_timeout, unless it grows with rows", () => {
    const stopping = new Set(["SHARE", "SHARE ROW EXCLUSIVE", "EXCLUSIVE", "ACCESS EXCLUSIVE"]);
    for (const statement of EVERY) {
      if (!statement.locks.some((lock) => lock.role !== "partition" && stopping.has(lock.mode))) continue;
      expect([statement.sql, statement.timeouts]).toEqual([statement.sql, "strong"]);
    }
  });

  test("that cannot run in a transaction runs alone", () => {
    for (const statement of EVERY) {
      const alone = / CONCURRENTLY|FINALIZE/.test(statement.sql);
      expect([statement.sql, statement.transaction === undefined]).toEqual([
        statement.sql,
        alone || statement.sql.includes("DETACH"),
      ]);
    }
  });

  test("that deletes rows has the hazard of that, and no other", () => {
    for (const statement of EVERY)
      expect(statement.hazards.includes("DELETES_DATA")).toBe(statement.sql.startsWith("DROP TABLE"));
  });

  test("has its undo", () => expect(EVERY.filter((statement) => statement.undo === "")).toEqual([]));
});

test("no transaction takes ACCESS EXCLUSIVE on two relations that clients see, but for a drop or an attach under a foreign key", () => {
  const visible = new Map<string, Set<string>>();
  for (const statement of createPartitionStatements(WITH_DEFAULT, NEW)) {
    for (const lock of statement.locks.filter((each) => each.mode === "ACCESS EXCLUSIVE")) {
      const label = statement.transaction ?? statement.sql;
      visible.set(label, (visible.get(label) ?? new Set()).add(lock.relation));
    }
  }
  expect([...visible.values()].every((relations) => relations.size <= 1)).toBe(true);
});

test("hazards of a list come once, in the order of the catalogue", () => {
  const found = listHazards(EVERY);
  expect(found).toEqual(Object.keys(HAZARDS).filter((hazard) => found.some((each) => each === hazard)));
});
