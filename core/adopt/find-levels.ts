import { toSlug } from "../names/slug";
import { formatBranchName } from "../names/template";
import type { ObservedConstraint, ObservedPartition, ObservedTable } from "../observed/observed-table";
import type { HashLevelArgs, ListLevelArgs, ListValuesArgs } from "../declare/levels/branch-level";
import { CannotAdopt } from "./cannot-adopt";

/** The levels of a table as declared, and the branches whose direct parts are time partitions. */
export interface FoundLevels {
  readonly above: readonly (ListLevelArgs | HashLevelArgs)[];
  readonly below: readonly HashLevelArgs[];
  /** The column of the time level. */
  readonly column: string;
  readonly stems: readonly Stem[];
  readonly notes: readonly string[];
}

export interface Stem {
  readonly name: string;
  /** Values of the LIST levels above, by column. */
  readonly values: Readonly<Record<string, string>>;
  readonly partitions: readonly ObservedPartition[];
}

/** A table or branch with partitions of its own. */
interface Node extends Stem {
  readonly oid: string;
  readonly strategy: "range" | "list" | "hash";
  readonly column: string | undefined;
}

/** A node with its value among those of its parent. */
interface Part {
  readonly parent: Node;
  readonly value: string;
  readonly node: Node | undefined;
  readonly partition: ObservedPartition;
}

/** Returns the column of the time level, at any depth. */
export function findTimeColumn(table: ObservedTable): string | undefined {
  if (table.key?.strategy === "range") return table.key.columns[0];
  return table.branches.find((branch) => branch.strategy === "range")?.column;
}

/** Returns the time partitions of all branches. */
export function listObservedTimePartitions(table: ObservedTable): readonly ObservedPartition[] {
  const column = findTimeColumn(table);
  if (table.key?.strategy === "range") return table.partitions;
  return table.branches
    .filter((branch) => branch.strategy === "range" && branch.column === column)
    .flatMap((branch) => branch.partitions);
}

/**
 * Reads the levels from the tree of partitions: all branches of one depth have to be cut alike.
 *
 * @param sources sources of the values of a LIST level, by its column, as the operator gives them
 */
export function findLevels(table: ObservedTable, sources: Readonly<Record<string, ListValuesArgs>> = {}): FoundLevels {
  const notes: string[] = [];
  const above: (ListLevelArgs | HashLevelArgs)[] = [];
  let nodes: readonly Node[] = [toRootNode(table)];
  for (;;) {
    const { strategy, column } = requireAlike(table, nodes);
    if (strategy === "range") return { above, below: findBelow(table, nodes), column, stems: nodes, notes };
    const parts = nodes.flatMap((node) => listParts(table, node));
    const list = above.filter((level): level is ListLevelArgs => "list" in level).at(-1)?.list;
    above.push(
      strategy === "hash"
        ? hashLevel(table, column, parts)
        : listLevel(table, column, parts, sources[column] ?? findSourceByKey(table, column, list), notes),
    );
    nodes = parts.map(
      ({ node, partition }) => node ?? refuseLevels(`partition "${partition.name}" is not cut by time`),
    );
  }
}

function toRootNode(table: ObservedTable): Node {
  const { oid, name, partitions, key } = table;
  return { oid, name, partitions, values: {}, strategy: key?.strategy ?? "range", column: key?.columns[0] };
}

function requireAlike(
  table: ObservedTable,
  nodes: readonly Node[],
): { readonly strategy: Node["strategy"]; readonly column: string } {
  const [first] = nodes;
  if (!first?.column)
    return refuseLevels(`"${first?.name ?? table.name}" is cut by more than one column, or has no partition`);
  const other = nodes.find((node) => node.strategy !== first.strategy || node.column !== first.column);
  if (other)
    refuseLevels(
      `"${first.name}" is cut by ${first.strategy} (${first.column}) and "${other.name}" by ${other.strategy} (${other.column ?? "several columns"})`,
    );
  return { strategy: first.strategy, column: first.column };
}

function listParts(table: ObservedTable, parent: Node): Part[] {
  return parent.partitions.map((partition) => {
    if (partition.isDefault) return refuseLevels(`"${partition.name}" is a default partition of a level above time`);
    const branch = table.branches.find((one) => one.partition.oid === partition.oid);
    // For a HASH partition without parts only its bounds show it.
    const value = branch?.path?.at(-1) ?? /remainder (\d+)\)$/.exec(partition.boundsText)?.[1];
    if (value === undefined) return refuseLevels(`"${partition.name}" holds several values (${partition.boundsText})`);
    const values = parent.strategy === "list" ? { ...parent.values, [parent.column ?? ""]: value } : parent.values;
    const node = branch && {
      oid: partition.oid,
      name: partition.name,
      values,
      partitions: branch.partitions,
      strategy: branch.strategy,
      column: branch.column,
    };
    return { parent, value, node, partition };
  });
}

function hashLevel(table: ObservedTable, column: string, parts: readonly Part[]): HashLevelArgs {
  const moduli = new Set(parts.map(({ partition }) => /modulus (\d+)/.exec(partition.boundsText)?.[1]));
  const [modulus] = moduli;
  const parents = new Set(parts.map(({ parent }) => parent.oid));
  if (moduli.size !== 1 || modulus === undefined || parts.length !== parents.size * Number(modulus))
    refuseLevels(`the HASH partitions by "${column}" are not complete, or of several moduli`);
  const name = findNameTemplate(table, parts, "remainder", (value) => value);
  return {
    hash: column,
    modulus: Number(modulus),
    ...(name === "{base}_h{remainder}" ? {} : { name: name ?? "{base}_h{remainder}" }),
  };
}

