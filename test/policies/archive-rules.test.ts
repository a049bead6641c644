import { beforeAll, describe, expect, it } from "vitest";
import type { PlanEntry } from "../../core/plan/change/plan-types";
import { TABLE_TYPE, WINDOW_TYPE } from "../../policies/rules/support/rule";
import { environmentConfig, withAnalyzer } from "./analyzer";
import { audit, UNKNOWN } from "./properties";

const analyzer = withAnalyzer();

beforeAll(() => analyzer.configure({}));

const table = "public.audit_logs_partitioned";
const found = async (properties: object) =>
  (await analyzer.analyze(WINDOW_TYPE, properties)).map(({ policy, level, message }) => {
    const [, ...text] = message.split("\n");
    return `${level} ${policy}: ${text.join(" ")}`;
  });

const archive = { to: "s3://company-archive/postgres", format: "parquet", verify: "checksum" };
const archived = {
  rows: 12,
  bytes: 9_000,
  objects: 1,
  manifest: "app/public/table=audit_logs/from=2025-01-01T00:00:00Z/gen=1/_manifest.json",
  verify: "checksum" as const,
  verifiedAt: "2026-02-01T00:00:00Z",
};
const entry = (changes: object = {}) =>
  ({
    verb: "drop",
    partition: "audit_logs_p2025_01",
    from: "2025-01-01T00:00:00Z",
    to: "2025-02-01T00:00:00Z",
    rows: 12,
    reason: "archived",
    archived,
    ...changes,
  }) as PlanEntry;
const archiving = (drop?: PlanEntry, changes: object = {}) =>
  audit({ onExpire: "archive", archive, ...changes } as never, drop ? { dropCount: 1, retire: [drop] } : {});

describe("rows of a class that is to be archived", () => {
  it("may be dropped when they are, and not before", async () => {
    expect(await found(archiving(entry()))).toEqual([]);
    expect((await found(audit({ onExpire: "drop" })))[0]).toBe(
      `mandatory no-drop-without-archive: ${table}: onExpire is "drop", and data of class "audit" must be archived before its drop. ` +
        "Change onExpire in the program, or no-drop-without-archive.dataClasses or .allowed in the policy configuration.",
    );
  });

  it("may be dropped when they are in CSV, also under the names of an earlier version", async () => {
    const manifest = "s3://company-archive/postgres/audit_logs/_2025-01.gen-2.manifest.json";
    const own = { ...archive, format: "csv" };
    const drop = entry({ archived: { ...archived, manifest } });
    expect(await found(archiving(drop, { archive: own }))).toEqual([]);
    expect((await found(archiving(entry({ archived: undefined }), { archive: own }))).join()).toContain(
      "no archive of it is recorded",
    );
  });

  it("are not dropped by what an earlier declaration left over, nor where the plan does not list it", async () => {
    const left = audit({ onExpire: "detach" }, { dropCount: 1, retire: [entry({ archived: undefined })] });
    expect(await found(left)).toEqual([
      expect.stringContaining('the plan drops "audit_logs_p2025_01", and data of class "audit"'),
    ]);
    const cut = audit({ onExpire: "detach" }, { dropCount: 3, retire: [entry()] });
    expect(await found(cut)).toEqual([expect.stringContaining("the plan drops 2 partitions that it does not list")]);
  });

  it("may go without where class or table are allowed to", async () => {
    expect(await found(audit({ onExpire: "drop", dataClass: "telemetry" }))).toEqual([]);
    await analyzer.configure({ "no-drop-without-archive": { dataClasses: ["*"], allowed: [] } });
    expect((await found(audit({ onExpire: "drop", dataClass: "telemetry" })))[0]).toContain("no-drop-without-archive");
    await analyzer.configure({ "no-drop-without-archive": { allowed: [table] } });
    expect(await found(audit({ onExpire: "drop" }))).toEqual([]);
    await analyzer.configure({});
  });

  it("are not stored on the machine that runs the update if a bucket is required", async () => {
    const local = archiving(undefined, { archive: { ...archive, to: "file:///var/archive" } });
    expect(await found(local)).toEqual([]);
    await analyzer.configure({ "no-drop-without-archive": { stores: ["s3"] } });
    expect(await found(local)).toEqual([
      expect.stringContaining(
        'archive.to is "file:///var/archive"; archives of data of class "audit" may be stored in: s3.',
      ),
    ]);
    expect(await found(archiving())).toEqual([]);
    expect(await found(archiving(undefined, { archive: UNKNOWN }))).toEqual([]);
    const rows = { table: { schema: "archive", name: "logs" }, format: "rows", verify: "readBack" };
    expect(await found(archiving(undefined, { archive: rows }))).toEqual([
      expect.stringContaining('archive.to is "table:///archive.logs"; archives of'),
    ]);
    await analyzer.configure({ "archive-verified-before-drop": { verify: "readBack" } });
    expect(await found(archiving(entry({ archived: { ...archived, verify: "readBack" } }), { archive: rows }))).toEqual(
      [],
    );
    await analyzer.configure({});
  });
});

