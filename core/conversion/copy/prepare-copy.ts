import { quote, quoteList, quoteLiteral, quoteQualified, type Quoted } from "../../names/identifier";
import { buildFreshGrantStatements } from "../../partition/carry/security-statements";
import { buildBoundsCondition, nameBoundsCheck } from "../../partition/statements/attach-partition";
import { formatCut } from "../../partition/statements/new-table";
import { buildRelationStatement } from "../../sql/relation";
import type { Statement } from "../../sql/statement";
import { namePrimaryKey, quoteTable } from "../attach/attach-source";
import { formatOptions } from "../attach/carry";
import { installCapture, prepareCapture } from "../between/capture";
import { listCarriedChecks } from "./align-copy";
import {
  type CopyPartition,
  type CopySource,
  formatCopyBounds,
  nameOnTarget,
  quoteTarget,
  toPair,
} from "./copy-source";

/** Creates the partitioned copy, and what will capture changes. */
export function prepareCopyStatements(source: CopySource): Statement[] {
  const { table, defaultGrantees } = source;
  const security = { owner: table.owner, role: table.rights.role, defaultGrantees };
  return [...createCopyStatements(source), ...prepareCapture(toPair(source), security)].map((statement) => ({
    ...statement,
    transaction: namePreparation(source),
  }));
}

/**
 * Creates the partitioned copy with the checks and the primary key of the plain table, and its partitions. No other session uses any of
 * it. Indexes follow when the rows are there; foreign keys, triggers and policies in the swap, because they would act twice on
 * every row.
 */
export function createCopyStatements(source: CopySource): Statement[] {
  const { table, bound, defaultGrantees, partitions } = source;
  const target = quoteTarget(source);
  const options = ["DEFAULTS", "GENERATED", "STORAGE", "COMPRESSION"].map((option) => ` INCLUDING ${option}`).join("");
  const place = bound.carried.unsaid?.placed === true ? bound.carried.tablespace : undefined;
  const checks = listCarriedChecks(source);
  const close = (name: string) =>
    buildFreshGrantStatements({ schema: table.schema, name, role: "parent", fresh: true }, "", [], defaultGrantees);
  const statements = [
    ...buildFresh(source, [
      `CREATE TABLE ${target} (LIKE ${quoteTable(source)}${options}) ${formatCut(source.cut)}${place === undefined ? "" : ` TABLESPACE ${quote(place)}`}`,
      ...own(source, target),
      ...checks.map(({ name, definition }) => `ALTER TABLE ${target} ADD CONSTRAINT ${quote(name)} ${definition}`),
      // A primary key says it by itself.
      ...(source.primaryKey.length === 0
        ? [`ALTER TABLE ${target} ALTER COLUMN ${quote(source.key.column)} SET NOT NULL`]
        : [
            `ALTER TABLE ${target} ADD CONSTRAINT ${quote(nameOnTarget(source, namePrimaryKey(table)))} PRIMARY KEY (${quoteList(source.primaryKey)})`,
          ]),
      ...partitions.flatMap((partition) => createPartition(source, partition)),
    ]),
    ...close(source.names.target),
    ...partitions.flatMap(({ name }) => close(name)),
  ];
  const [first, ...others] = statements;
  // LIKE reads the columns of the table.
  const shared = { relation: `${table.schema}.${table.name}`, role: "parent", mode: "ACCESS SHARE" } as const;
  return [...(first ? [{ ...first, locks: [shared] }] : []), ...others];
}

export function namePreparation({ table }: Pick<CopySource, "table">): string {
  return `prepare the copy of ${table.schema}.${table.name}`;
}

/** Adds partitions for rows of intervals that have none: declared ones that came with time, or rows with unexpected times. */
export function addPartitionStatements(source: CopySource, added: readonly CopyPartition[]): Statement[] {
  const { table, defaultGrantees } = source;
  return added.flatMap((partition) =>
    [
      ...buildFresh(source, createPartition(source, partition)),
      ...buildFreshGrantStatements(
        { schema: table.schema, name: partition.name, role: "partition", fresh: true },
        "",
        [],
        defaultGrantees,
      ),
    ].map((statement) => ({ ...statement, transaction: `create partition ${table.schema}.${partition.name}` })),
  );
}

/** Storage is that of the plain table; its rows are what is copied. A CHECK lets ATTACH read none of them, where they will have another parent. */
function createPartition(source: CopySource, added: CopyPartition): string[] {
  const { bound, table } = source;
  const partition = quoteQualified(table.schema, added.name);
  const parent = quoteQualified(table.schema, added.parent);
  const toast = Object.entries(bound.carried.toast ?? {}).map(([option, value]) => [`toast.${option}`, value] as const);
  const options = [
    ...(Object.keys(bound.carried.options).length > 0 ? [formatOptions(bound.carried.options)] : []),
    ...toast.map(([option, value]) => `${option} = ${quoteLiteral(value)}`),
  ];
  // A table that is partitioned further has no storage.
  const stored = added.cut ? ` ${formatCut(added.cut)}` : options.length > 0 ? ` WITH (${options.join(", ")})` : "";
  const { kind } = bound.carried.replicaIdentity;
  const place = bound.carried.unsaid?.placed === true ? bound.carried.tablespace : undefined;
  return [
    `CREATE TABLE ${partition} PARTITION OF ${parent} ${formatCopyBounds(source, added)}${stored}${place === undefined ? "" : ` TABLESPACE ${quote(place)}`}`,
    ...own(source, partition),
    ...(source.whole
      ? [
          `ALTER TABLE ${partition} ADD CONSTRAINT ${quote(nameBoundsCheck(added.name))} CHECK (${buildBoundsCondition(source, added)})`,
        ]
      : []),
    ...(kind === "full" || kind === "nothing"
      ? [`ALTER TABLE ${partition} REPLICA IDENTITY ${kind.toUpperCase()}`]
      : []),
  ];
}

function own({ table }: CopySource, relation: Quoted): string[] {
  return table.owner === table.rights.role ? [] : [`ALTER TABLE ${relation} OWNER TO ${quote(table.owner)}`];
}

/** Installs the capture of changes: the first moment at which writers of the table notice anything. */
export function captureStatements(source: CopySource): Statement[] {
  return installCapture(toPair(source));
}

function buildFresh({ table, names }: CopySource, texts: readonly string[]): Statement[] {
  const relation = { schema: table.schema, name: names.target, role: "parent", fresh: true } as const;
  const undo = "it is dropped if the conversion is given up before its swap";
  return texts.map((sql) => buildRelationStatement(relation, undefined, sql, { undo }));
}
