import { quote, quoteQualified } from "../../names/identifier";
import type { ObservedIndex } from "../../observed/observed-table";
import { formatBytes } from "../../size";
import type { ConversionFacts, KeyFacts } from "./facts";
import { listSome, nameTable, type Rule } from "./finding";
import { findUpserts } from "./statement-uses";

/** The primary key of a partitioned table contains its key: one without it is widened. */
export const primaryKey: Rule = ({ table, key, source }) => {
  const found = table.constraints.find((one) => one.kind === "primary");
  if (!found || !key) return [];
  const lacking = listLacking(key, found.columns);
  if (lacking.length === 0) return [];
  // One that other tables need is a blocker of its own.
  const index = table.indexes.find((one) => one.constraint?.name === found.name);
  const bytes = source.indexes.find((one) => one.name === index?.name)?.bytes ?? 0;
  const columns = [...found.columns, ...lacking].map(quote).join(", ");
  return [
    {
      level: "handled",
      message: `primary key "${found.name}" (${found.columns.join(", ")}) lacks ${lacking.map(quote).join(", ")}: a unique index on (${columns}) is built concurrently, of somewhat more than ${formatBytes(bytes)}, and becomes the primary key in the swap. After that (${found.columns.join(", ")}) alone is unique within the history only.`,
    },
  ];
};

/** Uniqueness holds within one partition only, unless the key is part of it. */
export const unique: Rule = (facts) => {
  const { table, key } = facts;
  if (!key) return [];
  return listNarrow(facts)
    .filter((one) => one.constraint?.kind !== "primary")
    .map((one) => {
      const name = one.constraint ? `unique constraint "${one.constraint.name}"` : `unique index "${one.name}"`;
      const drop = one.constraint
        ? `ALTER TABLE ${quoteQualified(table.schema, table.name)} DROP CONSTRAINT ${quote(one.constraint.name)}`
        : `DROP INDEX CONCURRENTLY ${quoteQualified(table.schema, one.name)}`;
      const lacking = listLacking(key, one.columns);
      const words = lacking.map(quote).join(", ");
      return {
        level: "blocker" as const,
        message: `${name} (${one.columns.join(", ")}) lacks ${words}: PostgreSQL could hold it within each partition only, and two partitions could have the same value.`,
        fix: `Add ${words} to it (CREATE UNIQUE INDEX CONCURRENTLY … (${[...one.columns, ...lacking].join(", ")}), then ${drop}); if the values must remain unique in the whole table, keep them in a table of their own, filled by a trigger; if they are unique by origin (UUIDs, a sequence), a plain index is enough.`,
      };
    });
};

/** From PostgreSQL 17 on, an exclusion constraint may be on a partitioned table if it compares the key by equality. */
export const exclusion: Rule = ({ table, key, serverVersion }) => {
  if (!key) return [];
  return table.constraints
    .filter((one) => one.kind === "exclusion")
    .filter((one) => serverVersion < 17 || listKeys(key).some((column) => !hasEqualKey(one.definition, column)))
    .map((one) => ({
      level: "blocker",
      message:
        serverVersion < 17
          ? `exclusion constraint "${one.name}" cannot be on a partitioned table before PostgreSQL 17.`
          : `exclusion constraint "${one.name}" does not compare ${listKeys(key).map(quote).join(", ")} by equality (${one.definition}), which a partitioned table requires.`,
      fix: `ALTER TABLE ${quoteQualified(table.schema, table.name)} DROP CONSTRAINT ${quote(one.name)}, and check by a trigger with an advisory lock; or add it to each partition, where it compares rows of that partition only.`,
    }));
};

function hasEqualKey(definition: string, column: string): boolean {
  return [column, quote(column)].some((name) => definition.includes(`${name} WITH =`));
}

