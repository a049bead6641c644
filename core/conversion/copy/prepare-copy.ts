import { quote, quoteList, quoteLiteral, quoteQualified, type Quoted } from "../../names/identifier";
import { buildFreshGrantStatements } from "../../partition/carry/security-statements";
import { buildBoundsCondition, nameBoundsCheck } from "../../partition/statements/attach-partition";
import { formatCut } from "../../partition/statements/new-table";
import type { CarriedState } from "../../observed/observed-table";
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
  const { partitions } = source;
  return [
    ...createTargetStatements(source, ` ${formatCut(source.cut)}${formatPlace(source)}`),
    ...buildFresh(
      source,
      partitions.flatMap((partition) => createPartition(source, partition)),
    ),
    ...closeFresh(source, source.names.target),
    ...partitions.flatMap(({ name }) => closeFresh(source, name)),
  ];
}

/**
 * Creates a relation with the columns, the checks and the primary key that are to be those of the target.
 *
 * @param ending how it is partitioned or stored, with a space before it
 */
export function createTargetStatements(source: CopySource, ending: string): Statement[] {
  const { table } = source;
  const target = quoteTarget(source);
  const options = ["DEFAULTS", "GENERATED", "STORAGE", "COMPRESSION"].map((option) => ` INCLUDING ${option}`).join("");
  const checks = listCarriedChecks(source);
  // LIKE reads the columns of the table.
  const shared = { relation: `${table.schema}.${table.name}`, role: "parent", mode: "ACCESS SHARE" } as const;
  return [
    ...buildFresh(source, [`CREATE TABLE ${target} (LIKE ${quoteTable(source)}${options})${ending}`]).map(
      (statement) => ({ ...statement, locks: [shared] }),
    ),
    ...buildFresh(source, [
      ...own(source, target),
      ...checks.map(({ name, definition }) => `ALTER TABLE ${target} ADD CONSTRAINT ${quote(name)} ${definition}`),
      // A primary key says it by itself.
      ...(source.primaryKey.length === 0
        ? [`ALTER TABLE ${target} ALTER COLUMN ${quote(source.key.column)} SET NOT NULL`]
        : [
            `ALTER TABLE ${target} ADD CONSTRAINT ${quote(nameOnTarget(source, namePrimaryKey(table)))} PRIMARY KEY (${quoteList(source.primaryKey)})`,
          ]),
    ]),
  ];
}

/** Takes away what default privileges give other roles on a relation that was just created. */
export function closeFresh({ table, defaultGrantees }: CopySource, name: string): Statement[] {
  return buildFreshGrantStatements(
    { schema: table.schema, name, role: "parent", fresh: true },
    "",
    [],
    defaultGrantees,
  );
}

/** Tablespace of the table, if it names one. */
function formatPlace({ bound: { carried } }: Pick<CopySource, "bound">): string {
  const place = carried.unsaid?.placed === true ? carried.tablespace : undefined;
  return place === undefined ? "" : ` TABLESPACE ${quote(place)}`;
}

/** Storage parameters of a relation that is like another one, and of its TOAST table. */
export function formatStorage({ options, toast }: Pick<CarriedState, "options" | "toast">): string {
  const found = [
    ...(Object.keys(options).length > 0 ? [formatOptions(options)] : []),
    ...Object.entries(toast ?? {}).map(([option, value]) => `toast.${option} = ${quoteLiteral(value)}`),
  ];
  return found.length === 0 ? "" : ` WITH (${found.join(", ")})`;
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
  // A table that is partitioned further has no storage.
  const stored = added.cut ? ` ${formatCut(added.cut)}` : formatStorage(bound.carried);
  const { kind } = bound.carried.replicaIdentity;
  return [
    `CREATE TABLE ${partition} PARTITION OF ${parent} ${formatCopyBounds(source, added)}${stored}${formatPlace(source)}`,
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