describe("the proof of an archive", () => {
  it.each([
    ["no archive of it is recorded", { archived: undefined }],
    ["its archive has no manifest", { archived: { ...archived, manifest: undefined } }],
    ["its archive was never verified", { archived: { ...archived, verifiedAt: undefined } }],
    ["its archive has 12 rows of about 2000 (ANALYZE the partition where the estimate is old)", { rows: 2_000 }],
    [
      "its archive has 12000 rows of about 9999 (ANALYZE the partition where the estimate is old)",
      { rows: 9_999, archived: { ...archived, rows: 12_000 } },
    ],
    ["its rows were not counted", { archived: { ...archived, rows: undefined } }],
    ["its archive has no objects", { archived: { ...archived, objects: 0 } }],
  ])("is whole, or nothing is dropped: %s", async (words, changes) => {
    const messages = await found(archiving(entry(changes)));
    expect(messages.join()).toContain(
      `mandatory archive-verified-before-drop: ${table}: the plan drops "audit_logs_p2025_01", and ${words}.`,
    );
  });

  it("is measured by an estimate, which is missing or a little off, or as far off as is configured", async () => {
    for (const rows of [undefined, 900, 12]) expect(await found(archiving(entry({ rows })))).toEqual([]);
    const many = { ...archived, rows: 12_000 };
    expect(await found(archiving(entry({ rows: 10_000, archived: many })))).toEqual([]);
    await analyzer.configure({ "archive-verified-before-drop": { rowsWithinPercent: 5 } });
    expect(await found(archiving(entry({ rows: 10_000, archived: many })))).toHaveLength(1);
    await analyzer.configure({});
  });

  it("may come in the same update, unless the environment wants to see it first", async () => {
    const both = (drop: object = {}) =>
      audit({ onExpire: "archive", archive } as never, {
        dropCount: 1,
        retire: [entry({ verb: "archive", archived: undefined }), entry({ archived: undefined, ...drop })],
      });
    expect(await found(both())).toEqual([]);
    expect(await found(both({ partition: "another" }))).toHaveLength(2);
    await analyzer.configure({ "archive-verified-before-drop": { sameUpdate: false } });
    expect(await found(both())).toEqual([expect.stringContaining("in one update, before the proof can be judged")]);
    await analyzer.configure({});
  });

  it("is asked of a partition without rows too, though it has no objects", async () => {
    expect(await found(archiving(entry({ rows: 0, archived: { ...archived, rows: 0, objects: 0 } })))).toEqual([]);
  });

  it("is read back where that is asked for, by the declaration and by each drop", async () => {
    await analyzer.configure({ "archive-verified-before-drop": { verify: "readBack" } });
    expect(await found(archiving())).toEqual([expect.stringContaining('archive.verify is "checksum"; "readBack"')]);
    const readBack = { archive: { ...archive, verify: "readBack" } };
    expect(await found(archiving(entry(), readBack))).toEqual([
      expect.stringContaining("its archive was not read back"),
    ]);
    expect(await found(archiving(entry({ archived: { ...archived, verify: "readBack" } }), readBack))).toEqual([]);
    await analyzer.configure({});
  });
});

