import { NO_FACTS } from "../../../core/table/alter/facts";
import { collectFamily } from "../../../core/table/alter/family";
import { formatTableId } from "../../../core/names/resource-id";
import type { Observation } from "../../../core/observed/observed-table";
import {
  describeAbsent,
  type LaterKey,
  type LaterKeys,
  planLaterKeySteps,
  listMissingKeys,
} from "../../../core/plan/upkeep/later-keys";
import type { TableShape } from "../../../core/declare/table/spec";
import { readAlterFacts } from "../../../postgres/read/alter-facts";
import { readAbsentTables } from "../../../postgres/read/list-tables";
import { alterTable } from "../../../postgres/work/alter-table";
import type { WorkContext } from "../../../postgres/work/work-context";
import type { Runtime } from "../../runtime/runtime";
import type { Failures } from "./window-turn";
import type { WindowInputs } from "./window-inputs";

/**
 * Returns the table without the foreign keys whose target does not exist yet: no statement could create them now. The window,
 * which comes after every table that this one refers to, adds them.
 */
export async function omitLaterKeys(runtime: Runtime, shape: TableShape): Promise<TableShape> {
  const absent = await findAbsentTargets(runtime, shape, shape.foreignKeys);
  const later = absent.map(({ name }) => name);
  runtime.laterKeys.set(formatTableId(shape), later);
  return { ...shape, foreignKeys: shape.foreignKeys.filter(({ name }) => !later.includes(name)) };
}

/** Returns the foreign keys for the window to add; undefined: none. */
export async function findLaterKeys(
  runtime: Runtime,
  table: { readonly schema: string; readonly table: string },
  observation: Observation,
): Promise<LaterKeys | undefined> {
  const shape = runtime.getShape(table);
  if (!shape?.columns) return undefined;
  // Keys deferred by this run's Table, or by an earlier run: then the table exists and its resource has no changes.
  const putOff = runtime.laterKeys.get(formatTableId(table));
  const open = observation.table ? listMissingKeys(shape.foreignKeys, observation.table) : shape.foreignKeys;
  const keys = open.filter((key) => (putOff ? putOff.includes(key.name) : observation.table !== undefined));
  if (keys.length === 0) return undefined;
  const absent = await findAbsentTargets(runtime, shape, keys);
  const facts = observation.table
    ? await readAlterFacts(runtime.database, shape, {
        functions: [],
        types: [],
        usesOf: [],
        nullsOf: [],
        constraints: keys.map(({ name }) => name),
      })
    : { ...NO_FACTS, version: observation.serverVersion ?? NO_FACTS.version };
  return {
    facts,
    keys: await Promise.all(
      keys.map(async (key): Promise<LaterKey> => {
        if (!absent.includes(key)) return { key, absent: false };
        const beside = { schema: shape.schema, table: key.references.table };
        const [missing] = await readAbsentTables(runtime.database, [beside]);
        return { key, absent: true, sameSchema: missing ? undefined : `${beside.schema}.${beside.table}` };
      }),
    ),
  };
}

/** Adds the deferred foreign keys; a failed one fails the window, but stops nothing else. Returns the table afterwards. */
export async function addLaterKeys(
  work: WorkContext,
  runtime: Runtime,
  { spec }: WindowInputs,
  observation: Observation,
  owner: string,
  failures: Failures,
): Promise<Observation> {
  const shape = runtime.getShape(spec);
  const { table, registration } = observation;
  const later = await findLaterKeys(runtime, spec, observation);
  if (!shape || !table || !later || registration?.owner !== owner || registration.mode === "released")
    return observation;
  for (const one of later.keys) {
    if (work.signal.aborted) break;
    if (one.absent) {
      failures.reasons.push(describeAbsent(one));
      continue;
    }
    try {
      const recorded = registration.expressions ?? [];
      const steps = planLaterKeySteps(collectFamily(table), one.key, later.facts, recorded);
      await alterTable(work, shape, steps, recorded);
      work.log.info(`added foreign key ${one.key.name}`);
    } catch (error) {
      failures.add(`foreign key "${one.key.name}"`, error);
    }
  }
  return runtime.observeAgain(spec, spec.key);
}

async function findAbsentTargets(
  runtime: Runtime,
  shape: TableShape,
  keys: TableShape["foreignKeys"],
): Promise<TableShape["foreignKeys"]> {
  const own = formatTableId(shape);
  const open = keys.filter(({ references }) => {
    const id = formatTableId(references);
    return id !== own && !runtime.planned.has(id);
  });
  if (open.length === 0) return [];
  const absent = await readAbsentTables(
    runtime.database,
    open.map(({ references }) => references),
  );
  return open.filter(({ references }) =>
    absent.some(({ schema, table }) => schema === references.schema && table === references.table),
  );
}
