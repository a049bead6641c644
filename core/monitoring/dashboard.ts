import type { MonitoringSettings } from "./settings";

/** One panel as it is thought of; ids and places are given when the dashboard is put together. */
interface PanelIdea {
  readonly title: string;
  readonly description: string;
  readonly kind: "timeseries" | "stat" | "table";
  readonly unit: string;
  readonly width: 8 | 12 | 24;
  readonly series: readonly { readonly expr: string; readonly legend: string }[];
  /** From here on it is shown in yellow, and in red. */
  readonly steps?: readonly [yellow: number, red: number];
  /** Little is bad, as with the runway. */
  readonly falling?: boolean;
}

const DATA_SOURCE = { type: "prometheus", uid: "${datasource}" } as const;
const CHOSEN = '{schema=~"$schema", table=~"$table"}';
const TABLE_LEGEND = "{{schema}}.{{table}}";

/** A dashboard of Grafana: JSON model of schema version 39 (Grafana 10.4), which later ones read. */
export function dashboard(settings: MonitoringSettings): object {
  return {
    uid: "pgpartition",
    title: settings.title,
    description: "Made by pulumi-pgpartition. Its next run writes it anew: copy it before you change it.",
    tags: ["postgresql", "pgpartition"],
    schemaVersion: 39,
    version: 1,
    editable: true,
    graphTooltip: 1,
    refresh: "1m",
    time: { from: "now-7d", to: "now" },
    timepicker: {},
    timezone: "browser",
    annotations: { list: [] },
    links: [],
    templating: { list: variables() },
    panels: place([...windowPanels(settings), ...sizePanels(settings), ...usePanels(settings)]),
  };
}

function variables(): object[] {
  return [
    { name: "datasource", label: "Data source", type: "datasource", query: "prometheus", refresh: 1, hide: 0 },
    labelVariable("schema", "Schema", "label_values(pgpartition_runway_seconds, schema)"),
    labelVariable("table", "Table", 'label_values(pgpartition_runway_seconds{schema=~"$schema"}, table)'),
  ];
}

function labelVariable(name: string, title: string, definition: string): object {
  return {
    name,
    label: title,
    type: "query",
    datasource: DATA_SOURCE,
    query: { query: definition, refId: name },
    refresh: 2,
    includeAll: true,
    multi: true,
    allValue: ".*",
    current: { selected: true, text: ["All"], value: ["$__all"] },
    sort: 1,
    hide: 0,
  };
}

function windowPanels(settings: MonitoringSettings): PanelIdea[] {
  return [
    {
      title: "Runway",
      description: "Time until the first moment without a partition.",
      kind: "stat",
      unit: "s",
      width: 8,
      series: [{ expr: `pgpartition_runway_seconds${CHOSEN}`, legend: TABLE_LEGEND }],
      steps: [settings.runwaySeconds, 3_600],
      falling: true,
    },
    {
      title: "Partitions that are due and missing",
      description: "The schedule, or the next update, should make them.",
      kind: "stat",
      unit: "short",
      width: 8,
      series: [{ expr: `pgpartition_creation_missing${CHOSEN}`, legend: TABLE_LEGEND }],
      steps: [1, 2],
    },
    {
      title: "Rows in default partitions",
      description: "As the statistics know them.",
      kind: "stat",
      unit: "short",
      width: 8,
      series: [{ expr: `pgpartition_default_rows${CHOSEN}`, legend: `${TABLE_LEGEND} {{partition}}` }],
      steps: [settings.defaultRows, 10_000],
    },
    {
      title: "Time since the jobs last ran",
      description: "Jobs of pg_cron; one that failed, is switched off or cannot be seen has a line of its own.",
      kind: "timeseries",
      unit: "s",
      width: 12,
      series: [
        { expr: `pgpartition_job_idle_seconds${CHOSEN}`, legend: "{{job}}" },
        { expr: `pgpartition_job_failed${CHOSEN} > 0`, legend: "{{job}} failed" },
        { expr: `pgpartition_job_inactive${CHOSEN} > 0`, legend: "{{job}} inactive" },
        { expr: `pgpartition_job_visible${CHOSEN} == 0`, legend: "{{job}} not seen" },
      ],
      steps: [settings.jobSilentSeconds, settings.jobSilentSeconds * 2],
    },
    {
      title: "What the schedule could still make",
      description: "Time until the end of what the last update prepared.",
      kind: "timeseries",
      unit: "s",
      width: 12,
      series: [{ expr: `pgpartition_runway_prepared_seconds${CHOSEN}`, legend: TABLE_LEGEND }],
    },
  ];
}