describe("a legal hold", () => {
  const hold = { table: "public.audit*", from: "2024-12-01", to: "2025-01-15", reason: "matter 17" };
  const holding = (changes: object = {}) =>
    analyzer.configure({ "legal-hold": { holds: { "matter-17": { ...hold, ...changes } } } });
  const declared = { holds: [{ from: "2024-12-01T00:00:00Z", to: "2025-02-01T00:00:00Z", reason: "matter 17" }] };

  it("keeps every partition that it touches out of the plan, and stands in the program", async () => {
    await holding();
    expect(await found(archiving(entry()))).toEqual([
      expect.stringContaining(
        `mandatory legal-hold: ${table}: the plan has "drop" for "audit_logs_p2025_01", and "matter-17" holds ` +
          "2024-12-01T00:00:00Z/2025-01-15T00:00:00Z (matter 17). Change holds in the program, or legal-hold.holds.matter-17",
      ),
      expect.stringContaining("and no hold of the program covers the range."),
    ]);
    const next = entry({ from: "2025-02-01T00:00:00Z", to: "2025-03-01T00:00:00Z" });
    expect(await found(archiving(next, declared))).toEqual([]);
    const detaching = audit(declared as never, { detachCount: 1, retire: [entry({ verb: "detach" })] });
    expect(await found(detaching)).toEqual([expect.stringContaining('has "detach" for')]);
  });

  it("reaches the tables that its pattern names", async () => {
    await holding({ table: "public.audit" });
    expect(await found(archiving(entry()))).toEqual([]);
    await holding({ table: table.replace("_", "?") });
    expect(await found(archiving(entry()))).toEqual([]);
    await holding({ table: "*" });
    expect(await found(archiving(entry()))).toHaveLength(2);
  });

  it("of the program that is over, or shorter, does not count", async () => {
    await holding();
    const over = { holds: [{ ...declared.holds[0], until: "2026-02-01T00:00:00Z" }] };
    expect(await found(archiving(undefined, over))).toHaveLength(1);
    const short = { holds: [{ ...declared.holds[0], from: "2024-12-02T00:00:00Z" }] };
    expect(await found(archiving(undefined, short))).toHaveLength(1);
    expect(await found(archiving(undefined, { holds: UNKNOWN }))).toEqual([
      expect.stringContaining("not evaluated: legal-hold, because holds will be known only"),
    ]);
  });

  it("is lifted by two fields, and by no single one", async () => {
    await holding({ liftedBy: "General counsel", liftedBecause: "settled, file 17/4" });
    expect(await found(archiving(entry()))).toEqual([]);
    await holding({ liftedBy: "General counsel" });
    expect((await found(archiving(entry(), declared)))[0]).toContain(
      "lifting it needs both liftedBy and liftedBecause.",
    );
  });

  it("that is no range of time is reported, and not ignored", async () => {
    await holding({ from: "soon" });
    expect(await found(archiving(entry()))).toEqual([expect.stringContaining("which is no range of time")]);
    await analyzer.configure({});
  });
});

describe("a change of retention", () => {
  const changed = (previous: object, changes: object = {}) =>
    audit(changes, { previous: { retention: "12 months", onExpire: "detach", ...previous } });

  it("to a longer one is free, to a shorter one needs who approved it", async () => {
    expect(await found(changed({ retention: "11 months" }))).toEqual([]);
    expect(await found(changed({ retention: "365 days" }))).toEqual([]);
    expect(await found(changed({ retention: "13 months" }))).toEqual([
      `mandatory retention-change-direction: ${table}: retention changes from "13 months" to "12 months", and approvedBy is missing. ` +
        "Change approvedBy in the program, or retention-change-direction.pattern in the policy configuration.",
    ]);
    expect(await found(changed({ retention: "forever" }))).toHaveLength(1);
    expect(await found(changed({ retention: "13 months" }, { approvedBy: "J. Roe, OPS-17" }))).toEqual([]);
  });

  it("away from the archive needs it too", async () => {
    const dropped = changed({ onExpire: "archive" }, { onExpire: "drop", dataClass: "telemetry" });
    expect(await found(dropped)).toEqual([expect.stringContaining('onExpire changes from "archive" to "drop"')]);
    expect(await found(changed({ onExpire: "drop" }))).toEqual([]);
  });

  it("is approved in the form that the environment asks for", async () => {
    await analyzer.configure({ "retention-change-direction": { pattern: "^OPS-[0-9]+$" } });
    const approved = (approvedBy: string) => changed({ retention: "13 months" }, { approvedBy });
    expect(await found(approved("OPS-17"))).toEqual([]);
    expect(await found(approved("me"))).toEqual([
      expect.stringContaining('approvedBy is "me", and has to match "^OPS-[0-9]+$"'),
    ]);
    await analyzer.configure({ "retention-change-direction": { pattern: "(" } });
    expect(await found(approved("OPS-17"))).toEqual([expect.stringContaining("is no regular expression")]);
    await analyzer.configure({});
  });
});

describe("a table of a protected environment", () => {
  it("has the option protect where that is required", async () => {
    const policies = async (protect: boolean) =>
      (await analyzer.analyze(TABLE_TYPE, { schema: "app", table: "events" }, protect)).map(({ policy }) => policy);
    expect(await policies(false)).toEqual([]);
    await analyzer.configure({ "table-protected": { required: true } });
    expect(await policies(false)).toEqual(["table-protected"]);
    expect(await policies(true)).toEqual([]);
    await analyzer.configure({});
  });
});

it.each([
  ["dev", []],
  ["staging", ["no-drop-without-archive"]],
  ["prod", ["no-drop-without-archive"]],
])("in %s audit data that is dropped is refused by %j", async (environment, expected) => {
  await analyzer.configure(environmentConfig(environment));
  const messages = await analyzer.analyze(WINDOW_TYPE, audit({ onExpire: "drop", retention: "84 months" }));
  expect(messages.map(({ policy }) => policy)).toEqual(expected);
  await analyzer.configure({});
});
