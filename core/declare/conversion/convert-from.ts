import { z } from "zod";
import { fitIdentifier } from "../../names/identifier";
import { checkName } from "../../names/name-problems";
import type { Instant } from "../../time/instant";
import { type Around, defineOption, type OptionsOf } from "../option/option";
import { instantWire, nameShape, nameType } from "../option/shapes";
import { parseDeclaredTime } from "../option/time-text";
import {
  CONVERSION_PHASES,
  CONVERSION_STRATEGIES,
  type ConversionPhase,
  type ConversionSpec,
  type ConversionStrategy,
  type CopySpec,
  type SwitchSpec,
} from "./conversion-spec";
import { decodeConversion, encodeConversion } from "./conversion-wire";
import {
  findEarlyDrop,
  findEndless,
  findGridProblems,
  hasLevels,
  MISSING_END,
  MISSING_HISTORY_END,
  MISSING_PLAIN,
  OF_SPLIT,
  REFUSED_LEVELS,
  refuseName,
  refuseOnline,
  refuseOthers,
  refusePhase,
  SAME_NAME,
} from "./convert-from-problems";

/** How a plain table of the same name becomes the partitioned one. */
export interface ConversionOptions {
  /**
   * Converts a plain table of this name into the declared one, online. Left out: a plain table is refused. Once the table is
   * partitioned only its way back, `split` and `dropFormerAfter` have an effect, and it may stay in the program.
   *
   * @example { historyUntil: "2027-01-01" }
   * @example { strategy: "copy", until: "verify" }
   */
  readonly convertFrom?: ConvertFromArgs;
}

/** Conversion of a plain table. */
export interface ConvertFromArgs {
  /**
   * `attach`: the whole table becomes one partition, with all of its rows; no row moves. `copy`: the rows are copied into
   * partitions of the declared levels and interval while writers continue, every row is compared, and the copy takes the place of the table;
   * the former table is kept. It needs disk for the rows and indexes once more. `offline`: the same in one transaction, for a
   * maintenance window: **writers wait until all rows are copied and compared**, readers go on but for an instant at its end. It
   * needs no key, and changes nothing if it fails. `copyThenSwitch`: as `copy`, but nothing takes another's place: the rows of the
   * plain table `table` are copied into the declared one, which has a name of its own, and from then on **both are kept equal,
   * whichever is written to**, until `rollbackUntil`. The application is pointed over, instance by instance if need be, and back.
   *
   * @default "attach"
   */
  readonly strategy?: ConversionStrategy;
  /**
   * With `attach`, and required there: bound between history and window. Rows before it stay in the plain table, which becomes the
   * partition for all of them; the window begins at it. An end of an interval of the grid, later than every row and than now:
   * **from the first phase on, writers may not insert a row at or after it** until the window's own partitions exist. Never
   * changes after the conversion.
   *
   * @example "2027-01-01"
   */
  readonly historyUntil?: string;
  /**
   * With `copyThenSwitch`, and required there: the plain table that is converted, in the schema of the declared one, whose name no other
   * relation may have. It stays as it is, with every row, and is never renamed, closed or dropped.
   *
   * @example "messages"
   */
  readonly table?: string;
  /** With `attach`: name of the partition with the history. @default `{table}_history` @example "events_before_2027" */
  readonly historyName?: string;
  /**
   * With `attach`: cuts the history into partitions of the declared interval, by the updates after the one that swaps. Its rows are
   * copied beside it while readers and writers continue, every row is compared, and the partitions take its place in one
   * transaction; the history stays as a table of its own, which refuses writes, until `dropFormerAfter`, or until you drop it. It needs disk for the rows and
   * indexes of the history once more.
   *
   * @default false
   * @example true
   */
  readonly split?: boolean;
  /**
   * With `copy` and `offline`: name that the plain table gets in the swap. It keeps its rows, and refuses every write, until
   * `dropFormerAfter`, or until you drop it.
   *
   * @default `{table}_legacy`
   * @example "events_old"
   */
  readonly formerName?: string;
  /**
   * Last phase to run. The other resources of the table are created by the update that swaps.
   *
   * With `attach`, `prepare` builds the wider key and proves the bound while the table stays plain, so that a later update only
   * has to swap. Declared after the swap, it takes that back: the table is the plain one again, with every row written since,
   * and its partitions are gone. With `split`, `verify` copies and compares the history, and the update without it puts its
   * partitions in its place.
   *
   * With `copy`, `verify` copies and compares every row, and goes on following the changes with each update, so that a later
   * one only has to swap. Declared after the swap, while `rollbackUntil` keeps a way back open, it takes the swap back: the table
   * is the plain one again, with every row written since, and the partitioned one is the copy, compared and kept current.
   *
   * With `copyThenSwitch`, `verify` copies and compares every row, and goes on following the changes of the plain table; without it
   * both are kept equal from the next update on.
   *
   * With `offline` there is no phase before the swap.
   *
   * @default "swap"
   */
  readonly until?: ConversionPhase;
  /**
   * With `copy` or `split`: minutes after which an update stops copying, from 1 up, with what is done; the next one goes on, or
   * `pgpartition convert run`; `copyThenSwitch` alike. An update that has to swap a `copy` fails then, and says how far it is. With `offline`: minutes after
   * which it is rolled back, so that writers wait no longer, and the update fails. Left out: it works to its end.
   *
   * @example 60
   */
  readonly timeBudgetMinutes?: number;
  /**
   * With `copy`: until when the former table is kept current after the swap, so that the conversion can be taken back with every
   * write, by `until: "verify"`. Writers pay for one more inserted row of keys, as while the rows are copied; retirement of the
   * table waits; the disk keeps both tables. A later time extends a way back that is open, an earlier one shortens it, and none
   * closes it with the next update; one that is closed is opened again by `openWayBack` alone. Left out: there is no way back.
   *
   * With `copyThenSwitch`, and required there: until when both tables are kept equal. Until then the way back is to point the
   * application at the plain table again; the first update after it ends the capture of both.
   *
   * @example "2027-01-15"
   */
  readonly rollbackUntil?: string;
  /**
   * With `copy` and `rollbackUntil`, for a table that is partitioned and has no way back, whichever strategy made it so: opens one. Its
   * rows are copied into a new plain table, `formerName`, while readers and writers continue; that is kept current until
   * `rollbackUntil`, and `until: "verify"` takes the conversion back, as after the swap of a copy. It needs disk for the rows and indexes
   * once more. Once it was opened and closed it opens another one only for another `rollbackUntil`. Removed before every row is
   * copied, it drops the new table.
   *
   * @default false
   * @example true
   */
  readonly openWayBack?: boolean;
  /**
   * With `copy`, `offline`, or `split`: until when the former table, or the history that was split, is kept. The first update from then on
   * drops it, with its rows and for good: the rows of the table are in its partitions. It is kept longer, with the reason, while
   * something depends on it, after it was opened for writes, or while retirement would wait (a hold, a backup, hours, a pause). Not
   * before `rollbackUntil`. ACCESS EXCLUSIVE on the former table alone, for an instant. Left out: it is yours to drop.
   *
   * @default never
   * @example "2027-03-01"
   */
  readonly dropFormerAfter?: string;
}

