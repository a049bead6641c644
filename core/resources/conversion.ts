import { z } from "zod";
import type { AttachSpec, CopySpec, SwitchSpec } from "../declare/conversion/conversion-spec";
import { CONVERSION } from "../declare/conversion/convert-from";
import { collectWires, decodeOptions, encodeOptions } from "../declare/option/option";
import type { KeySpec, TableSpec, WindowSpec } from "../declare/table/spec";
import { decodeKey, encodeKey, keyWireSchema } from "../declare/table/wire";
import { decodeGrid, encodeGrid, gridWireSchema } from "../declare/levels/time-level";
import { decodeLevels, encodeLevels, levelsWireSchema } from "../declare/levels/levels-wire";
import { RETIREMENT } from "../declare/retention/retirement";
import { WINDOW } from "../declare/window/window";
import type { Instant } from "../time/instant";
import { CREATE, OWNER } from "./notes";
import { defineResourceType } from "./resource-type";

/** How far the conversion of a table is. `none`: no table of its name exists, so there is nothing to convert. */
const CONVERSION_STATES = ["none", "plain", "prepared", "copying", "verified", "converted"] as const;
export type ConversionState = (typeof CONVERSION_STATES)[number];

/** Rules of retirement that the drop of the former table obeys. */
const DROP_RULES = {
  holds: RETIREMENT.holds,
  paused: RETIREMENT.paused,
  allowRetireBetween: RETIREMENT.allowRetireBetween,
  allowRetireOn: RETIREMENT.allowRetireOn,
};

type DropRules = Pick<WindowSpec, keyof typeof DROP_RULES>;

const conversionWireSchema = z.object({
  schema: z.string().min(1),
  table: z.string().min(1),
  key: keyWireSchema,
  primaryKey: z.array(z.string().min(1)).optional(),
  convertFrom: collectWires(CONVERSION).convertFrom.unwrap(),
  grid: gridWireSchema.optional(),
  levels: levelsWireSchema.optional(),
  lead: collectWires(WINDOW).lead.optional(),
  requireBackupSince: collectWires(RETIREMENT).requireBackupSince,
  ...collectWires(DROP_RULES),
  plan: z.unknown().optional(),
});

type ConversionWire = z.infer<typeof conversionWireSchema>;

/** Returns the inputs of the conversion of a declared table; undefined if it has none. */
export function encodeConversion(spec: TableSpec): ConversionWire | undefined {
  const { convertFrom } = encodeOptions(CONVERSION, spec) as Partial<ConversionWire>;
  if (!convertFrom) return undefined;
  const { requireBackupSince } = spec.window;
  return {
    schema: spec.schema,
    table: spec.table,
    key: encodeKey(spec.window.key),
    ...(spec.primaryKey ? { primaryKey: [...spec.primaryKey] } : {}),
    convertFrom,
    ...(requireBackupSince ? { requireBackupSince: RETIREMENT.requireBackupSince.toWire(requireBackupSince) } : {}),
    ...(convertFrom.dropFormerAfter === undefined ? {} : encodeOptions(DROP_RULES, spec.window)),
    // Rows are copied into its partitions.
    ...((convertFrom.strategy ?? "attach") !== "attach" || convertFrom.split ? encodePartitioning(spec.window) : {}),
  };
}

function encodePartitioning({ grid, levels, lead }: Partitioning): Pick<ConversionWire, keyof Partitioning> {
  const others = encodeLevels(levels);
  return { grid: encodeGrid(grid), ...(others ? { levels: others } : {}), lead: WINDOW.lead.toWire(lead) };
}

/** A declared conversion as its handler reads it. */
export type DeclaredConversion = DeclaredAttach | DeclaredCopy | DeclaredSwitch;

interface DeclaredTable extends Pick<WindowSpec, "requireBackupSince">, DropRules {
  readonly schema: string;
  readonly table: string;
  readonly key: KeySpec;
  readonly primaryKey: readonly string[] | undefined;
}

/** How the copy is partitioned. */
type Partitioning = Pick<WindowSpec, "grid" | "levels" | "lead">;

