import type { Problem as CoreProblem } from "../../core/problem";
import { formatTableId, parseTableId } from "../../core/names/resource-id";
import type { Observation } from "../../core/observed";
import { canonicalType, tableProblems } from "../../core/spec/compare";
import type { TableShape } from "../../core/spec/spec";
import { keyFromWire, tableFromWire, type TableWire, tableWireSchema } from "../../core/spec/wire";
import { createTableStatements } from "../../core/statements/create-table";
import { plannedParent } from "../../core/statements/parent";
import { missingRights } from "../../postgres/rights";
import { registerTableStatement, unregisterTableStatement } from "../../postgres/registry";
import { recordNewIndex } from "../../postgres/work/build-index";
import type { ResourceContext } from "../context";
import { Refusal } from "../failures";
import type { ResourceHandler } from "../handler";
import { listPartitionedTables } from "../../postgres/list-tables";
import type { Runtime } from "../runtime";
import { containsUnknown, type PropertyMap, UNKNOWN } from "../values";
import { declaredDiff, diffResult, failures, refuse, requireWire } from "./inputs";
import { readWire } from "../../core/spec/wire";
import { workContext } from "./work";

/** Declared keys. `indexes` is left out: they are made with a new table, and are resources of their own from then on. */
const DECLARED = ["schema", "table", "key", "columns", "primaryKey", "uniques", "checks", "foreignKeys"];

/** The partitioned parent. Made when missing, adopted when equal, refused when different; never altered, never replaced. */
export function tableHandler(runtime: Runtime): ResourceHandler {
  const apply = async (ctx: ResourceContext, inputs: PropertyMap, preview: boolean): Promise<PropertyMap> => {
    const shape = tableFromWire(requireWire(tableWireSchema, inputs));
    if (preview) {
      await previewTable(ctx, runtime, shape);
      return { ...inputs, qualifiedName: `${shape.schema}.${shape.table}`, owner: UNKNOWN, database: UNKNOWN };
    }
    const owner = await makeTable(ctx, runtime, shape);
    return { ...inputs, qualifiedName: `${shape.schema}.${shape.table}`, owner, database: await runtime.identity() };
  };
  return {
    token: "pgpartition:index:Table",

    check: async (ctx, { olds, news }) => {
      if (containsUnknown(news)) return { inputs: news, failures: [] };
      const read = readWire(tableWireSchema, news);
      if ("problems" in read) return { inputs: news, failures: failures(read.problems) };
      const renamed = olds ? renameProblems(olds, read.value) : [];
      const other = runtime.declare(ctx, formatTableId(read.value));
      const twice: CoreProblem[] = other ? [declaredTwice(read.value, other)] : [];
      return { inputs: news, failures: failures([...renamed, ...twice]) };
    },

    diff: async (_ctx, { oldInputs, news }) =>
      diffResult(declaredDiff(canonical(oldInputs), canonical(news), DECLARED)),

    create: async (ctx, { inputs, preview }) => ({ id: idOf(inputs), outputs: await apply(ctx, inputs, preview) }),

    update: async (ctx, { news, oldOutputs, preview }) => {
      if (!preview) await runtime.requireSameDatabase(oldOutputs);
      return { outputs: await apply(ctx, news, preview) };
    },

    read: async (_ctx, { id, oldInputs, oldOutputs }) => {
      const table = parseTableId(id);
      if (!table) throw new Refusal(`"${id}" is not the id of a table; write schema.table`);
      if (oldOutputs) await runtime.requireSameDatabase(oldOutputs);
      const key = oldInputs && keyFromWire(requireWire(tableWireSchema, oldInputs).key);
      const { table: found } = await runtime.observe(table, key);
      if (found?.kind !== "partitioned") return undefined;
      const inputs = oldInputs ?? importedInputs(found);
      return {
        id,
        inputs,
        outputs: {
          ...inputs,
          qualifiedName: `${table.schema}.${table.table}`,
          owner: found.owner,
          database: await runtime.identity(),
        },
      };
    },

    delete: async (ctx, { id, oldInputs, oldOutputs }) => {
      await runtime.requireSameDatabase(oldOutputs);
      if (runtime.renamed(ctx, id)) return;
      await deleteTable(ctx, runtime, tableFromWire(requireWire(tableWireSchema, oldInputs)));
    },

    list: async function* () {
      for (const { schema, table } of await listPartitionedTables(runtime.database)) {
        yield { id: formatTableId({ schema, table }), name: table };
      }
    },
  };
}

