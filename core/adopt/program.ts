import type { TableSpecArgs } from "../declare/table/args";

/** Parts of the text of a program. */
interface ProgramParts {
  /** Name of the component, and so of its resources. */
  readonly name: string;
  readonly args: TableSpecArgs;
  readonly management: string;
  readonly notes: readonly string[];
  /** What the window was proposed from. Left out: the partitions that exist. */
  readonly windowFrom?: string;
}

const DECIDE = {
  onExpire: 'to decide: "detach" keeps the rows in a separate table, "drop" deletes them',
};

/** Returns the TypeScript program that declares one adopted table. */
export function renderProgram({ name, args, management, notes, windowFrom }: ProgramParts): string {
  const decide = { ...DECIDE, window: `to decide: proposed from ${windowFrom ?? "the partitions that exist"}` };
  const entries = Object.entries(args).filter(([, value]) => value !== undefined);
  const lines = entries.flatMap(([key, value]) => [
    ...(key in decide ? [`    // ${decide[key as keyof typeof decide]}`] : []),
    `    ${formatProperty(key)}: ${formatLiteral(value, 4)},`,
  ]);
  return [
    'import { ManagementSchema, PartitionedTable } from "pulumi-pgpartition";',
    "",
    ...notes.map((note) => `// ${note.replaceAll("\n", " ")}`),
    ...(args.columns ? [] : ["// The columns are left to the tool that created them; --columns declares them too."]),
    `const management = new ManagementSchema("management", { schema: ${JSON.stringify(management)} });`,
    "",
    "new PartitionedTable(",
    `  ${JSON.stringify(name)},`,
    "  {",
    ...lines,
    "  },",
    "  { dependsOn: management },",
    ");",
    "",
  ].join("\n");
}

/** Maximum width of a line of the program. */
const WIDTH = 100;

/** Formats a value as TypeScript: on one line if it fits. */
function formatLiteral(value: unknown, indent: number): string {
  const flat = formatFlatLiteral(value);
  if (flat.length + indent <= WIDTH || typeof value !== "object" || value === null) return flat;
  const inner = " ".repeat(indent + 2);
  const end = " ".repeat(indent);
  if (Array.isArray(value))
    return `[\n${value.map((one) => `${inner}${formatLiteral(one, indent + 2)},\n`).join("")}${end}]`;
  const entries = Object.entries(value).filter(([, one]) => one !== undefined);
  return `{\n${entries.map(([key, one]) => `${inner}${formatProperty(key)}: ${formatLiteral(one, indent + 2)},\n`).join("")}${end}}`;
}

function formatFlatLiteral(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(formatFlatLiteral).join(", ")}]`;
  if (typeof value !== "object" || value === null) return JSON.stringify(value);
  const entries = Object.entries(value).filter(([, one]) => one !== undefined);
  return entries.length === 0
    ? "{}"
    : `{ ${entries.map(([key, one]) => `${formatProperty(key)}: ${formatFlatLiteral(one)}`).join(", ")} }`;
}

/** `__proto__` as a plain key would set the prototype. */
function formatProperty(key: string): string {
  if (key === "__proto__") return '["__proto__"]';
  return /^[A-Za-z_$][\w$]*$/.test(key) ? key : JSON.stringify(key);
}