/** A foreign key needs a unique key of exactly its columns, which the partitioned table has only with the key among them. */
export const incomingKeys: Rule = ({ source, key, serverVersion }) => {
  if (!key) return [];
  return source.referring.map((one) => {
    const from = one.self ? "the table itself" : `"${one.schema}.${one.table}"`;
    const name = `foreign key "${one.name}" of ${from}`;
    const target = quoteQualified(one.schema, one.table);
    const drop = `ALTER TABLE ${target} DROP CONSTRAINT ${quote(one.name)}`;
    const lacking = listLacking(key, one.referenced);
    const words = lacking.map(quote).join(", ");
    if (lacking.length > 0)
      return {
        level: "blocker",
        message: `${name} refers to (${one.referenced.join(", ")}), which cannot be unique without ${words} in a partitioned table.`,
        fix: `Add ${words} to the referring table and refer to (${[...one.referenced, ...lacking].join(", ")}); or ${drop}, and let the application or a trigger keep it.`,
      };
    if ((one.self || one.partitioned) && serverVersion < 18)
      return {
        level: "blocker",
        message: `${name} cannot be pointed to the partitioned table in the swap: before PostgreSQL 18 one of a partitioned table cannot be NOT VALID.`,
        fix: `${drop}, and add it again after the conversion.`,
      };
    if (!one.ours)
      return {
        level: "blocker",
        message: `${name} has to be dropped and added again, which only the owner of ${target} may do.`,
        fix: `GRANT that owner TO the role that converts, or ${drop} meanwhile.`,
      };
    return {
      level: "handled",
      message: `${name} refers to (${one.referenced.join(", ")}): it is dropped and added again NOT VALID in the swap, and validated afterwards, without stopping writers.`,
    };
  });
};

/** ON CONFLICT names a unique key, by columns or by name: one that cannot stay makes the statement fail. */
export const upserts: Rule = (facts) => {
  const { key } = facts;
  if (!key) return [];
  const narrow = listNarrow(facts);
  if (narrow.length === 0) return [];
  const failing = findUpserts(facts).filter(
    ({ columns, constraint }) =>
      (columns !== undefined && listLacking(key, columns).length > 0) ||
      (constraint !== undefined && narrow.some((one) => one.constraint?.name === constraint)),
  );
  const keys = narrow.map((one) => `(${one.columns.join(", ")})`);
  const general = `ON CONFLICT ${[...new Set(keys)].join(" and ")} of ${nameTable(facts)} fails after the conversion: no unique key has these columns alone.`;
  if (failing.length === 0)
    return [
      {
        level: "note",
        message: `${general} No statement or function that was read uses it.`,
        fix: `Write ON CONFLICT with ${listKeys(key).map(quote).join(", ")} too, where the value of the first insert is known.`,
      },
    ];
  return failing.map(({ where, text }) => ({
    level: "note",
    message: `${general} ${where} uses it: ${text}`,
    fix: `Change it to ON CONFLICT (…, ${listKeys(key).map(quote).join(", ")}) before the swap, which the wider unique index already serves; where the time of the first insert is not known, look the row up first.`,
  }));
};

/** Lists unique indexes that lack the key, or have it in an expression only. */
function listNarrow({ table, key }: Pick<ConversionFacts, "table" | "key">): ObservedIndex[] {
  if (!key) return [];
  return table.indexes.filter(
    (one) => one.unique && one.constraint?.kind !== "exclusion" && listLacking(key, one.columns).length > 0,
  );
}

/** Columns that the table would be partitioned by, the time last. */
function listKeys({ column, levels = [] }: Pick<KeyFacts, "column" | "levels">): readonly string[] {
  return [...levels, column];
}

function listLacking(key: Pick<KeyFacts, "column" | "levels">, columns: readonly string[]): string[] {
  return listKeys(key).filter((name) => !columns.includes(name));
}

/** An index whose build failed is on no partition to come. */
export const invalidIndexes: Rule = ({ table }) => {
  const invalid = table.indexes.filter((one) => !one.valid).map((one) => one.name);
  return invalid.length === 0
    ? []
    : [
        {
          level: "note",
          message: `${listSome(invalid)} ${invalid.length > 1 ? "are" : "is"} invalid, left by a build that failed: the partitioned table does not get ${invalid.length > 1 ? "them" : "it"}.`,
          fix: `Drop or rebuild: REINDEX INDEX CONCURRENTLY ${quoteQualified(table.schema, invalid[0] ?? "")}.`,
        },
      ];
};
