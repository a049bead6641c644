import { quote, quoteQualified } from "../../names/identifier";
import type { Lock, Statement } from "../../sql/statement";
import type { SourceReference } from "../source";
import { type AttachSource } from "./attach-source";
import { formatOptions } from "./carry";

/**
 * Points everything that is bound to the plain table by its oid at the partitioned one: views, functions with a parsed body,
 * policies of other tables. Their definitions were read while the name meant the plain table; run again, the same name means
 * the partitioned one. Owners, privileges and comments stay, because nothing is dropped.
 */
export function repointUsers(source: AttachSource): Statement[] {
  const { views, functions, foreignPolicies } = source.bound;
  return [
    ...views
      .filter(({ direct, kind }) => direct && kind === "view")
      .map((view) => {
        const settings = Object.keys(view.options).length === 0 ? "" : ` WITH (${formatOptions(view.options)})`;
        return step(
          `CREATE OR REPLACE VIEW ${quoteQualified(view.schema, view.name)}${settings} AS ${view.definition.replace(/;\s*$/, "")}`,
          [lock(view.schema, view.name, "referring")],
        );
      }),
    ...functions.filter(({ direct }) => direct).map(({ definition }) => step(definition, [])),
    ...foreignPolicies.map(({ schema, table, name, using, withCheck }) =>
      step(
        `ALTER POLICY ${quote(name)} ON ${quoteQualified(schema, table)}` +
          (using === undefined ? "" : ` USING (${using})`) +
          (withCheck === undefined ? "" : ` WITH CHECK (${withCheck})`),
        [lock(schema, table, "referring")],
      ),
    ),
  ];
}

/** Lets foreign keys that pointed to the plain table point to the partitioned one: not validated here, but enforced at once. */
export function referAgain({ bound }: AttachSource): Statement[] {
  return bound.referring.flatMap((key) => {
    const table = quoteQualified(key.schema, key.table);
    const locks = [lock(key.schema, key.table, "referring")];
    return [
      step(`ALTER TABLE ${table} DROP CONSTRAINT ${quote(key.name)}`, locks, ["LOCK_REFERRING_AX"]),
      step(
        `ALTER TABLE ${table} ADD CONSTRAINT ${quote(key.name)} ${key.definition.replace(/ NOT VALID$/, "")} NOT VALID`,
        locks,
        ["LOCK_REFERRING_AX"],
      ),
    ];
  });
}

/** Validates them afterwards, while writers of both tables continue. */
export function validateReferring({ bound }: Pick<AttachSource, "bound">): Statement[] {
  return bound.referring.filter(({ validated }) => validated).map(validateKey);
}

function validateKey({ schema, table, name }: SourceReference): Statement {
  return {
    sql: `ALTER TABLE ${quoteQualified(schema, table)} VALIDATE CONSTRAINT ${quote(name)}`,
    transaction: `validate ${schema}.${table}.${name}`,
    timeouts: "waiting",
    locks: [{ relation: `${schema}.${table}`, role: "referring", mode: "SHARE UPDATE EXCLUSIVE" }],
    hold: "grows with rows",
    hazards: ["SCAN_REFERRING"],
    undo: "not needed: it changes no row",
  };
}

function step(sql: string, locks: readonly Lock[], hazards: Statement["hazards"] = []): Statement {
  return {
    sql,
    transaction: undefined,
    timeouts: "strong",
    locks,
    hold: "instant",
    hazards,
    undo: "rolled back with the swap",
  };
}

function lock(schema: string, name: string, role: Lock["role"]): Lock {
  return { relation: `${schema}.${name}`, role, mode: "ACCESS EXCLUSIVE" };
}
