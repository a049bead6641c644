import { beforeAll, describe, expect, it } from "vitest";
import { WINDOW_TYPE } from "../../policies/rules/support/rule";
import { arxos } from "../../stacks/tables/arxos";
import { environmentConfig, withAnalyzer } from "./analyzer";
import { audit, propertiesOf, UNKNOWN } from "./properties";

const analyzer = withAnalyzer();

beforeAll(() => analyzer.configure({}));

async function only(properties: object, policy: string, level = "advisory"): Promise<string> {
  const found = await analyzer.analyze(WINDOW_TYPE, properties);
  expect(found.map((violation) => `${violation.policy} ${violation.level}`)).toEqual([`${policy} ${level}`]);
  return found[0]?.message ?? "";
}

const table = "public.audit_logs_partitioned";

describe("the type of the key", () => {
  const key = (kind: string | undefined, encoding = "time") => ({
    key: { column: "created_at", encoding, zone: "UTC", ...(kind === undefined ? {} : { kind }) },
  });

  it.each(["timestamp", "date", "epoch-s-int4", "uuidv7"])("%s is no instant", async (kind) => {
    expect(await only({ ...audit(), ...key(kind) }, "key-type-timestamptz")).toContain(
      `${table}: the key "created_at" is of kind ${kind}; allowed are timestamptz. Change the type of the column in the program, or key-type-timestamptz.allowed`,
    );
  });

  it("is that of the database where another tool owns the columns", async () => {
    expect(await only({ ...audit({}, { keyKind: "date" }), ...key(undefined) }, "key-type-timestamptz")).toContain(
      "is of kind date",
    );
    expect(
      await analyzer.analyze(WINDOW_TYPE, { ...audit({}, { keyKind: "timestamptz" }), ...key(undefined) }),
    ).toEqual([]);
  });

  it("may be another one by kind or by table", async () => {
    await analyzer.configure({ "key-type-timestamptz": { allowed: ["timestamptz", "uuidv7"] } });
    expect(await analyzer.analyze(WINDOW_TYPE, { ...audit(), ...key("uuidv7") })).toEqual([]);
    await analyzer.configure({ "key-type-timestamptz": { exceptions: [table] } });
    expect(await analyzer.analyze(WINDOW_TYPE, { ...audit(), ...key("date") })).toEqual([]);
    await analyzer.configure({});
  });

  it("that is not known yet is reported as not evaluated", async () => {
    expect(await only({ ...audit(), key: UNKNOWN }, "every-rule-evaluated")).toContain(
      "not evaluated: key-type-timestamptz, because key will be known only during the update",
    );
  });
});

describe("an index for tenants", () => {
  const config = { "tenant-index-present": { columns: ["tenant_id", "company_id"], dataClasses: ["audit"] } };

  it("is asked for nowhere until classes or tables are named", async () => {
    expect(await analyzer.analyze(WINDOW_TYPE, audit({}, { leadingColumns: ["id"] }))).toEqual([]);
  });

  it("has to begin with a tenant column, among existing ones and those to be built", async () => {
    await analyzer.configure(config);
    expect(await analyzer.analyze(WINDOW_TYPE, audit({}, { leadingColumns: ["company_id", "id"] }))).toEqual([]);
    expect(await only(audit({}, { leadingColumns: ["id", "user_id"] }), "tenant-index-present")).toContain(
      `${table}: no index begins with a tenant column (tenant_id, company_id); indexes begin with id, user_id. Change indexes in the program`,
    );
    expect(await only(audit({}, { leadingColumns: [] }), "tenant-index-present")).toContain("it has no index");
    await analyzer.configure({});
  });

  it("is judged for listed tables, whatever their class, and for no others", async () => {
    await analyzer.configure({ "tenant-index-present": { tables: [table] } });
    await only(audit({ dataClass: "telemetry" }, { leadingColumns: ["id"] }), "tenant-index-present");
    await analyzer.configure(config);
    expect(await analyzer.analyze(WINDOW_TYPE, audit({ dataClass: "telemetry" }, { leadingColumns: ["id"] }))).toEqual(
      [],
    );
    await analyzer.configure({});
  });
});

describe("the role", () => {
  const superuser = audit({}, { role: { name: "postgres", superuser: true } });

  it("should be no superuser", async () => {
    expect(await only(superuser, "superuser-forbidden")).toContain(`the connection's role "postgres" is a superuser`);
    expect(await analyzer.analyze(WINDOW_TYPE, audit({}, { role: { name: "app", superuser: false } }))).toEqual([]);
  });

  it.each([
    ["dev", []],
    ["staging", ["superuser-forbidden mandatory"]],
    ["prod", ["superuser-forbidden mandatory"]],
  ])("in %s: %j", async (environment, expected) => {
    await analyzer.configure(environmentConfig(environment));
    const properties = propertiesOf(
      { ...arxos.audit_logs, window: { lead: "6 months", retention: "84 months" } },
      { role: { name: "postgres", superuser: true } },
    );
    const found = await analyzer.analyze(WINDOW_TYPE, properties);
    expect(found.map((violation) => `${violation.policy} ${violation.level}`)).toEqual(expected);
    await analyzer.configure({});
  });
});

it("rules that need the plan are reported as not evaluated without one", async () => {
  const message = await only(audit({}, { complete: false }), "every-rule-evaluated");
  expect(message).toContain("tenant-index-present, superuser-forbidden");
});
