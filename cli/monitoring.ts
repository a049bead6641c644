import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Command, InvalidArgumentError } from "commander";
import type { AlertThresholdArgs, MonitoringSettingsArgs, SizeThresholdArgs } from "../core/monitoring/monitoring-args";
import { MONITORING_FILES, type MonitoringTexts, renderMonitoringTexts } from "../core/monitoring/monitoring-files";
import { requireMonitoringSettings } from "../core/monitoring/monitoring-settings";
import { recordSizeThresholds } from "../postgres/management/size-thresholds";
import { withRegistry } from "./open-session";

/** Writes the files of the component Monitoring without a Pulumi program. */
export function createMonitoringCommand(): Command {
  return new Command("monitoring")
    .description("Write the files for Prometheus and Grafana: exporter queries, alert rules, dashboard, thresholds.")
    .requiredOption("--out <folder>", "folder of the files; created if it is missing")
    .option("--table <schema.table...>", "only these tables; every managed one by default")
    .option("--small <size>", 'below this a partition is small (default: "10 GB")')
    .option("--warn <size>", 'above this it is a warning (default: "100 GB")')
    .option("--alert <size>", 'above this it is an alert (default: "200 GB")')
    .option("--runway <span>", 'less runway than this is alerted (default: "7 days")')
    .option("--job-silent <span>", 'how long a job may be silent (default: "2 days")')
    .option("--slow-query <time>", 'mean time from which a statement is slow (default: "1 s")')
    .option("--no-partition-series", "series for each table only, for thousands of partitions")
    .option("--record", "also record the thresholds in the database, where the view partition_size reads them")
    .action(async (options: Options, command: Command) => {
      const { managementSchema } = command.optsWithGlobals<{ managementSchema: string }>();
      const settings = requireMonitoringSettings(toArgs(options, managementSchema), "monitoring");
      writeTexts(options.out, renderMonitoringTexts(settings));
      if (options.record !== true) return;
      await withRegistry(command, ({ database, options: how }) => recordSizeThresholds(database, settings, how));
      console.log(`thresholds are recorded in "${managementSchema}"`);
    });
}

interface Options {
  readonly out: string;
  readonly table?: string[];
  readonly small?: string;
  readonly warn?: string;
  readonly alert?: string;
  readonly runway?: string;
  readonly jobSilent?: string;
  readonly slowQuery?: string;
  readonly partitionSeries: boolean;
  readonly record?: boolean;
}

/** Passes texts on: they are checked with all other arguments. */
function toArgs(options: Options, managementSchema: string): MonitoringSettingsArgs {
  const { small, warn, alert, runway, jobSilent, slowQuery } = options;
  return {
    managementSchema,
    partitionSeries: options.partitionSeries,
    ...(options.table === undefined ? {} : { tables: options.table }),
    sizes: omitUndefined({ small, warn, alert }) as SizeThresholdArgs,
    alerts: omitUndefined({ runway, jobSilent, slowQuery }) as AlertThresholdArgs,
  };
}

function omitUndefined(values: Readonly<Record<string, string | undefined>>): object {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined));
}

function writeTexts(folder: string, texts: MonitoringTexts): void {
  if (folder === "") throw new InvalidArgumentError("--out is empty; name a folder");
  mkdirSync(folder, { recursive: true });
  for (const [key, text] of Object.entries(texts) as [keyof MonitoringTexts, string][]) {
    const file = join(folder, MONITORING_FILES[key]);
    writeFileSync(file, text);
    console.log(file);
  }
}
