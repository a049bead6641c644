// What a program with one PartitionedDatabase asks the engine for, without the engine: its resources in order.
import { endsPlain } from "../../../core/declare/conversion/conversion-spec";
import type { SizeThresholdArgs } from "../../../core/monitoring/monitoring-args";
import { requireSizeThresholds } from "../../../core/monitoring/monitoring-settings";
import { encodeConversion } from "../../../core/resources/conversion";
import { planFromSpec } from "../../../core/plan/spec-plan";
import type { TableSpecArgs } from "../../../core/declare/table/args";
import { requireTableSpec } from "../../../core/declare/table/parse";
import { encodePublicationMember } from "../../../core/declare/table/publications";
import { encodeRowPolicy } from "../../../core/declare/table/row-policy";
import { encodeCronJob } from "../../../core/declare/schedule/schedule";
import type { TableSpec } from "../../../core/declare/table/spec";
import { encodeIndex, encodeKey, encodeTable } from "../../../core/declare/table/wire";
import { formatInstant, parseInstant } from "../../../core/time/instant";
import { overlaps, isSameInterval } from "../../../core/time/interval";
import { planWindow } from "../../../core/window/window-partitions";
import { digestPartitions, encodeWindow } from "../../../core/window/wire";
import type { PropertyMap } from "../../../provider/runtime/values";

export interface Declared {
  readonly type:
    | "ManagementSchema"
    | "Conversion"
    | "Table"
    | "RowPolicy"
    | "Partition"
    | "Index"
    | "PublicationMember"
    | "FunctionAliases" // only in state of earlier versions
    | "CronJob"
    | "PartitionWindow";
  readonly name: string;
  readonly inputs: PropertyMap;
  /** Resources of one step are independent: the engine creates them at the same time. */
  readonly step: number;
}

/** One program: tables by key, the moment it runs, and the name of the management schema. */
export interface Program {
  readonly tables: Readonly<Record<string, TableSpecArgs>>;
  readonly asOf: string;
  readonly management?: string;
  readonly sizes?: SizeThresholdArgs;
}

/** The same resources, names and order as components/partitioned-database.ts and partitioned-table.ts make. */
export function resourcesOf(program: Program): Declared[] {
  const sizes = program.sizes && requireSizeThresholds(program.sizes, "database");
  const management = { schema: program.management ?? "pgpartition", ...(sizes ? { sizes } : {}) };
  const tables = Object.entries(program.tables).flatMap(([key, args]) => tableResources(key, args, program.asOf));
  const all = [declared("ManagementSchema", "management", management, 0), ...tables];
  return all.sort((one, other) => one.step - other.step);
}

function tableResources(key: string, args: TableSpecArgs, asOfText: string): Declared[] {
  const spec = requireTableSpec(args, `table "${key}"`);
  const window = planWindow(spec.window, parseInstant(asOfText, "UTC"));
  const partitions = spec.window.resources === "window" ? [] : window.desired;
  const table = { schema: spec.schema, table: spec.table, key: spec.window.key };
  const rowPolicy = encodeRowPolicy(spec);
  const job = encodeCronJob(spec.window.schedule, spec);
  const conversion = encodeConversion(spec);
  const converting = conversion ? [declared("Conversion", `${key}-conversion`, conversion, 0.5)] : [];
  if (spec.convertFrom && endsPlain(spec.convertFrom)) return converting;
  return [
    ...converting,
    declared("Table", `${key}-table`, encodeTable(spec), 1),
    ...(rowPolicy ? [declared("RowPolicy", `${key}-row-policy`, rowPolicy, 2)] : []),
    ...partitions.map((partition) => {
      const bounds = { from: formatInstant(partition.from), to: formatInstant(partition.to) };
      const inputs = { ...table, key: encodeKey(spec.window.key), name: partition.name, ...bounds };
      return declared(
        "Partition",
        `${key}-${bounds.from}_${bounds.to}`,
        { ...inputs, ...emptiness(spec, partition) },
        2,
      );
    }),
    ...spec.publications.map((publication) =>
      declared(
        "PublicationMember",
        `${key}-publication-${publication.publication}`,
        encodePublicationMember(publication, spec),
        2,
      ),
    ),
    ...(job ? [declared("CronJob", `${key}-schedule`, job, 2)] : []),
    ...spec.indexes.map((index) => declared("Index", `${key}-${index.index}`, encodeIndex(index, table), 3)),
    declared("PartitionWindow", `${key}-window`, windowInputs(spec, window), 4),
  ];
}

function windowInputs(spec: TableSpec, window: ReturnType<typeof planWindow>): object {
  return {
    ...encodeWindow(spec.window),
    asOf: formatInstant(window.asOf),
    ...(spec.window.resources === "partition" ? { childDigest: digestPartitions(window.desired) } : {}),
    plan: planFromSpec(spec, window.asOf, "the provider has not read the database"),
  };
}

function emptiness(spec: TableSpec, partition: Parameters<typeof isSameInterval>[0]): object {
  return {
    ...(spec.window.allowEmpty.some((interval) => isSameInterval(interval, partition)) ? { allowEmpty: true } : {}),
    ...(spec.window.restored.some(({ range }) => overlaps(range, partition)) ? { restored: true } : {}),
  };
}

function declared(type: Declared["type"], name: string, inputs: object, step: number): Declared {
  // As it arrives: the SDK sends JSON, where undefined is nothing.
  return { type, name, step, inputs: JSON.parse(JSON.stringify(inputs)) as PropertyMap };
}