export interface DeclaredAttach extends DeclaredTable, AttachSpec {
  /** Intervals of the partitions that the history is split into. Undefined: it is not. */
  readonly partitioning: Partitioning | undefined;
}

/** With the intervals of the partitions that its rows are copied into. */
export interface DeclaredCopy extends DeclaredTable, CopySpec, Partitioning {
  /** The table that is copied is a partition of this one, up to this bound: its history, which is split. Left out: it is a plain table. */
  readonly historyOf?: { readonly table: string; readonly until: Instant };
  /** The plain table is copied into this one, and both stay. Left out: the copy takes its place. */
  readonly switchTo?: { readonly table: string };
}

/** The declared table is a copy of another one, and both are kept equal. */
export interface DeclaredSwitch extends DeclaredTable, SwitchSpec, Partitioning {}

/** Returns the copy by which a table gets the rows of another one, which stays: from that one. */
export function toSwitchedCopy(declared: DeclaredSwitch): DeclaredCopy & Required<Pick<DeclaredCopy, "switchTo">> {
  const { table, from, ...alike } = declared;
  return {
    ...alike,
    table: from,
    strategy: "copy",
    formerName: from,
    openWayBack: false,
    dropFormerAfter: undefined,
    switchTo: { table },
  };
}

/** Returns a copy under the name that its partitions are named after. */
export function nameAfterTarget(declared: DeclaredCopy): DeclaredCopy {
  return declared.switchTo ? { ...declared, table: declared.switchTo.table } : declared;
}

/** Returns the copy by which a history is split: from that partition, into partitions of the same table. */
export function toSplit(declared: DeclaredAttach): DeclaredCopy | undefined {
  const { table, historyName, historyUntil, until, split: _, partitioning, ...alike } = declared;
  if (!partitioning) return undefined;
  return {
    ...alike,
    table: historyName,
    strategy: "copy",
    formerName: historyName,
    until: until === "swap" ? "swap" : "verify",
    rollbackUntil: undefined,
    openWayBack: false,
    ...partitioning,
    historyOf: { table, until: historyUntil },
  };
}

/** Returns the conversion that a copy belongs to, as it was declared. */
function toDeclared(declared: DeclaredCopy): DeclaredConversion {
  const {
    historyOf,
    switchTo,
    table,
    formerName: _,
    rollbackUntil,
    openWayBack: _o,
    grid,
    levels,
    lead,
    ...alike
  } = declared;
  if (switchTo && rollbackUntil) {
    const { dropFormerAfter: _d, ...kept } = alike;
    return {
      ...kept,
      grid,
      levels,
      lead,
      rollbackUntil,
      table: switchTo.table,
      from: table,
      strategy: "copyThenSwitch",
    };
  }
  if (!historyOf) return declared;
  return {
    ...alike,
    table: historyOf.table,
    strategy: "attach",
    historyUntil: historyOf.until,
    historyName: table,
    split: true,
    partitioning: { grid, levels, lead },
  };
}

/** Returns the inputs of a conversion that copies, or splits: what another process needs to go on with it. */
export function encodeCopy(copied: DeclaredCopy): ConversionWire {
  const declared = toDeclared(copied);
  const { schema, table, key, primaryKey } = declared;
  const { convertFrom } = encodeOptions(CONVERSION, { convertFrom: declared }) as Pick<ConversionWire, "convertFrom">;
  return {
    schema,
    table,
    key: encodeKey(key),
    ...(primaryKey ? { primaryKey: [...primaryKey] } : {}),
    convertFrom,
    ...encodePartitioning(copied),
  };
}

