import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { findDifferences, isEqual } from "../../../core/table/alter/alteration";
import { noteConstraintStates, declareColumns } from "../../../core/adopt/declared-columns";
import type { ObservedConstraint, ObservedTable } from "../../../core/observed/observed-table";
import { parseConstraintState, removeState } from "../../../core/declare/table/constraint-state";
import { decodeTable, encodeTable } from "../../../core/declare/table/wire";
import { tableSpec } from "../support/specs";

const table = (constraints: readonly ObservedConstraint[]): ObservedTable => ({
  schema: "app",
  name: "events",
  oid: "1",
  owner: "app",
  kind: "partitioned",
  key: { strategy: "range", columns: ["ts"], types: ["timestamp with time zone"] },
  columns: [
    { name: "id", type: "bigint", nullable: false, default: undefined, identity: undefined, unread: true },
    { name: "ts", type: "timestamp with time zone", nullable: false, default: undefined, identity: undefined },
  ],
  constraints,
  indexes: [],
  partitions: [],
  branches: [],
  carried: undefined,
  referencedBy: [],
  comment: undefined,
  rights: { owner: true, createInSchema: true, ownerCreates: true, role: "app" },
});
const constraint = (kind: ObservedConstraint["kind"], name: string, definition: string): ObservedConstraint => ({
  name,
  kind,
  columns: ["id"],
  definition,
  validated: !/NOT (VALID|ENFORCED)$/.test(definition),
  references: kind === "foreign" ? { schema: "app", table: "users" } : undefined,
});

const reach = fc.constantFrom("", " NOT VALID", " NOT ENFORCED");
const when = fc.constantFrom("", " DEFERRABLE", " DEFERRABLE INITIALLY DEFERRED");
const bodies = fc.constantFrom("CHECK ((id > 0))", "CHECK ((note <> ' NOT VALID'::text))", "CHECK ((a AND b))");

describe("the state of a constraint", () => {
  test("is read from the end of its text, and the rest is what it demands", () => {
    fc.assert(
      fc.property(bodies, when, reach, (body, deferrable, state) => {
        const definition = `${body}${deferrable}${state}`;
        expect(removeState(definition)).toBe(body);
        expect(parseConstraintState({ definition })).toEqual({
          notValid: state === " NOT VALID",
          notEnforced: state === " NOT ENFORCED",
          deferrable:
            deferrable === ""
              ? undefined
              : deferrable.endsWith("DEFERRED")
                ? "initially deferred"
                : "initially immediate",
        });
      }),
    );
  });

  test("is declared by adopt as it exists: nothing would be read or changed", () => {
    fc.assert(
      fc.property(bodies, reach, when, reach, (body, state, deferrable, keyState) => {
        const found = table([
          constraint("check", "known", `${body}${state}`),
          constraint("foreign", "user", `FOREIGN KEY (id) REFERENCES app.users(id)${deferrable}${keyState}`),
        ]);
        const { columns: _columns, checks = {}, foreignKeys = {} } = declareColumns(found);
        const shape = { ...tableSpec({ checks, foreignKeys }), uniques: [] };
        const travelled = decodeTable(encodeTable(shape));
        for (const one of [shape, travelled])
          expect(isEqual(findDifferences({ ...one, columns: [] }, { ...found, columns: [] }, []))).toBe(true);
      }),
    );
  });

  test("is reported in a comment, and so is what cannot be declared", () => {
    const notes = noteConstraintStates(
      table([
        constraint("check", "known", "CHECK ((id > 0)) NOT VALID"),
        constraint("check", "whole", "CHECK ((id > 0))"),
        constraint("foreign", "user", "FOREIGN KEY (id) REFERENCES app.users(id) NOT ENFORCED"),
        constraint("primary", "events_pkey", "PRIMARY KEY (id) DEFERRABLE"),
        constraint("unique", "one", "UNIQUE (id) DEFERRABLE INITIALLY DEFERRED"),
      ]),
    );
    expect(notes.map((note) => note.split(":")[0])).toEqual([
      'check "known" is NOT VALID',
      'foreign key "user" is NOT ENFORCED',
      'primary key "events_pkey" is DEFERRABLE INITIALLY IMMEDIATE',
      'unique constraint "one" is DEFERRABLE INITIALLY DEFERRED',
      'column "id" is NOT NULL for new rows only (NOT VALID)',
    ]);
  });
});
