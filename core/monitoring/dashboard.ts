import model from "./dashboard.json";
import { fillPlaceholders } from "./placeholders";
import type { MonitoringSettings } from "./monitoring-settings";

const HOUR = 3_600;

/** Returns a Grafana dashboard: JSON model of schema version 39 (Grafana 10.4), which later versions read. */
export function buildDashboard(settings: MonitoringSettings): object {
  const { alertBytes, defaultRows, imbalance, jobSilentSeconds, runwaySeconds, title, warnBytes } = settings;
  const filled = fillPlaceholders(model, {
    alertBytes,
    defaultRows,
    imbalance,
    imbalanceTwice: imbalance * 2,
    jobSilentSeconds,
    jobSilentSecondsTwice: jobSilentSeconds * 2,
    runwaySeconds,
    runwaySecondsAtMostAnHour: Math.min(HOUR, runwaySeconds),
    slowSeconds: settings.slowQueryMs / 1000,
    slowSecondsTenfold: settings.slowQueryMs / 100,
    title,
    warnBytes,
  });
  // Without a series for each partition only the largest of each table can be shown.
  const left = settings.partitionSeries ? "Largest partition" : "Largest partitions";
  return { ...filled, panels: filled.panels.filter((panel) => panel.title !== left) };
}