function sizePanels(settings: MonitoringSettings): PanelIdea[] {
  const steps = [settings.warnBytes, settings.alertBytes] as const;
  const largest: PanelIdea = settings.partitionSeries
    ? {
        title: "Largest partitions",
        description: "Bytes with indexes.",
        kind: "table",
        unit: "bytes",
        width: 12,
        series: [{ expr: `topk(20, pgpartition_partition_size_bytes${CHOSEN})`, legend: "" }],
        steps,
      }
    : {
        title: "Largest partition",
        description: "Bytes with indexes.",
        kind: "timeseries",
        unit: "bytes",
        width: 12,
        series: [{ expr: `pgpartition_table_largest_bytes${CHOSEN}`, legend: TABLE_LEGEND }],
        steps,
      };
  return [
    {
      title: "Size of the tables",
      description: "Bytes of all partitions with their indexes.",
      kind: "timeseries",
      unit: "bytes",
      width: 12,
      series: [{ expr: `pgpartition_table_size_bytes${CHOSEN}`, legend: TABLE_LEGEND }],
    },
    largest,
    {
      title: "Growth by day",
      description: "Measured on the last intervals that ended.",
      kind: "timeseries",
      unit: "bytes",
      width: 8,
      series: [{ expr: `pgpartition_table_growth_bytes_per_day${CHOSEN}`, legend: TABLE_LEGEND }],
    },
    {
      title: "Imbalance",
      description: "The largest partition against the median.",
      kind: "timeseries",
      unit: "short",
      width: 8,
      series: [{ expr: `pgpartition_table_imbalance_ratio${CHOSEN}`, legend: TABLE_LEGEND }],
      steps: [settings.imbalance, settings.imbalance * 2],
    },
    {
      title: "Partitions",
      description: "Leaves of each table.",
      kind: "timeseries",
      unit: "short",
      width: 8,
      series: [{ expr: `pgpartition_table_partitions${CHOSEN}`, legend: TABLE_LEGEND }],
    },
  ];
}

function usePanels(settings: MonitoringSettings): PanelIdea[] {
  const writes = (kind: string) => ({
    expr: `sum by (schema, table) (rate(pgpartition_writes_${kind}_total${CHOSEN}[$__rate_interval]))`,
    legend: `${TABLE_LEGEND} ${kind}`,
  });
  return [
    {
      title: "Rows written",
      description: "By second, summed over the partitions.",
      kind: "timeseries",
      unit: "wps",
      width: 12,
      series: [writes("inserted"), writes("updated"), writes("deleted")],
    },
    {
      title: "Rows written by month of the partition",
      description: "Since the statistics of the server were last reset.",
      kind: "table",
      unit: "short",
      width: 12,
      series: [{ expr: `sum by (schema, table, month) (pgpartition_writes_inserted_total${CHOSEN})`, legend: "" }],
    },
    {
      title: "Scans of indexes",
      description: "By second, summed over the partitions.",
      kind: "timeseries",
      unit: "ops",
      width: 12,
      series: [
        { expr: `rate(pgpartition_index_scans_total${CHOSEN}[$__rate_interval])`, legend: `${TABLE_LEGEND} {{index}}` },
      ],
    },
    {
      title: "Indexes that were never used",
      description: "Bytes of those without a scan since the last reset.",
      kind: "table",
      unit: "bytes",
      width: 12,
      series: [
        { expr: `pgpartition_index_size_bytes${CHOSEN} and pgpartition_index_scans_total${CHOSEN} == 0`, legend: "" },
      ],
    },
    {
      title: "Slow statements",
      description: "Mean time, from pg_stat_statements; slow_queries() has the texts by query_id.",
      kind: "timeseries",
      unit: "s",
      width: 24,
      series: [{ expr: `pgpartition_statement_mean_seconds${CHOSEN}`, legend: `${TABLE_LEGEND} {{query_id}}` }],
      steps: [settings.slowQueryMs / 1000, settings.slowQueryMs / 100],
    },
  ];
}

const COLUMNS = 24;
const HEIGHT = 8;

/** From left to right, row by row, each with an id of its own. */
function place(ideas: readonly PanelIdea[]): object[] {
  let x = 0;
  let y = 0;
  return ideas.map((idea, index) => {
    if (x + idea.width > COLUMNS) {
      x = 0;
      y += HEIGHT;
    }
    const gridPos = { x, y, w: idea.width, h: HEIGHT };
    x += idea.width;
    return panel(idea, index + 1, gridPos);
  });
}

function panel(idea: PanelIdea, id: number, gridPos: object): object {
  return {
    id,
    title: idea.title,
    description: idea.description,
    type: idea.kind,
    datasource: DATA_SOURCE,
    gridPos,
    fieldConfig: { defaults: { unit: idea.unit, min: 0, thresholds: thresholds(idea) }, overrides: [] },
    options: {},
    targets: idea.series.map(({ expr, legend }, index) => ({
      refId: String.fromCharCode("A".charCodeAt(0) + index),
      datasource: DATA_SOURCE,
      expr,
      legendFormat: legend,
      // A table shows the present; the others the time that is chosen.
      ...(idea.kind === "table" ? { instant: true, range: false, format: "table" } : { instant: false, range: true }),
    })),
  };
}

function thresholds(idea: PanelIdea): object {
  const steps = idea.steps ? coloured(idea.steps, idea.falling === true) : [{ color: "green", value: null }];
  return { mode: "absolute", steps };
}

/** The first step has no value: it begins below everything. */
function coloured([yellow, red]: readonly [number, number], falling: boolean): object[] {
  const green = { color: "green", value: null };
  if (!falling) return [green, { color: "yellow", value: yellow }, { color: "red", value: red }];
  return [
    { color: "red", value: null },
    { color: "yellow", value: Math.min(red, yellow) },
    { color: "green", value: yellow },
  ];
}
