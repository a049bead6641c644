import { findReturnProblems } from "../../core/conversion/copy/return-problems";
import { withoutCapture } from "../../core/conversion/copy/without-capture";
import { describeFormer, type ReturnSource } from "../../core/conversion/copy/return-copy";
import type { CopyShape } from "../../core/conversion/copy/align-copy";
import type { PairRelation } from "../../core/conversion/between/pair";
import { quoteQualified } from "../../core/names/identifier";
import type { Problem } from "../../core/problems/problem";
import type { DeclaredCopy } from "../../core/resources/conversion";
import { listPlaced, listWholeTree, type PlacedPartition } from "../../core/partition/branch/desired-branches";
import { cutBelow } from "../../core/partition/branch/new-branches";
import { findKeyKind } from "../../core/time/key";
import type { Database } from "../../postgres/database";
import { listLeaves } from "../../postgres/conversion/leaves";
import { readConversionSource } from "../../postgres/read/conversion-source";
import { type HistoryFacts, readHistoryFacts } from "../../postgres/read/history-facts";
import { readTakenNames } from "../../postgres/read/names-taken";
import { listMissingRights } from "../../postgres/read/rights";
import type { WayBack } from "./read-way-back";

/** A converted table that can become the plain one again, and that one. */
export interface Returnable {
  readonly wayBack: WayBack;
  readonly source: ReturnSource;
  /** The former table as it is now. */
  readonly copy: CopyShape;
  /** Partitions and branches that the ledger knows: those that the table's own resources created or adopted. */
  readonly recorded: readonly PlacedPartition[];
  /** Partitions that were detached since, and are captured still. */
  readonly detached: readonly PairRelation[];
  /** Of the table and of the former one. */
  readonly facts: readonly HistoryFacts[];
  /** What keeps it from its way back, but not from being kept current. */
  readonly problems: readonly Problem[];
}

/** Reads the table and its former one as they are now, with what is bound to both. */
export async function readReturnable(
  database: Database,
  declared: DeclaredCopy,
  wayBack: WayBack,
): Promise<Returnable> {
  const { schema, table: name, key } = declared;
  const { target, pending, former } = wayBack.record.detail;
  const named = { schema, table: former };
  // Fingerprints first: what is read after them may be newer, but never older.
  const facts = [await readHistoryFacts(database, declared), await readHistoryFacts(database, named)];
  for (const table of [name, former]) database.invalidate(schema, table);
  const { table, replication, defaultGrantees, ledger } = await database.observe(schema, name, key);
  const { table: plain } = await database.observe(schema, former, key);
  const bound = await readConversionSource(database, declared);
  const own = await readConversionSource(database, named);
  const type = table?.columns.find(({ name: column }) => column === key.column)?.type ?? "";
  const kind = findKeyKind(type, key.encoding);
  if (!table || !plain || !bound || !own || !kind)
    throw new Error(`table "${schema}.${name}" or its former one was altered while it was read; run the update again`);
  const source: ReturnSource = {
    table,
    bound: withoutCapture(bound),
    publications: replication.publications,
    defaultGrantees,
    key: { column: key.column, kind, zone: key.zone },
    primaryKey: wayBack.detail.key,
    names: { target: former, pending: wayBack.detail.pending, former: target },
    cut: cutBelow(declared),
    partitions: [],
    plain,
    own,
    pendingAgain: pending,
  };
  const taken = await readTakenNames(
    database,
    [target, pending].map((free) => ({ schema, name: free })),
  );
  const problems = findReturnProblems(
    source,
    taken.filter((one) => one.kind === "relation").map((one) => one.name),
    listMissingRights(table),
  );
  const placed = new Set(listWholeTree(table).map(({ schema: at, name: called }) => quoteQualified(at, called)));
  const captured = await listLeaves(database, declared, wayBack.detail.pending);
  const detached = captured.filter((leaf) => !placed.has(quoteQualified(leaf.schema, leaf.name)));
  const recorded = listPlaced(table).filter(({ oid }) => ledger.some((entry) => entry.oid === oid));
  return { wayBack, source, recorded, copy: describeFormer(source), detached, facts, problems };
}