function listLevel(
  table: ObservedTable,
  column: string,
  parts: readonly Part[],
  source: ListValuesArgs | undefined,
  notes: string[],
): ListLevelArgs {
  const cut = findNameTemplate(table, parts, "value", toSlug);
  const plain = cut === undefined ? findNameTemplate(table, parts, "value", (value) => value) : undefined;
  if (cut === undefined && plain === undefined)
    notes.push(
      `no template gives the names of the branches by "${column}" (${parts[0]?.partition.name ?? ""}, …): they keep them`,
    );
  const name = cut ?? plain ?? "{base}_{value}";
  const given = [...new Set(parts.map(({ value }) => value))].sort();
  const parents = new Set(parts.map(({ parent }) => parent.oid));
  if (!source && parts.length !== given.length * parents.size)
    notes.push(
      `the values of "${column}" are not the same in every branch, and no foreign key shows their source: declare it (values: { from, column, parent }, or --values ${column}=table.column,parent), else the first update creates the missing branches`,
    );
  return {
    list: column,
    values: source ?? given,
    ...(name === "{base}_{value}" ? {} : { name }),
    ...(cut === undefined && plain !== undefined ? { slug: false } : {}),
  };
}

/** Returns the template that gives the names of most branches. Undefined: none. */
function findNameTemplate(
  table: ObservedTable,
  parts: readonly Part[],
  placeholder: "value" | "remainder",
  labelOf: (value: string) => string,
): string | undefined {
  const matches = (template: string) =>
    parts.filter(
      ({ parent, value, partition }) =>
        formatBranchName(template, { table: table.name, base: parent.name, [placeholder]: labelOf(value) }) ===
        partition.name,
    ).length;
  const candidates = new Set(
    [...parts.slice(0, 2), ...parts.slice(-1)].flatMap(({ parent, value, partition }) => {
      const label = labelOf(value);
      const at = label === "" ? -1 : partition.name.lastIndexOf(label);
      if (at < 0 || /[{}]/.test(partition.name)) return [];
      const ending = `{${placeholder}}${partition.name.slice(at + label.length)}`;
      const before = partition.name.slice(0, at);
      return [
        ...(before.startsWith(parent.name) ? [`{base}${before.slice(parent.name.length)}${ending}`] : []),
        ...(before.startsWith(table.name) ? [`{table}${before.slice(table.name.length)}${ending}`] : []),
        `${before}${ending}`,
      ];
    }),
  );
  const [best] = [...candidates].sort((a, b) => matches(b) - matches(a));
  return best !== undefined && matches(best) * 2 > parts.length ? best : undefined;
}

/**
 * Finds the source of a level's values: a foreign key of the column shows the table, and one that includes the column of the
 * level above shows which value belongs to which.
 */
function findSourceByKey(table: ObservedTable, column: string, above: string | undefined): ListValuesArgs | undefined {
  const keys = table.constraints.filter((one) => one.kind === "foreign" && one.columns.includes(column));
  const both = keys.find((key) => key.columns.length === 2 && above !== undefined && key.columns.includes(above));
  const alone = keys.find((key) => key.columns.length === 1);
  const key = both ?? alone;
  const referenced = key && parseReferencedColumns(key);
  const value = referenced?.[key?.columns.indexOf(column) ?? -1];
  if (!key?.references || value === undefined) return undefined;
  const { schema, table: name } = key.references;
  const parent = both && above !== undefined ? referenced?.[both.columns.indexOf(above)] : undefined;
  return {
    from: schema === table.schema ? name : `${schema}.${name}`,
    column: value,
    ...(parent === undefined ? {} : { parent }),
  };
}

function parseReferencedColumns({ definition }: ObservedConstraint): string[] | undefined {
  const list = /REFERENCES [^(]*\(([^)]*)\)/.exec(definition)?.[1];
  return list?.split(", ").map((name) => (name.startsWith('"') ? name.slice(1, -1).replaceAll('""', '"') : name));
}

/** Finds HASH levels below time: those of the first partition; the others have to be cut alike. */
function findBelow(table: ObservedTable, stems: readonly Node[]): HashLevelArgs[] {
  const partitions = stems.flatMap((stem) => stem.partitions);
  let nodes = partitions.flatMap((partition): Node[] => {
    const branch = table.branches.find((one) => one.partition.oid === partition.oid);
    return branch ? [{ ...branch, oid: partition.oid, name: partition.name, values: {} }] : [];
  });
  if (nodes.length > 0 && nodes.length !== partitions.length)
    refuseLevels("some partitions are cut further and others are not");
  const below: HashLevelArgs[] = [];
  while (nodes.length > 0) {
    const { strategy, column } = requireAlike(table, nodes);
    if (strategy !== "hash") refuseLevels(`"${nodes[0]?.name ?? ""}" is cut by ${strategy} below time`);
    const parts = nodes.flatMap((node) => listParts(table, node));
    below.push(hashLevel(table, column, parts));
    nodes = parts.flatMap(({ node }) => node ?? []);
  }
  return below;
}

function refuseLevels(found: string): never {
  throw new CannotAdopt(
    `${found}: that cannot be declared as levels. What exists can still be declared by hand (partitionBy)`,
  );
}
