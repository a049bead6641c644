import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import * as pulumi from "@pulumi/pulumi";
import type { MonitoringSettingsArgs } from "../core/monitoring/monitoring-args";
import { MONITORING_FILES, type MonitoringTexts, renderMonitoringTexts } from "../core/monitoring/monitoring-files";
import { requireMonitoringSettings } from "../core/monitoring/monitoring-settings";

/** Files for Prometheus and Grafana, and where they are written. */
export interface MonitoringArgs extends MonitoringSettingsArgs {
  /**
   * Folder for the files, created if it is missing. They depend on the program alone, so that preview writes them as well.
   * @default none: the texts are outputs
   */
  readonly writeTo?: string;
}

/**
 * Files with which Prometheus and Grafana watch the managed tables: queries for postgres_exporter, alert rules, a dashboard,
 * and the SQL that gives the view partition_size the same thresholds. Nothing is created in the database: the views are part
 * of the management schema.
 *
 * @example
 * const monitoring = new Monitoring("monitoring", { alerts: { runway: "14 days" }, writeTo: "monitoring" });
 * export const rules = monitoring.prometheusRules;
 */
export class Monitoring extends pulumi.ComponentResource {
  /** Text of the queries file of postgres_exporter. */
  readonly prometheusQueries: pulumi.Output<string>;
  /** Text of the rules file of Prometheus. */
  readonly prometheusRules: pulumi.Output<string>;
  /** JSON model of a dashboard of Grafana. */
  readonly grafanaDashboard: pulumi.Output<string>;
  /** SQL that records the thresholds in the management schema. */
  readonly thresholds: pulumi.Output<string>;

  constructor(name: string, args: MonitoringArgs = {}, opts?: pulumi.ComponentResourceOptions) {
    super("pgpartition:index:Monitoring", name, {}, opts);
    const { writeTo, ...declared } = args;
    const texts = renderMonitoringTexts(requireMonitoringSettings(declared, `monitoring "${name}"`));
    if (writeTo !== undefined) writeTexts(writeTo, texts);
    this.prometheusQueries = pulumi.output(texts.prometheusQueries);
    this.prometheusRules = pulumi.output(texts.prometheusRules);
    this.grafanaDashboard = pulumi.output(texts.grafanaDashboard);
    this.thresholds = pulumi.output(texts.thresholds);
    this.registerOutputs({ ...texts });
  }
}

function writeTexts(folder: string, texts: MonitoringTexts): void {
  mkdirSync(folder, { recursive: true });
  for (const [key, text] of Object.entries(texts) as [keyof MonitoringTexts, string][])
    writeFileSync(join(folder, MONITORING_FILES[key]), text);
}
