import { quote } from "../../core/names/identifier";
import type { ObservedPartitionIndex } from "../../core/observed/observed-table";
import { countDefault } from "./default-counts";
import type { RawObservation } from "./observation";
import { LAGGING_SLOT_MEGABYTES, LAGGING_STANDBY_SECONDS, OLD_TRANSACTION_SECONDS } from "../execute/obstacles";
import { query } from "../queries";
import {
  toIndex,
  type PartitionIndexRow,
  type PartitionRow,
  type RegistryRow,
  type RelationJson,
  type TableRow,
} from "./rows";
import type { Session } from "../connect/session";
import { isLockTimeout } from "../connect/sqlstate";

/**
 * Reads everything about one table: two or three statements, whatever the number of its partitions, one more if a default
 * partition is not empty, and one if pg_partman is installed. `tried`: number of earlier attempts that a lock prevented.
 */
export async function observeTable(
  session: Session,
  management: string,
  schema: string,
  name: string,
  tried: number,
): Promise<RawObservation> {
  const table = await readTable(session, management, schema, name);
  const [partitions, registry, defaultRows] = await readWithEstimates(tried, async (exact) => {
    const read = await waitForBoth(
      readPartitions(session, table.relation ?? undefined, exact),
      readRegistry(session, table.managed_here ? management : undefined, schema, name, exact),
    );
    return [...read, exact ? await countDefault(session, read[0]) : undefined] as const;
  });
  const partman = await readPartman(session, table.partman_schema, schema, name);
  return { schema, name, table, partitions, registry, defaultRows, partman };
}

/** Reads the indexes of all partitions, at any depth; with `away` also those of this detached table. */
export async function observeIndexesOfPartitions(
  session: Session,
  schema: string,
  name: string,
  away: { readonly schema: string; readonly name: string } | undefined,
): Promise<ObservedPartitionIndex[]> {
  const rows = await session.query(query("partition-indexes"), [
    schema,
    name,
    away?.schema ?? null,
    away?.name ?? null,
  ]);
  // The query names the columns of PartitionIndexRow.
  return (rows as unknown as PartitionIndexRow[]).map((row) => ({
    ...toIndex(row),
    schema: row.schema,
    partition: row.partition,
    attachedTo: row.attached_to ?? undefined,
    building: row.building,
  }));
}

async function readTable(session: Session, management: string, schema: string, name: string): Promise<TableRow> {
  const limits = [OLD_TRANSACTION_SECONDS, LAGGING_SLOT_MEGABYTES, LAGGING_STANDBY_SECONDS];
  const rows = await session.query(query("table"), [schema, name, management, ...limits]);
  // The query always returns one row, with these columns.
  return rows[0] as unknown as TableRow;
}

async function readPartitions(
  session: Session,
  relation: RelationJson | undefined,
  exact: boolean,
): Promise<PartitionRow[]> {
  if (relation?.relkind !== "p") return [];
  // An index can identify rows only if another than the primary key is unique.
  const unique = (relation.indexes ?? []).some((index) => index.unique && index.constraint?.kind !== "primary");
  return (await session.query(query("partitions"), [relation.oid, exact, unique])) as unknown as PartitionRow[];
}

async function readRegistry(
  session: Session,
  management: string | undefined,
  schema: string,
  name: string,
  exact: boolean,
): Promise<RegistryRow | undefined> {
  if (management === undefined) return undefined;
  return (
    await session.query(query("registry/registry", management), [schema, name, exact])
  )[0] as unknown as RegistryRow;
}

/** Returns the schema of pg_partman if it manages this table. */
async function readPartman(
  session: Session,
  partman: string | null,
  schema: string,
  name: string,
): Promise<string | undefined> {
  if (partman === null) return undefined;
  const rows = await session.query(
    query("adopt/partman").replaceAll(":partman", () => quote(partman)),
    [schema, name],
  );
  return rows.length > 0 ? partman : undefined;
}

/** Number of attempts with exact sizes, half a second together: a short lock costs no exactness. */
const EXACT_TRIES = 3;

/**
 * Reads exact sizes, which lock each partition; estimates them while one is being rewritten: a preview must not wait for that.
 */
async function readWithEstimates<T>(tried: number, read: (exact: boolean) => Promise<T>): Promise<T> {
  try {
    return await read(true);
  } catch (error) {
    if (!isLockTimeout(error) || tried + 1 < EXACT_TRIES) throw error;
    return read(false);
  }
}

/** Waits for both even if one fails, so that nothing is under way when the session is used again. */
async function waitForBoth<A, B>(first: Promise<A>, second: Promise<B>): Promise<[A, B]> {
  await Promise.allSettled([first, second]);
  return [await first, await second];
}