const strategy = nameType("ConversionStrategy", z.enum(CONVERSION_STRATEGIES));
const phase = nameType("ConversionPhase", z.enum(CONVERSION_PHASES));
const minutes = z.number().min(1);

export const CONVERSION = {
  convertFrom: defineOption({
    shape: z
      .strictObject({
        strategy: strategy.optional(),
        historyUntil: z.string().optional(),
        historyName: nameShape.optional(),
        split: z.boolean().optional(),
        table: nameShape.optional(),
        formerName: nameShape.optional(),
        until: phase.optional(),
        timeBudgetMinutes: minutes.optional(),
        rollbackUntil: z.string().optional(),
        openWayBack: z.boolean().optional(),
        dropFormerAfter: z.string().optional(),
      })
      .optional(),
    wire: nameType(
      "ConvertFrom",
      z.object({
        strategy: strategy.optional(),
        historyUntil: instantWire.optional(),
        historyName: nameShape.optional(),
        split: z.boolean().optional(),
        table: nameShape.optional(),
        formerName: nameShape.optional(),
        until: phase.optional(),
        timeBudgetMinutes: minutes.optional(),
        rollbackUntil: instantWire.optional(),
        openWayBack: z.boolean().optional(),
        dropFormerAfter: instantWire.optional(),
      }),
    ).optional(),
    parse: (declared: ConvertFromArgs | undefined, around: Around<ConversionOptions>) =>
      declared && parseConversion(declared, around),
    toWire: (spec) => spec && encodeConversion(spec),
    fromWire: (wire) => wire && decodeConversion(wire),
  }),
} satisfies OptionsOf<ConversionOptions>;

