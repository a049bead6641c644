// One table for all benches, and the same data as JSON.
import { mkdirSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";

interface Figure {
  readonly value: number;
  readonly unit: "ms" | "statements" | "keys";
}

/** One line of the table. */
export interface Row {
  readonly what: string;
  readonly ours?: Figure;
  /** Figure of the comparison: the floor, or another tool at the same job. */
  readonly peer?: Figure;
  /** Our figure divided by the peer's. */
  readonly ratio?: number;
  readonly limit?: { readonly of: "ratio" | "ours"; readonly most: number };
  /** Text below the table. */
  readonly note?: string;
}

/** Undefined without a limit or a measurement. */
export function isWithin(row: Row): boolean | undefined {
  const measured = row.limit?.of === "ratio" ? row.ratio : row.ours?.value;
  return row.limit === undefined || measured === undefined ? undefined : measured <= row.limit.most;
}

export function table(rows: readonly Row[]): string {
  const head = ["what", "ours", "floor/peer", "ratio", "limit", "ok?"];
  const cells = rows.map((row) => [
    row.what,
    figure(row.ours),
    figure(row.peer),
    row.ratio === undefined ? "" : row.ratio.toFixed(2),
    limit(row),
    { true: "ok", false: "EXCEEDED", undefined: "" }[String(isWithin(row))] ?? "",
  ]);
  const widths = head.map((title, column) =>
    Math.max(title.length, ...cells.map((line) => (line[column] ?? "").length)),
  );
  const format = (line: readonly string[]): string =>
    line
      .map((cell, column) => (column === 0 ? cell.padEnd(widths[0] ?? 0) : cell.padStart(widths[column] ?? 0)))
      .join("  ");
  const notes = rows.flatMap((row) => (row.note === undefined ? [] : [`  ${row.what}: ${row.note}`]));
  return [format(head), widths.map((width) => "-".repeat(width)).join("  "), ...cells.map(format), "", ...notes].join(
    "\n",
  );
}

export function writeJson(file: string, rows: readonly Row[]): void {
  mkdirSync(dirname(file), { recursive: true });
  const lines = rows.map((row) => ({ ...row, ok: isWithin(row) ?? null }));
  writeFileSync(file, `${JSON.stringify({ rows: lines }, undefined, 2)}\n`);
}

function figure(figure: Figure | undefined): string {
  if (figure === undefined) return "";
  if (figure.unit === "statements") return figure.value.toFixed(figure.value % 1 === 0 ? 0 : 1);
  if (figure.unit === "keys") return figure.value.toLocaleString("en");
  return figure.value >= 10_000 ? `${(figure.value / 1_000).toFixed(1)} s` : `${figure.value.toFixed(0)} ms`;
}

function limit(row: Row): string {
  if (row.limit === undefined) return "";
  return row.limit.of === "ratio"
    ? row.limit.most.toFixed(1)
    : figure(row.ours && { ...row.ours, value: row.limit.most });
}
