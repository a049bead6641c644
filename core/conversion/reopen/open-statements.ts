import { fitIdentifier, quote, quoteList } from "../../names/identifier";
import { listWholeTree } from "../../partition/branch/desired-branches";
import type { Lock, Statement } from "../../sql/statement";
import { namePrimaryKey } from "../attach/attach-source";
import { installCapture, prepareCapture } from "../between/capture";
import { type CopyShape, finishCopyStatements } from "../copy/align-copy";
import { nameOnTarget, quoteTarget, toPair } from "../copy/copy-source";
import { closeFresh, createTargetStatements, formatStorage } from "../copy/prepare-copy";
import { sayWayBack } from "../copy/say-way-back";
import { refuseWrites } from "../copy/swap-copy";
import type { OpenSource } from "./open-source";

/**
 * Returns the one transaction by which a way back begins: the plain table, which refuses the writes of all others, and the capture of
 * changes on the partitioned one and its partitions. Both together, so that no plain table is ever there whose table is not followed.
 */
export function openStatements(source: OpenSource, management: string): Statement[] {
  const { table, stored, names, defaultGrantees, until } = source;
  const place = stored.placed && stored.tablespace !== undefined ? ` TABLESPACE ${quote(stored.tablespace)}` : "";
  const leaves = listWholeTree(table);
  const pair = toPair(source);
  const own: Lock[] = leaves.map(({ schema, name }) => ({
    relation: `${schema}.${name}`,
    role: "partition",
    mode: "SHARE ROW EXCLUSIVE",
  }));
  return [
    ...createTargetStatements(source, `${formatStorage(stored)}${place}`),
    ...closeFresh(source, names.target),
    ...refuseWrites({ table, formerName: names.target }, management),
    ...prepareCapture(pair, { owner: table.owner, role: table.rights.role, defaultGrantees }),
    ...installCapture(pair, leaves).map((statement) => ({ ...statement, locks: [...statement.locks, ...own] })),
    sayWayBack({ schema: table.schema, table: table.name }, until),
  ].map((statement) => ({ ...statement, transaction: nameOpening(source), timeouts: "strong" as const }));
}

/** Labels the transaction by which a way back begins. */
export function nameOpening({ table }: Pick<OpenSource, "table">): string {
  return `open the way back of ${table.schema}.${table.name}`;
}

/** Gives the plain table the keys, indexes and checks of the partitioned one once all rows are there, and its former primary key. */
export function finishOpenStatements(source: OpenSource, plain: CopyShape): Statement[] {
  return [...finishCopyStatements(source, plain), ...takeFormerKey(source, plain)];
}

/**
 * Replaces the primary key of the plain table, which it has of the partitioned one, by the former one. Two rows with the same former
 * key are an error of the server's (23505): then the table keeps what it has.
 */
export function takeFormerKey(source: OpenSource, plain: Pick<CopyShape, "constraints">): Statement[] {
  const { formerKey, table, names } = source;
  const present = plain.constraints.find(({ kind }) => kind === "primary")?.columns ?? source.primaryKey;
  if (!formerKey || present.join("\0") === formerKey.join("\0")) return [];
  const target = quoteTarget(source);
  const index = quote(fitIdentifier(`${names.target}_former_key`));
  const key = quote(nameOnTarget(source, namePrimaryKey(table)));
  const onTarget = (
    sql: string,
    more: Pick<Statement, "hazards" | "hold"> & { readonly mode: Lock["mode"] },
  ): Statement => ({
    sql,
    transaction: sql,
    timeouts: "waiting",
    locks: [{ relation: `${table.schema}.${names.target}`, role: "partition", mode: more.mode }],
    hold: more.hold,
    hazards: more.hazards,
    undo: "dropped with the plain table",
  });
  return [
    onTarget(`CREATE UNIQUE INDEX ${index} ON ${target} (${quoteList(formerKey)})`, {
      mode: "SHARE",
      hold: "grows with rows",
      hazards: ["INDEX_BUILD"],
    }),
    onTarget(`ALTER TABLE ${target} DROP CONSTRAINT ${key}, ADD CONSTRAINT ${key} PRIMARY KEY USING INDEX ${index}`, {
      mode: "ACCESS EXCLUSIVE",
      hold: "instant",
      hazards: [],
    }),
  ];
}