function parseConversion(declared: ConvertFromArgs, around: Around<ConversionOptions>): ConversionSpec | undefined {
  switch (declared.strategy ?? "attach") {
    case "attach":
      return parseAttach(declared, around);
    case "copy":
      return parseCopy(declared, "copy", around);
    case "offline":
      return parseCopy(declared, "offline", around);
    case "copyThenSwitch":
      return parseSwitch(declared, around);
  }
}

function parseSwitch(declared: ConvertFromArgs, around: Around<ConversionOptions>): SwitchSpec | undefined {
  const { table, problems } = around;
  const others = ["historyUntil", "historyName", "split", "formerName", "openWayBack", "dropFormerAfter"] as const;
  problems.push(...refuseOthers(declared, "copyThenSwitch", others));
  if (declared.until !== undefined && declared.until !== "verify")
    problems.push(refusePhase("copyThenSwitch", declared.until, "verify"));
  const { table: from } = declared;
  if (from === undefined) problems.push(MISSING_PLAIN);
  else checkName("convertFrom.table", from, problems);
  if (from === table.table) problems.push(SAME_NAME);
  const rollbackUntil = parseTime("rollbackUntil", declared, around);
  if (declared.rollbackUntil === undefined) problems.push(MISSING_END);
  if (from === undefined || rollbackUntil === undefined) return undefined;
  return {
    strategy: "copyThenSwitch",
    from,
    until: declared.until === "verify" ? "verify" : "swap",
    timeBudgetMinutes: declared.timeBudgetMinutes,
    rollbackUntil,
  };
}

function parseAttach(declared: ConvertFromArgs, around: Around<ConversionOptions>): ConversionSpec | undefined {
  const { table, problems } = around;
  const path = "convertFrom.historyUntil";
  const split = declared.split === true;
  const others = ["table", "formerName", "rollbackUntil", "openWayBack", ...(split ? [] : OF_SPLIT)] as const;
  problems.push(...refuseOthers(declared, "attach", others));
  if (declared.until === "verify" && !split) problems.push(refusePhase("attach", "verify", "prepare"));
  if (declared.historyUntil === undefined) {
    problems.push(MISSING_HISTORY_END);
    return undefined;
  }
  const historyUntil = parseDeclaredTime(path, declared.historyUntil, table.zone, problems);
  if (!historyUntil) return undefined;
  if (hasLevels(table)) problems.push(REFUSED_LEVELS);
  problems.push(...findGridProblems(path, historyUntil, table));
  const historyName = declared.historyName ?? fitIdentifier(`${table.table}_history`);
  checkName("convertFrom.historyName", historyName, problems);
  if (historyName === table.table) problems.push(refuseName("historyName", "history"));
  return {
    strategy: "attach",
    historyUntil,
    historyName,
    split,
    until: declared.until ?? "swap",
    timeBudgetMinutes: declared.timeBudgetMinutes,
    dropFormerAfter: parseTime("dropFormerAfter", declared, around),
  };
}

function parseTime(
  name: "rollbackUntil" | "dropFormerAfter",
  { [name]: declared }: ConvertFromArgs,
  { table, problems }: Around<ConversionOptions>,
): Instant | undefined {
  return declared === undefined ? undefined : parseDeclaredTime(`convertFrom.${name}`, declared, table.zone, problems);
}

function parseCopy(
  declared: ConvertFromArgs,
  named: CopySpec["strategy"],
  around: Around<ConversionOptions>,
): ConversionSpec {
  const { table, problems } = around;
  problems.push(...refuseOthers(declared, named, ["historyUntil", "historyName", "split", "table"]));
  if (named === "offline") problems.push(...refuseOnline(declared));
  else if (declared.until === "prepare") problems.push(refusePhase("copy", "prepare", "verify"));
  const formerName = declared.formerName ?? fitIdentifier(`${table.table}_legacy`);
  checkName("convertFrom.formerName", formerName, problems);
  if (formerName === table.table) problems.push(refuseName("formerName", "former table"));
  const rollbackUntil = parseTime("rollbackUntil", declared, around);
  const dropFormerAfter = parseTime("dropFormerAfter", declared, around);
  problems.push(...findEarlyDrop(rollbackUntil, dropFormerAfter), ...findEndless(declared));
  return {
    strategy: named,
    formerName,
    until: declared.until === "verify" ? "verify" : "swap",
    timeBudgetMinutes: declared.timeBudgetMinutes,
    rollbackUntil,
    openWayBack: declared.openWayBack === true,
    dropFormerAfter,
  };
}