/** What stands in the way of managing a table, from one look at the database. */
export function ownershipProblems(
  table: { schema: string; table: string },
  observation: Observation,
  owner: string,
): CoreProblem[] {
  const registration = observation.registration;
  const name = `"${table.schema}.${table.table}"`;
  if (registration?.mode === "released") {
    return [
      {
        path: "table",
        code: "ownership",
        message: `${name} was released (by \`pgpartition release\`) and is managed by nobody.`,
        fix: `Remove it from the program, or take it back: pgpartition claim ${table.schema}.${table.table} --stack ${owner}`,
      },
    ];
  }
  if (registration && registration.owner !== owner) {
    return [
      {
        path: "table",
        code: "ownership",
        message: `${name} is managed by stack "${registration.owner}", and this is stack "${owner}".`,
        fix: `Remove it from one of the two programs, or move it: pgpartition claim ${table.schema}.${table.table} --stack ${owner}`,
      },
    ];
  }
  return [];
}

async function previewTable(ctx: ResourceContext, runtime: Runtime, shape: TableShape): Promise<void> {
  const observation = await runtime.observeIfReachable(ctx, shape, shape.window.key);
  if (observation) {
    requireNoProblems(shape, observation, runtime.owner(ctx));
    if (observation.table) return;
  }
  runtime.planned.set(formatTableId(shape), { parent: plannedParent(shape), statements: createTableStatements(shape) });
}

/** Observe, decide, execute. The table, its row of the registry and its indexes come together or not at all. */
async function makeTable(ctx: ResourceContext, runtime: Runtime, shape: TableShape): Promise<string> {
  const work = workContext(runtime, ctx);
  return runtime.database.withTableLock(shape.schema, shape.table, { signal: ctx.signal, log: ctx.log }, async () => {
    runtime.database.invalidate(shape.schema, shape.table);
    const observation = await runtime.observe(shape, shape.window.key);
    requireNoProblems(shape, observation, runtime.owner(ctx));
    const statements = observation.table ? [] : createTableStatements(shape);
    const register = registerTableStatement(work.management, {
      schema: shape.schema,
      table: shape.table,
      owner: runtime.owner(ctx),
    });
    const transaction = statements[0]?.transaction;
    // Indexes that were found are not recorded: whether they are the declared ones is for their own resources to judge.
    const indexes = transaction === undefined ? [] : shape.indexes;
    await runtime.database.execute(
      [
        ...statements,
        { ...register, transaction: transaction ?? register.transaction },
        ...indexes.map((index) => recordNewIndex(work, shape, index, transaction)),
      ],
      {
        signal: ctx.signal,
        log: ctx.log,
        subject: `${observation.table ? "adopting" : "creating"} table "${shape.schema}.${shape.table}"`,
      },
    );
    runtime.database.invalidate(shape.schema, shape.table);
    const after = await runtime.observe(shape, shape.window.key);
    return after.table?.owner ?? "";
  });
}

function requireNoProblems(shape: TableShape, observation: Observation, owner: string): void {
  const problems = ownershipProblems(shape, observation, owner);
  if (problems.length > 0) refuse(`table "${shape.schema}.${shape.table}"`, problems);
  if (!observation.table) {
    if (shape.columns) return;
    throw new Refusal(
      `table "${shape.schema}.${shape.table}" does not exist, and no columns are declared: another tool owns it. ` +
        "Let that tool make it first (partitioned), or declare columns",
    );
  }
  const found = [...tableProblems(shape, observation.table), ...rightsProblems(observation.table)];
  if (found.length > 0) refuse(`table "${shape.schema}.${shape.table}"`, found);
}

function rightsProblems(table: NonNullable<Observation["table"]>): CoreProblem[] {
  const missing = missingRights(table);
  if (missing.length === 0) return [];
  return [
    {
      path: "table",
      code: "privileges",
      message: `role "${table.rights.role}" may not manage "${table.schema}.${table.name}".`,
      fix: `An administrator has to run: ${missing.join("; ")}`,
    },
  ];
}

/** A table that another tool made is only forgotten. Ours is dropped when destroy is allowed and its partitions are gone. */
async function deleteTable(ctx: ResourceContext, runtime: Runtime, shape: TableShape): Promise<void> {
  const work = workContext(runtime, ctx);
  const options = { signal: ctx.signal, log: ctx.log, subject: `deleting table "${shape.schema}.${shape.table}"` };
  await runtime.database.withTableLock(shape.schema, shape.table, options, async () => {
    runtime.database.invalidate(shape.schema, shape.table);
    const observation = await runtime.observe(shape, shape.window.key);
    const forget = unregisterTableStatement(work.management, { schema: shape.schema, table: shape.table });
    if (observation.registration?.owner !== runtime.owner(ctx)) return;
    if (!observation.table || !shape.columns || observation.registration.mode === "released") {
      await runtime.database.execute([forget], options);
      return;
    }
    if (!runtime.destroyAllowed(shape)) throw destroyRefused(shape);
    if (observation.table.leaves.length > 0) {
      throw new Refusal(
        `table "${shape.schema}.${shape.table}" still has ${observation.table.leaves.length} partitions; they are retired first, by its PartitionWindow`,
      );
    }
    const [create] = createTableStatements(shape);
    const drop = {
      sql: create?.undo ?? "",
      transaction: `drop table ${shape.schema}.${shape.table}`,
      timeouts: "strong" as const,
      locks: [
        { relation: `${shape.schema}.${shape.table}`, role: "parent" as const, mode: "ACCESS EXCLUSIVE" as const },
      ],
      hold: "instant" as const,
      hazards: ["DELETES_DATA" as const, "LOCK_PARENT_AX" as const],
      undo: "none",
    };
    await runtime.database.execute([drop, { ...forget, transaction: drop.transaction }], options);
  });
}

