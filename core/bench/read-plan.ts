import type { Side } from "./sides";

/** What EXPLAIN (VERBOSE, FORMAT JSON) says about one statement on one side. */
export interface PlanFacts {
  readonly planningMs: number;
  /** Undefined, like everything below that needs a run: the statement was planned only. */
  readonly executionMs: number | undefined;
  /** Rows of the result. */
  readonly rows: number | undefined;
  /** Blocks of 8 kB that were in the server's cache, and those that were not. Blocks read for planning aside. */
  readonly hitBlocks: number | undefined;
  readonly readBlocks: number | undefined;
  /** Cost of the whole plan, in the planner's own unit. */
  readonly cost: number;
  /** Partitions (of a plain table itself) that are read, as `schema.name`. */
  readonly partitions: readonly string[];
  /** Those that are read in full, without an index. */
  readonly inFull: readonly string[];
  /** Indexes of them that are used. */
  readonly indexes: readonly string[];
  /** True if a condition on a column of the partition key stands in the plan. */
  readonly hasKeyCondition: boolean;
  /** The plan itself, as EXPLAIN prints it. */
  readonly tree: unknown;
}

type Node = Readonly<Record<string, unknown>>;

/** One relation in a plan. */
interface Scan {
  readonly relation: string;
  readonly indexes: readonly string[];
  readonly conditions: readonly string[];
}

/** Fields of a node with the text of a condition. */
const CONDITIONS = ["Index Cond", "Recheck Cond", "Filter", "TID Cond"];

/**
 * Reads a plan. Partitions that were not executed, or that were removed when the statement began, are not read.
 *
 * @throws if the answer is no plan
 */
export function readPlan(answer: unknown, side: Pick<Side, "leaves" | "keys">): PlanFacts {
  const whole: unknown = Array.isArray(answer) ? answer[0] : undefined;
  const plan = isNode(whole) ? whole["Plan"] : undefined;
  if (!isNode(whole) || !isNode(plan)) throw new Error("the server's answer to EXPLAIN is no plan");
  const leaves = new Set(side.leaves);
  const scans = listScans(plan).filter(({ relation }) => leaves.has(relation));
  return {
    planningMs: getNumber(whole, "Planning Time") ?? 0,
    executionMs: getNumber(whole, "Execution Time"),
    rows: getNumber(plan, "Actual Rows"),
    hitBlocks: getNumber(plan, "Shared Hit Blocks"),
    readBlocks: getNumber(plan, "Shared Read Blocks"),
    cost: getNumber(plan, "Total Cost") ?? 0,
    partitions: unique(scans.map(({ relation }) => relation)),
    inFull: unique(scans.filter(({ indexes }) => indexes.length === 0).map(({ relation }) => relation)),
    indexes: unique(scans.flatMap(({ indexes }) => indexes)),
    hasKeyCondition: scans.some(({ conditions }) => conditions.some((text) => namesOneOf(text, side.keys))),
    tree: plan,
  };
}

function listScans(node: Node): Scan[] {
  if (getNumber(node, "Actual Loops") === 0) return [];
  const below = listBelow(node);
  const inner = below.flatMap(listScans);
  const { "Relation Name": name, Schema: schema } = node;
  if (typeof name !== "string" || typeof schema !== "string") return inner;
  // A bitmap heap scan has its indexes below it, and no relation there.
  const own = [node, ...listBitmap(below)];
  return [
    {
      relation: `${schema}.${name}`,
      indexes: own.flatMap((one) => getTexts(one, ["Index Name"])),
      conditions: own.flatMap((one) => getTexts(one, CONDITIONS)),
    },
    ...inner,
  ];
}

function listBitmap(nodes: readonly Node[]): Node[] {
  return nodes
    .filter((node) => typeof node["Node Type"] === "string" && node["Node Type"].startsWith("Bitmap"))
    .flatMap((node) => [node, ...listBitmap(listBelow(node))]);
}

function listBelow(node: Node): Node[] {
  const below = node["Plans"];
  return Array.isArray(below) ? below.filter(isNode) : [];
}

function isNode(value: unknown): value is Node {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function getTexts(node: Node, fields: readonly string[]): string[] {
  return fields.map((field) => node[field]).filter((value) => typeof value === "string");
}

function getNumber(node: Node, field: string): number | undefined {
  const value = node[field];
  return typeof value === "number" ? value : undefined;
}

function namesOneOf(condition: string, columns: readonly string[]): boolean {
  return columns.some((column) => {
    const escaped = column.replace(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`);
    return new RegExp(String.raw`(?<![\w$])"?${escaped}"?(?![\w$])`).test(condition);
  });
}

function unique(names: readonly string[]): string[] {
  return [...new Set(names)].sort();
}
