import type { Analysis } from "./analysis";
import type { Finding } from "./finding";
import type { StrategyReport } from "./strategies";

const HEADINGS: Readonly<Record<Finding["level"], string>> = {
  blocker: "Blockers",
  handled: "Handled by the conversion",
  note: "Notes",
};

const LEVELS = Object.keys(HEADINGS) as readonly Finding["level"][];

const COSTS: readonly (readonly [keyof StrategyReport, string])[] = [
  ["rowsMoved", "rows moved"],
  ["disk", "disk"],
  ["wal", "WAL"],
  ["lock", "lock"],
  ["writes", "writes"],
  ["duration", "duration"],
];

/** Renders an analysis for a terminal: blockers first. */
export function renderAnalysis(analysis: Analysis): string {
  const lines = [describeHead(analysis), describeChoice(analysis)];
  for (const level of LEVELS) {
    const found = analysis.findings.filter((one) => one.level === level);
    if (found.length === 0) continue;
    lines.push("", `${HEADINGS[level]}:`);
    for (const one of found) {
      lines.push(`  ${one.about}: ${one.message}${describeReach(one)}`);
      if (one.fix !== undefined) lines.push(`    -> ${one.fix}`);
    }
  }
  lines.push("", "Strategies (estimates):");
  for (const one of analysis.strategies) {
    lines.push(`  ${one.strategy}${describeState(one)}: ${one.summary}`);
    for (const [cost, word] of COSTS) lines.push(`    ${`${word}:`.padEnd(12)}${String(one[cost])}`);
  }
  return lines.join("\n");
}

/** Renders it as Markdown, for a ticket or a review. */
export function renderMarkdown(analysis: Analysis): string {
  const lines = [`# Conversion of ${analysis.table}`, "", describeHead(analysis), "", describeChoice(analysis)];
  for (const level of LEVELS) {
    const found = analysis.findings.filter((one) => one.level === level);
    if (found.length === 0) continue;
    lines.push("", `## ${HEADINGS[level]}`, "");
    for (const one of found)
      lines.push(
        `- **${one.about}**: ${one.message}${describeReach(one)}${one.fix === undefined ? "" : ` _${one.fix}_`}`,
      );
  }
  lines.push("", "## Strategies", "", "All figures are estimates.", "");
  const cells = (values: readonly string[]) =>
    `| ${values.map((one) => one.replaceAll("|", String.raw`\|`)).join(" | ")} |`;
  lines.push(cells(["", ...analysis.strategies.map((one) => `${one.strategy}${describeState(one)}`)]));
  lines.push(cells(["---", ...analysis.strategies.map(() => "---")]));
  for (const [cost, word] of [["summary", "what happens"] as const, ...COSTS])
    lines.push(cells([word, ...analysis.strategies.map((one) => String(one[cost]))]));
  return lines.join("\n");
}

function describeHead({ table, key, findings }: Analysis): string {
  const count = (level: Finding["level"]) => findings.filter((one) => one.level === level).length;
  const by = key ? `, by "${key.column}"` : "";
  return `${table}${by}: ${count("blocker")} blockers, ${count("handled")} handled, ${count("note")} notes`;
}

function describeChoice({ chosen, reason, historyUntil, every }: Analysis): string {
  if (chosen === undefined) return `no strategy: ${reason}`;
  const end =
    historyUntil === undefined ? "" : ` The history would end at ${historyUntil}, and a partition hold a ${every}.`;
  return `strategy ${chosen}: ${reason}${end}`;
}

function describeReach({ strategies }: Finding): string {
  return strategies === undefined ? "" : ` (${strategies.join(", ")})`;
}

function describeState({ fits }: StrategyReport): string {
  return fits ? "" : ", blocked";
}
