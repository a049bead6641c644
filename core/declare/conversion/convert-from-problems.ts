import type { Problem } from "../../problems/problem";
import { findIntervalAt } from "../../time/grid";
import { compareInstants, formatInstant, type Instant } from "../../time/instant";
import type { Around } from "../option/option";
import type { ConversionStrategy } from "./conversion-spec";

/** Refuses arguments that only another strategy has; `false` means the same as none. */
export function refuseOthers<Declared extends object>(
  declared: Declared,
  name: ConversionStrategy,
  others: readonly (keyof Declared & string)[],
): Problem[] {
  return others
    .filter((other) => declared[other] !== undefined && declared[other] !== false)
    .map((other) => ({
      path: `convertFrom.${other}`,
      code: "conflict",
      message: `the strategy "${name}" has no ${other}.`,
      fix: `Remove it, or ${name === "attach" && isOfSplit(other) ? "declare split: true, or " : ""}set strategy to "${findOwner(name, other)}".`,
    }));
}

/** Names the strategy that has an argument. */
function findOwner(name: ConversionStrategy, argument: string): ConversionStrategy {
  if (argument === "table") return "copyThenSwitch";
  if (name === "attach" || argument === "formerName" || argument === "dropFormerAfter") return "copy";
  return "attach";
}

/** The table that is converted has a name of its own, and its end is what the application is pointed over until. */
export const MISSING_PLAIN: Problem = {
  path: "convertFrom.table",
  code: "invalid-value",
  message: 'the strategy "copyThenSwitch" needs the name of the plain table.',
  fix: 'Set it to the table whose rows are copied, for example "messages".',
};

export const SAME_NAME: Problem = {
  path: "convertFrom.table",
  code: "name-collision",
  message: "the plain table has the name of the declared one, and both stay.",
  fix: 'Give the declared table a name of its own, or set strategy to "copy", which exchanges them.',
};

export const MISSING_HISTORY_END: Problem = {
  path: "convertFrom.historyUntil",
  code: "invalid-value",
  message: 'the strategy "attach" needs the end of the history.',
  fix: 'Set it to an end of an interval after every row and after now, for example "2027-01-01".',
};

export const MISSING_END: Problem = {
  path: "convertFrom.rollbackUntil",
  code: "invalid-value",
  message: 'the strategy "copyThenSwitch" needs the time until which both tables are kept equal.',
  fix: 'Set it to a time by which the application uses the declared table alone, for example "2027-01-15"; a later one extends it.',
};

/** Refuses what only a copy beside writers can have: `offline` is one transaction, and nothing is captured. */
export function refuseOnline(declared: {
  readonly until?: string;
  readonly rollbackUntil?: string;
  readonly openWayBack?: boolean;
}): Problem[] {
  const { until, rollbackUntil, openWayBack } = declared;
  return [
    ...(until === undefined || until === "swap" ? [] : [["until", `no phase "${until}"`] as const]),
    ...(rollbackUntil === undefined ? [] : [["rollbackUntil", "no way back"] as const]),
    ...(openWayBack !== true ? [] : [["openWayBack", "no way back"] as const]),
  ].map(([argument, what]) => ({
    path: `convertFrom.${argument}`,
    code: "conflict",
    message: `the strategy "offline" has ${what}: it is one transaction, and captures no change.`,
    fix: 'Remove it, or set strategy to "copy".',
  }));
}

/** Arguments that `attach` has only with `split`. */
export const OF_SPLIT = ["timeBudgetMinutes", "dropFormerAfter"] as const;

function isOfSplit(name: string): boolean {
  return OF_SPLIT.some((one) => one === name);
}

export function refusePhase(name: string, found: string, instead: string): Problem {
  return {
    path: "convertFrom.until",
    code: "conflict",
    message: `the strategy "${name}" has no phase "${found}".`,
    fix: `Write until: "${instead}", or leave it out.`,
  };
}

/** Refuses a drop of the former table while it is what its way back returns to. */
export function findEarlyDrop(rollbackUntil: Instant | undefined, dropFormerAfter: Instant | undefined): Problem[] {
  if (!rollbackUntil || !dropFormerAfter || compareInstants(rollbackUntil, dropFormerAfter) <= 0) return [];
  return [
    {
      path: "convertFrom.dropFormerAfter",
      code: "conflict",
      message: `the former table would be dropped from ${formatInstant(dropFormerAfter)} on, and its way back is open until ${formatInstant(rollbackUntil)} (rollbackUntil).`,
      fix: "Drop it when its way back is closed, or later; or shorten the way back.",
    },
  ];
}

/** Refuses a way back that nothing would close. */
export function findEndless(declared: { readonly openWayBack?: boolean; readonly rollbackUntil?: string }): Problem[] {
  if (declared.openWayBack !== true || declared.rollbackUntil !== undefined) return [];
  return [
    {
      path: "convertFrom.openWayBack",
      code: "invalid-value",
      message: "a way back needs the time until which it is kept open.",
      fix: 'Set rollbackUntil, for example to "2027-01-15".',
    },
  ];
}

export function hasLevels({ levels: { above, below } }: Around<unknown>["table"]): boolean {
  return above.length + below.length > 0;
}

export const REFUSED_LEVELS: Problem = {
  path: "convertFrom",
  code: "invalid-value",
  message: "a plain table cannot become one partition of a table with LIST or HASH levels: its rows belong to several.",
  fix: 'Copy its rows (strategy: "copy"), or convert it with the time level alone.',
};

export function refuseName(argument: "historyName" | "formerName", what: string): Problem {
  return {
    path: `convertFrom.${argument}`,
    code: "name-collision",
    message: `the ${what} has the name of the table, which the partitioned one gets.`,
    fix: "Choose another name, or leave it out.",
  };
}

/** Refuses a bound inside an interval: the window would begin with a part of it, and that part would have its name. */
export function findGridProblems(path: string, at: Instant, { grid, zone }: Around<unknown>["table"]): Problem[] {
  const interval = findIntervalAt(grid, at, zone);
  if (interval && compareInstants(interval.from, at) === 0) return [];
  const near = interval
    ? `the nearest are ${formatInstant(interval.from)} and ${formatInstant(interval.to)}`
    : "the grid has no interval there";
  return [
    {
      path,
      code: "invalid-time",
      message: `${formatInstant(at)} is not where an interval of the grid begins; ${near}.`,
      fix: "End the history where a partition of the window can begin.",
    },
  ];
}