/** Why a destroy is refused, and the three ways on. */
export function destroyRefused(table: { schema: string; table: string }): Refusal {
  const name = `${table.schema}.${table.table}`;
  return new Refusal(
    `table "${name}" holds data and is not destroyed. To drop it with all its rows, set allowDestroy: ["${name}"] in the provider's configuration ` +
      `and run \`pulumi up\` once before the destroy. To keep it and forget it here, run \`pgpartition release ${name}\` first. ` +
      "If it was only renamed in the program, give the new name an alias of the old one",
  );
}

function renameProblems(olds: PropertyMap, wire: TableWire): CoreProblem[] {
  return (["schema", "table"] as const).flatMap((property) =>
    olds[property] === wire[property]
      ? []
      : [
          {
            path: property,
            code: "table-mismatch" as const,
            message: `the ${property} of this resource changed from "${String(olds[property])}" to "${wire[property]}"; a table with data is not renamed or replaced.`,
            fix: "Rename it with ALTER TABLE and the resource with an alias, or declare the new table beside the old one.",
          },
        ],
  );
}

function declaredTwice(table: { schema: string; table: string }, other: string): CoreProblem {
  return {
    path: "table",
    code: "name-collision",
    message: `"${table.schema}.${table.table}" is declared twice: also by ${other}.`,
    fix: "Declare a table once.",
  };
}

/** Types by the names that the server prints, so that an imported table equals the declared one. */
function canonical(inputs: PropertyMap): PropertyMap {
  const read = readWire(tableWireSchema, inputs);
  if ("problems" in read) return inputs;
  const { value } = read;
  return {
    ...inputs,
    key: { column: value.key.column, encoding: value.key.encoding, zone: value.key.zone },
    columns:
      value.columns?.map((column) => ({
        name: column.name,
        type: canonicalType(column.type),
        nullable: column.nullable,
      })) ?? null,
    uniques: value.uniques?.map((unique) => ({ ...unique })) ?? null,
    checks: null,
    foreignKeys: value.foreignKeys?.map((key) => ({ name: key.name, columns: key.columns })) ?? null,
  };
}

function importedInputs(table: NonNullable<Observation["table"]>): PropertyMap {
  const primary = table.constraints.find((constraint) => constraint.kind === "primary");
  return {
    schema: table.schema,
    table: table.name,
    key: { column: table.key?.columns[0] ?? "", encoding: "time", zone: "UTC" },
    columns: table.columns.map((column) => ({
      name: column.name,
      type: column.type,
      nullable: column.nullable,
      ...(column.default === undefined ? {} : { default: column.default }),
      ...(column.identity === undefined ? {} : { identity: column.identity }),
    })),
    ...(primary ? { primaryKey: primary.columns } : {}),
    ...named("uniques", "unique", table, ({ name, columns }) => ({ name, columns })),
    ...named("foreignKeys", "foreign", table, importedForeignKey),
  };
}

type Constraint = NonNullable<Observation["table"]>["constraints"][number];

/** A list of constraints of one kind; absent where there is none, as the components leave it. */
function named(
  property: string,
  kind: Constraint["kind"],
  table: NonNullable<Observation["table"]>,
  read: (constraint: Constraint) => PropertyMap,
): PropertyMap {
  const found = table.constraints.filter((constraint) => constraint.kind === kind);
  return found.length > 0 ? { [property]: found.map(read) } : {};
}

/** Columns and actions of the referenced side are in the text only; Diff compares name and columns. */
function importedForeignKey({ name, columns, definition, references }: Constraint): PropertyMap {
  const [, remote = "", actions = ""] = /\(([^()]*)\)([^()]*)$/.exec(definition.replace(/^.*? REFERENCES /, "")) ?? [];
  const action = (event: string): string =>
    (new RegExp(`ON ${event} (CASCADE|RESTRICT|SET NULL|SET DEFAULT)`).exec(actions)?.[1] ?? "no action").toLowerCase();
  return {
    name,
    columns,
    references: {
      schema: references?.schema ?? "",
      table: references?.table ?? "",
      columns: remote.split(", ").map((column) => column.replace(/^"(.*)"$/, "$1").replaceAll('""', '"')),
    },
    onDelete: action("DELETE"),
    onUpdate: action("UPDATE"),
  };
}

function idOf(inputs: PropertyMap): string {
  return formatTableId(requireWire(tableWireSchema, inputs));
}