export function decodeConversion(wire: ConversionWire): DeclaredConversion {
  const { convertFrom } = decodeOptions(CONVERSION, wire);
  if (!convertFrom) throw new RangeError("the inputs have no conversion");
  const table = {
    schema: wire.schema,
    table: wire.table,
    key: decodeKey(wire.key),
    primaryKey: wire.primaryKey,
    requireBackupSince: RETIREMENT.requireBackupSince.fromWire(wire.requireBackupSince),
    ...decodeOptions(DROP_RULES, wire),
  };
  if (convertFrom.strategy === "attach" && !convertFrom.split)
    return { ...table, ...convertFrom, partitioning: undefined };
  if (!wire.grid || wire.lead === undefined)
    throw new RangeError("the inputs of a conversion that copies have no grid");
  const partitioning = {
    grid: decodeGrid(wire.grid),
    levels: decodeLevels(wire.levels),
    lead: WINDOW.lead.fromWire(wire.lead),
  };
  return convertFrom.strategy === "attach"
    ? { ...table, ...convertFrom, partitioning }
    : { ...table, ...convertFrom, ...partitioning };
}

export const conversionType = defineResourceType({
  name: "Conversion",
  description:
    "Conversion of a plain table into a partitioned one, online. With the strategy `attach` no row moves: the whole table becomes one partition for everything before `historyUntil`. With `copy` its rows are copied into partitions, compared, and the copy takes its place; with `offline` the same in one transaction, while writers wait. With `copyThenSwitch` the rows of another table are copied into the declared one, and both are kept equal until `rollbackUntil`. Comes before the Table, which then adopts what it made. Does nothing once the table is partitioned, unless `until` takes the swap back (`prepare` that of `attach`, `verify` that of `copy`), `openWayBack` prepares that for any partitioned table, or `split` cuts the history of `attach` into partitions, and nothing where no table of that name exists.",
  inputs: conversionWireSchema,
  facts: z.object({ state: z.enum(CONVERSION_STATES), history: z.string().optional(), former: z.string().optional() }),
  arguments: ["ConvertFromArgs", "TableSpecArgs"],
  texts: {
    primaryKey: "Primary key of the partitioned table. Left out: the present one, with the partition key added.",
    convertFrom: "The declared conversion.",
    grid: "With the strategies `copy`, `copyThenSwitch` and `offline`, or with `split`: intervals of the partitions that its rows are copied into.",
    levels:
      "With the strategies `copy`, `copyThenSwitch` and `offline`: LIST and HASH levels of the copy. Left out: it is partitioned by time alone.",
    lead: "With the strategies `copy`, `copyThenSwitch` and `offline`, or with `split`: how far ahead of now they reach.",
    requireBackupSince:
      "Backup without which nothing is swapped: it has to have begun at most `within` ago (48 hours, if left out).",
    plan: "What Check has read, for policies: `state` as in the outputs, `split` in the same words for the history that is to be split (left out: none is), `rows` by estimate, and `asOf`, the time that decides. Check replaces a given one.",
    state:
      "`plain`: the table is as it was, or is plain again. `prepared`: only the swap remains. `copying`: its rows are being copied or compared. `verified`: every row was copied and compared, and only the swap remains. `converted`: the table is partitioned; with `copyThenSwitch` it exists, and both are kept equal, or were until `rollbackUntil`. `none`: no table of that name exists.",
    history:
      "With the strategy `attach`: `schema.name` of the partition with all rows before `historyUntil`; after a split, of the table that it was.",
    former:
      "With the strategies `copy` and `offline`: `schema.name` of the plain table after the swap, until it is dropped. With `copyThenSwitch`: of the plain table, which stays.",
  },
  names: { state: "ConversionState", grid: "GridSegment", levels: "Levels" },
  notes: {
    imports:
      "The id is `schema.table`. It cannot be imported, and need not be: a table that is partitioned already is adopted without a conversion.",
    operations: ["convertByAttach"],
    locks:
      "With `attach`, preparing takes ACCESS EXCLUSIVE for an instant where a CHECK is added, under a short `lock_timeout` with retries; the unique index is built CONCURRENTLY, and the CHECK is validated while writers continue. The swap is one transaction: ACCESS EXCLUSIVE on the table, on tables that its foreign keys point to or that point to it, on views that read it and on tables whose policies query it. It reads and copies no row, so its time grows with the number of these objects and not with the table. The way back takes the same locks, and those of all partitions; its time grows with the rows that it moves. With `copy`, SHARE ROW EXCLUSIVE for an instant where the capture begins, ACCESS SHARE while rows are copied and compared, and ACCESS EXCLUSIVE in the swap, on the same relations, while at most 2,000 changes are reconciled; the way back of a copy takes the same, and those of all partitions, on which opening one later takes SHARE ROW EXCLUSIVE for an instant. With `offline`, EXCLUSIVE from before its rows are copied until the transaction ends, and ACCESS EXCLUSIVE at its end. A split takes what `copy` takes, on the history, and in its last transaction ACCESS EXCLUSIVE on the table with all partitions and on the tables of foreign keys in both directions.",
    rights: [
      OWNER,
      CREATE,
      "Owner, or member of the owner, of every view, function, policy and publication that has to follow the table.",
    ],
    limits: [
      "With `copy` each row needs a key: a primary key, or a declared one that contains a unique index, of numbers, text, uuid or times. A table whose schema or database a publication publishes as a whole, one with forced row security, and one whose rows need more than 500 partitions are refused. Without `rollbackUntil` the former table has the rows as they were at the swap.",
      'The way back of a copy, `until: "verify"` after the swap while `rollbackUntil` keeps it open, keeps every row and everything that is bound to the table. It closes for good when its time has passed, when the table or the capture was altered, when the former table cannot hold a row (two with one former key), or when it leaves the program; `openWayBack` opens another one. Retirement waits while it is open; a partition that is detached by hand is found by the comparison.',
      "With `openWayBack` the rows of a partitioned table are copied into a new plain table, which needs disk for them and their indexes once more; without a primary key, with foreign tables as partitions, and while its history is split it is refused. It gets the former primary key if that is known and no two rows have the same. After `attach` the window needs `start` where the history ends.",
      "With `copy`, a transaction at REPEATABLE READ or SERIALIZABLE whose snapshot is older than the swap gets 40001 when it writes to the table after it; one that reads it for the first time then misses the changes that were reconciled under the lock of the swap.",
      "With `offline` writers wait until all rows are copied and compared; a transaction at REPEATABLE READ or SERIALIZABLE whose snapshot is older than its COMMIT, and which first reads the table after it, sees no row. It needs no key, and has no way back.",
      "Removed before its swap, it takes back what it has prepared, the CHECK and the index; NOT NULL stays. Removed after it, the table stays partitioned.",
      "From the first phase on a row at or after `historyUntil` is refused (23514) until the window's own partitions exist: the same update creates them, unless `until` is `prepare`.",
      "A partitioned table can only have unique keys that contain the partition key: a primary key without it gets it, `ON CONFLICT` on the former columns alone then fails, and two rows of different partitions may have the same id. Another unique key without it is refused, as is one that a foreign key of another table needs.",
      "A table that a subscription writes to, one with inheritance, rules, triggers with transition tables or functions that use its row type, an unlogged or temporary one, and a materialised view on it are refused, each with the way on.",
      "With `split` the history is copied into partitions, which take its place in one transaction; it stays as a table that refuses writes. What belongs to the history itself (a view, a trigger, a policy) and a default partition of more than 8 MB are refused. A split that is unfinished is no failure of the update. There is no way back from it.",
      "Without `split`, retention treats the history as one partition: it expires when its end, `historyUntil`, is before the horizon, and leaves the table after `confirmDrops` has named it.",
      'The way back, `until: "prepare"` after the swap, keeps every row and everything that is bound to the table. It moves the rows outside of the history under ACCESS EXCLUSIVE on the table with all partitions, so at most 100,000; `openWayBack`, with the strategy `copy`, opens one for more of them. Two rows with the same former primary key, a retired history, and what could not be bound to the plain table are refused, each by name. A column that the preparation made NOT NULL stays so.',
      "A REPEATABLE READ or SERIALIZABLE transaction whose snapshot is older than the way back, and which first reads the table after it, does not see the rows that moved.",
      'A table that was taken back stays plain and unprepared under the same `historyUntil` with `until: "prepare"`; a later `historyUntil`, or no `until`, converts it again.',
    ],
  },
});
