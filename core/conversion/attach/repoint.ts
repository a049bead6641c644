import { quote, quoteQualified } from "../../names/identifier";
import type { Lock, Statement } from "../../sql/statement";
import type { ConversionSource, SourceReference } from "../source";
import { type AttachSource } from "./attach-source";
import { formatOptions } from "./carry";
import { buildStep } from "./step";

/**
 * Points everything that is bound to the former relation by its oid at the new one: views, functions with a parsed body,
 * policies of other tables. Their definitions were read while the name meant the former one; run again, the same name means
 * the new one. Owners, privileges and comments stay, because nothing is dropped.
 */
export function repointUsers(source: Pick<AttachSource, "bound">): Statement[] {
  const { views, functions, foreignPolicies } = source.bound;
  return [
    ...views
      .filter(({ direct, kind }) => direct && kind === "view")
      .map((view) => {
        const settings = Object.keys(view.options).length === 0 ? "" : ` WITH (${formatOptions(view.options)})`;
        return buildStep(
          `CREATE OR REPLACE VIEW ${quoteQualified(view.schema, view.name)}${settings} AS ${view.definition.replace(/;\s*$/, "")}`,
          { locks: [lock(view.schema, view.name)] },
        );
      }),
    ...functions.filter(({ direct }) => direct).map(({ definition }) => buildStep(definition)),
    ...foreignPolicies.map(({ schema, table, name, using, withCheck }) =>
      buildStep(
        `ALTER POLICY ${quote(name)} ON ${quoteQualified(schema, table)}` +
          (using === undefined ? "" : ` USING (${using})`) +
          (withCheck === undefined ? "" : ` WITH CHECK (${withCheck})`),
        { locks: [lock(schema, table)] },
      ),
    ),
  ];
}

/** Lets foreign keys that pointed to the former relation point to the new one: not validated here, but enforced at once. */
export function referAgain(source: Pick<AttachSource, "bound">): Statement[] {
  return [...dropReferring(source), ...addReferring(source)];
}

export function dropReferring({ bound }: Pick<AttachSource, "bound">): Statement[] {
  return bound.referring.map((key) => alterReferring(key, `DROP CONSTRAINT ${quote(key.name)}`));
}

export function addReferring({ bound }: Pick<AttachSource, "bound">): Statement[] {
  return bound.referring.map((key) =>
    alterReferring(key, `ADD CONSTRAINT ${quote(key.name)} ${key.definition.replace(/ NOT VALID$/, "")} NOT VALID`),
  );
}

function alterReferring({ schema, table }: SourceReference, action: string): Statement {
  const sql = `ALTER TABLE ${quoteQualified(schema, table)} ${action}`;
  return buildStep(sql, { locks: [lock(schema, table)], hazards: ["LOCK_REFERRING_AX"] });
}

/** Validates them afterwards, while writers of both tables continue. */
export function validateReferring({ bound }: { readonly bound: Pick<ConversionSource, "referring"> }): Statement[] {
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

function lock(schema: string, name: string): Lock {
  return { relation: `${schema}.${name}`, role: "referring", mode: "ACCESS EXCLUSIVE" };
}

/** Validates those of the keys that a swap has left, as {@link listToValidate} named them, and that are not validated yet. */
export function validateLeft({ referring }: Pick<ConversionSource, "referring">, left: readonly string[]): Statement[] {
  return referring.filter((key) => !key.validated && left.includes(nameReference(key))).map(validateKey);
}

function nameReference({ schema, table, name }: SourceReference): string {
  return `${schema}.${table}.${name}`;
}

/** Lists the foreign keys that a swap leaves to be validated, as `schema.table.name`: for its record in the ledger. */
export function listToValidate({ bound }: Pick<AttachSource, "bound">): string[] {
  return bound.referring.flatMap((key) => (key.validated ? [nameReference(key)] : []));
}
