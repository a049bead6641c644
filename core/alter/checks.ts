import { quote } from "../names/identifier";
import type { Lock, Statement } from "../statements/statement";
import type { AlterFacts } from "./facts";
import { alterFamily, type Family, familyName, leavesOf, lockFamily, locksOn, type Member, validate } from "./family";
import type { AlterStep } from "./step";

/** A CHECK from now on: rows that are there are not read. */
export function addCheck(family: Family, transaction: string, name: string, expression: string): Statement {
  return alterFamily(family, transaction, {
    action: `ADD CONSTRAINT ${quote(name)} CHECK (${expression}) NOT VALID`,
    undo: dropCheckText(family, name),
  });
}

/**
 * Reads the rows for a CHECK partition by partition, each in its own transaction, stopping nobody; the table then only looks
 * whether its partitions were read. Rows that do not satisfy it take it back.
 *
 * @param fresh the same update makes it: no partition has been read
 */
export function readForCheck(family: Family, name: string, facts: AlterFacts, fresh: boolean): AlterStep[] {
  const takeBack = dropCheck(family, `take back ${name}`, name, true);
  const unread = (leaf: Member) =>
    fresh ||
    facts.pending.some(
      (one) =>
        one.kind === "check" &&
        !one.validated &&
        one.name === name &&
        one.schema === leaf.schema &&
        one.partition === leaf.name,
    );
  return [
    ...leavesOf(family)
      .filter(unread)
      .map((leaf): AlterStep => ({
        statements: [validate(leaf, name, { locks: [ownLock(leaf)], reads: true })],
        takeBack,
      })),
    {
      statements: [
        validate({ schema: family.schema, name: family.table }, name, {
          locks: locksOn(family, "SHARE UPDATE EXCLUSIVE"),
          reads: false,
        }),
      ],
      takeBack,
    },
  ];
}

export function dropCheck(family: Family, transaction: string, name: string, ifExists = false): Statement[] {
  return [
    lockFamily(family, transaction),
    alterFamily(family, transaction, {
      action: `DROP CONSTRAINT ${ifExists ? "IF EXISTS " : ""}${quote(name)}`,
      undo: "declare it again",
    }),
  ];
}

/** The new expression, validated, takes the name of the old one. */
export function replaceCheck(family: Family, name: string, next: string, definition: string): Statement[] {
  const transaction = `replace check ${name}`;
  return [
    lockFamily(family, transaction),
    alterFamily(family, transaction, {
      action: `DROP CONSTRAINT ${quote(name)}`,
      undo: `ALTER TABLE ${familyName(family)} ADD CONSTRAINT ${quote(name)} ${definition}`,
    }),
    alterFamily(family, transaction, {
      action: `RENAME CONSTRAINT ${quote(next)} TO ${quote(name)}`,
      undo: `ALTER TABLE ${familyName(family)} RENAME CONSTRAINT ${quote(name)} TO ${quote(next)}`,
    }),
  ];
}

function dropCheckText(family: Family, name: string): string {
  return `ALTER TABLE ${familyName(family)} DROP CONSTRAINT ${quote(name)}`;
}

function ownLock(leaf: Member): Lock {
  return { relation: `${leaf.schema}.${leaf.name}`, role: "leaf", mode: "SHARE UPDATE EXCLUSIVE" };
}
