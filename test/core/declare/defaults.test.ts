// Each default is told twice: to users by its docstring, to the program by a constant. They are the same.
import { expect, test } from "vitest";
import { interfaces } from "../../../core/declare/option/docstrings.json";
import type { Docstrings } from "../../../core/declare/option/docstring";
import { requireTableSpec } from "../../../core/declare/table/parse";
import {
  DEFAULT_ABORT_UPLOADS,
  DEFAULT_LOCK_BUDGET_MS,
  DEFAULT_LOCK_TIMEOUT_MS,
  DEFAULT_POOL_SIZE,
} from "../../../core/defaults";
import { requireMonitoringSettings } from "../../../core/monitoring/monitoring-settings";
import { readConfig } from "../../../provider/runtime/provider-config";
import { VALID } from "../support/specs";

type Json = Readonly<Record<string, unknown>>;
const DOCSTRINGS: Docstrings = interfaces;

/** What a declaration means in which an interface has these members, and no other optional ones. */
type Meaning = (members: Json) => unknown;

const table = (part: Json): unknown => requireTableSpec({ ...VALID, ...part }, "test");
const columns = { ...VALID.columns, tenant: "text" };
const list = (members: Json) => ({ list: "tenant", values: ["a"], ...members });
const branched = (members: Json): Json => ({
  columns,
  primaryKey: ["tenant", "id", "ts"],
  uniques: {},
  partitionBy: [list(members), { range: "ts" }],
});
const foreignKey = (members: Json) => ({
  columns: ["run_id"],
  references: { table: "runs", columns: ["id"] },
  ...members,
});
const archive = (members: Json) => ({ onExpire: "archive", archive: { to: "s3://bucket/prefix", ...members } });

const MEANINGS: Readonly<Record<string, Meaning>> = {
  TableSpecArgs: table,
  ColumnArgs: (members) => table({ columns: { ...VALID.columns, note: { type: "text", ...members } } }),
  RangeLevelArgs: (members) => table({ partitionBy: [{ range: "ts", ...members }] }),
  LevelOverrideArgs: (members) =>
    table({
      ...branched({}),
      partitionBy: [list({}), { range: "ts", overrides: [{ when: { tenant: "a" }, ...members }] }],
    }),
  ListLevelArgs: (members) => table(branched(members)),
  ListValuesArgs: (members) => table(branched({ values: { from: "tenants", column: "id", ...members } })),
  HashLevelArgs: (members) =>
    table({
      columns,
      primaryKey: ["tenant", "id", "ts"],
      uniques: {},
      partitionBy: [{ range: "ts" }, { hash: "tenant", modulus: 2, ...members }],
    }),
  IndexArgs: (members) => table({ indexes: { by_run: { columns: ["run_id"], ...members } } }),
  CreatePublicationArgs: (members) => table({ publications: { feed: { create: members } } }),
  ScheduleArgs: ({ job, ...members }) =>
    table({ schedule: { cron: "0 2 * * *", ...members, ...(job === undefined ? {} : { job: filledIn(job) }) } }),
  CheckArgs: (members) => table({ checks: { positive: { expression: "id > 0", ...members } } }),
  ForeignKeyArgs: (members) => table({ foreignKeys: { run: foreignKey(members) } }),
  RowSecurityArgs: (members) => table({ rowSecurity: members }),
  PolicyArgs: (members) => table({ rowSecurity: { policies: { own: { using: "true", ...members } } } }),
  AgedStorageProfileArgs: (members) => table({ storage: { warm: { after: "1 month", ...members } } }),
  DefaultPartitionArgs: (members) => table({ defaultPartition: members }),
  ArchiveArgs: (members) => table(archive(members)),
  RetireHoursArgs: (members) => table({ allowRetireBetween: { from: "22:00", to: "05:00", ...members } }),
  ConvertFromArgs: (members) => table({ convertFrom: { historyUntil: "2027-01-01", ...members } }),
  MonitoringSettingsArgs: (members) => requireMonitoringSettings(members, "test"),
  SizeThresholdArgs: (sizes) => requireMonitoringSettings({ sizes }, "test"),
  AlertThresholdArgs: (alerts) => requireMonitoringSettings({ alerts }, "test"),
  ArchiveBucketSettingsArgs: (members) => ({ abortUploadsAfter: DEFAULT_ABORT_UPLOADS, ...members }),
  ProviderArgs: (members) => ({
    poolSize: DEFAULT_POOL_SIZE,
    lockTimeoutMs: DEFAULT_LOCK_TIMEOUT_MS,
    lockBudgetMs: DEFAULT_LOCK_BUDGET_MS,
    ...readConfig(members as Parameters<typeof readConfig>[0]),
  }),
};

/** The name of a job is no template; its docstring writes one for all tables. */
function filledIn(job: unknown): string {
  return String(job).replace("{schema}", "public").replace("{table}", VALID.table);
}

/** Defaults that PostgreSQL or another package has; nothing here fills them in. */
const LEFT_TO_OTHERS = ["IndexColumnArgs.order"];

/** Defaults that are values, as JSON writes them; all others are sentences. */
const DEFAULTS = Object.entries(DOCSTRINGS).flatMap(([owner, { members }]) =>
  Object.entries(members).flatMap(([member, { default: text }]) => {
    const value = text === undefined ? undefined : valueIn(text);
    return value === undefined || LEFT_TO_OTHERS.includes(`${owner}.${member}`)
      ? []
      : [[owner, member, value] as const];
  }),
);

function valueIn(text: string): unknown {
  try {
    return JSON.parse(text.replace(/^`(.*)`$/, "$1")) as unknown;
  } catch {
    return undefined;
  }
}

/** `{ references: { schema } }` for `references.schema`, beside what else belongs there. */
function member(path: string, value: unknown): Json {
  const [first = "", second] = path.split(".");
  return { [first]: second === undefined ? value : { ...foreignKey({}).references, [second]: value } };
}

test("values are most of the defaults", () => {
  expect(DEFAULTS.length).toBeGreaterThan(45);
});

test.each(DEFAULTS)("%s.%s left out means the %j that is documented", (owner, path, value) => {
  const meaning = MEANINGS[owner];
  if (meaning === undefined) throw new Error(`say where ${owner} stands in a declaration`);
  expect(meaning(member(path, value))).toEqual(meaning({}));
});

test.each([
  ["drop", "7 days"],
  ["archive", "none"],
] as const)("with onExpire %s no grace means %s, as is documented", (onExpire, grace) => {
  const declared = { onExpire, ...(onExpire === "archive" ? archive({}) : {}) };
  expect(DOCSTRINGS["TableSpecArgs"]?.members["grace"]?.default).toBe('"7 days"; "none" with onExpire "archive"');
  expect(table({ ...declared, grace })).toEqual(table(declared));
});
