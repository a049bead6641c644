import { formatMs, formatRatio } from "./format-times";
import type { Judged } from "./judge";
import type { BenchReport } from "./report";
import { describeSide } from "./sides";
import { shortenSql } from "./split-statements";

const HEAD = ["statement", "before", "after", "", "partitions read", "cache hits, before and after"] as const;

/** Renders a report for a terminal: what got worse first. */
export function renderReport(report: BenchReport): string {
  const shown = listShown(report);
  const rows = [HEAD, ...shown.map((one) => toCells(one, report))];
  const widths = HEAD.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  const toLine = (row: readonly string[]): string =>
    row
      .map((cell, column) =>
        column === 1 || column === 2 ? cell.padStart(widths[column] ?? 0) : cell.padEnd(widths[column] ?? 0),
      )
      .join("  ")
      .trimEnd();
  return [
    ...describeHead(report),
    "",
    ...(shown.length === 0 ? [] : [toLine(HEAD)]),
    ...shown.flatMap((one, index) => [
      toLine(rows[index + 1] ?? []),
      ...describeText(one).map((text) => `    ${text}`),
      ...one.reasons.flatMap(({ text, fix }) => [`  ${text}`, ...(fix === undefined ? [] : [`    -> ${fix}`])]),
    ]),
    ...renderLeftOut(report, (name, why) => `  ${name}: ${why}`),
    "",
    ...describeSummary(report),
  ].join("\n");
}

/** Renders it as Markdown, for a ticket or a review. */
export function renderMarkdownReport(report: BenchReport): string {
  const cells = (values: readonly string[]): string =>
    `| ${values.map((one) => one.replaceAll("|", String.raw`\|`)).join(" | ")} |`;
  const [head = "", ...others] = describeHead(report);
  return [
    `# ${head}`,
    "",
    ...others.flatMap((line) => [line, ""]),
    cells([...HEAD, "why"]),
    cells([...HEAD, "why"].map(() => "---")),
    ...listShown(report).map((one) =>
      cells([
        ...toCells(one, report),
        [
          ...describeText(one).map((text) => `\`${text}\``),
          ...one.reasons.map(({ text, fix }) => (fix === undefined ? text : `${text}. _${fix}_`)),
        ].join("; "),
      ]),
    ),
    ...renderLeftOut(report, (name, why) => `- **${name}**: ${why}`),
    "",
    ...describeSummary(report),
  ].join("\n");
}

function describeHead({ sides, rounds }: BenchReport): string[] {
  return [
    `before: ${describeSide(sides.before)}; after: ${describeSide(sides.after)}`,
    `Median of ${rounds} ${rounds === 1 ? "round" : "rounds"} of planning and execution after a first one; both sides in one snapshot.`,
    ...sides.notes,
  ];
}

function listShown({ statements }: BenchReport): Judged[] {
  return statements.filter(({ verdict }) => verdict !== "left out");
}

function toCells({ statement, outcome, verdict, ratio }: Judged, { sides }: BenchReport): string[] {
  const result =
    ratio === undefined || verdict === "alike" || verdict === "results differ" ? verdict : formatRatio(ratio);
  if (outcome.kind === "measured") {
    const { before, after } = outcome;
    return [
      statement.name,
      formatMs(before.totalMs),
      formatMs(after.totalMs),
      result,
      `${after.plan.partitions.length} of ${sides.after.leaves.length}`,
      `${formatHits(before.hits)}, ${formatHits(after.hits)}`,
    ];
  }
  const read = outcome.kind === "planned" ? `${outcome.after.partitions.length} of ${sides.after.leaves.length}` : "";
  return [statement.name, "", "", result, read, ""];
}

/** A statement of a file is known by its name; one of the statistics only by its text. */
function describeText({ statement }: Judged): string[] {
  if (statement.calls === undefined) return [];
  return [
    `${statement.calls.toLocaleString("en")} calls of ${formatMs(statement.meanMs ?? 0)}: ${shortenSql(statement.sql)}`,
  ];
}

function formatHits(share: number | undefined): string {
  return share === undefined ? "none read" : `${Math.floor(share * 100)} %`;
}

function renderLeftOut({ statements }: BenchReport, toLine: (name: string, why: string) => string): string[] {
  const left = statements.filter(({ verdict }) => verdict === "left out");
  if (left.length === 0) return [];
  return [
    "",
    "Left out:",
    "",
    ...left.map((one) => toLine(one.statement.name, one.reasons.map(({ text }) => text).join("; "))),
  ];
}

/** Verdicts that do not read well behind a number. */
const COUNTED: Readonly<Record<string, string>> = {
  fails: "failing on one side",
  "results differ": "with different results",
  planned: "planned only",
};

function describeSummary({ counts, best, worst, total }: BenchReport): string[] {
  const numbers = Object.entries(counts).map(([verdict, number]) => `${number} ${COUNTED[verdict] ?? verdict}`);
  return [
    `${numbers.length === 0 ? "no statement" : numbers.join(", ")}.` +
      (worst ? ` Worst: ${worst.name}, ${formatRatio(worst.ratio)}.` : "") +
      (best ? ` Best: ${best.name}, ${formatRatio(best.ratio)}.` : ""),
    ...(total ? [describeTotal(total)] : []),
  ];
}

function describeTotal({ weight, beforeMs, afterMs }: NonNullable<BenchReport["total"]>): string {
  const what = weight === "calls" ? "All measured ones, by their calls" : "All measured ones, once each";
  return `${what}: ${formatMs(beforeMs)} before, ${formatMs(afterMs)} after, ${formatRatio(afterMs / Math.max(beforeMs, Number.MIN_VALUE))}.`;
}
