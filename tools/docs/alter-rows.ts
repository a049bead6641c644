// Statements and locks of changes to an existing table, from the functions that write the statements, for a sample table.
import { buildInstantStatements, setNotNull } from "../../core/table/alter/column-statements";
import { addCheck, dropCheck, planCheck } from "../../core/table/alter/checks";
import { NO_FACTS } from "../../core/table/alter/facts";
import { type Family, lockFamily } from "../../core/table/alter/family";
import { addForeignKey, dropForeignKey } from "../../core/table/alter/foreign-keys";
import { isFilled } from "../../core/table/compare/filled-check";
import type { ForeignKeySpec } from "../../core/declare/table/constraints";
import type { Statement } from "../../core/sql/statement";

const family: Family = {
  schema: "public",
  table: "events",
  partitions: [{ schema: "public", name: "events_p2026_01", partitioned: false }],
};
const key: ForeignKeySpec = {
  name: "events_account_fkey",
  columns: ["account"],
  references: { schema: "public", table: "accounts", columns: ["id"] },
  onDelete: "no action",
  onUpdate: "no action",
};
const old = { name: "legacy", type: "text", nullable: true, default: undefined, identity: undefined };
const note = { name: "note", type: "text", nullable: false };

const filled = {
  name: "events_note_filled",
  declaredAs: "events_note_filled",
  expression: isFilled(note.name),
  there: "no" as const,
  added: [],
};

const transaction = "alter table public.events";

export const changeColumns: readonly Statement[] = [
  lockFamily(family, transaction),
  ...buildInstantStatements(family, transaction, [
    { kind: "drop", found: old },
    { kind: "add", column: { name: "amount", type: "integer", nullable: false, default: "0" } },
  ]),
];

export const makeNotNull: readonly Statement[] = [
  lockFamily(family, transaction),
  addCheck(family, transaction, filled),
  ...planCheck(family, filled, NO_FACTS, []).flatMap((step) => step.statements),
  lockFamily(family, "not null"),
  setNotNull(family, "not null", note.name),
  ...dropCheck(family, "drop checks", "events_note_filled"),
];

export const addKeyBefore18: readonly Statement[] = addForeignKey(
  family,
  key,
  { ...NO_FACTS, version: 17 },
  [],
).flatMap((step) => step.statements);

export const addKeyFrom18: readonly Statement[] = addForeignKey(family, key, { ...NO_FACTS, version: 18 }, []).flatMap(
  (step) => step.statements,
);

export const dropKey: readonly Statement[] = dropForeignKey(family, key, "drop foreign key");
