import { beforeAll, describe, expect, it } from "vitest";
import type { TableSpecArgs } from "../../components";
import { TABLE_TYPE } from "../../policies/rules/support/rule";
import { requireTableSpec } from "../../core/declare/table/parse";
import { encodeTable } from "../../core/declare/table/wire";
import { environmentConfig, type Violation, withAnalyzer } from "./analyzer";
import { UNKNOWN } from "./properties";

const analyzer = withAnalyzer();

beforeAll(() => analyzer.configure({}));

const policies = { own_rows: { roles: ["authenticated"], using: "tenant = auth.uid()" } };

/** A table of a schema that an API shows, as the component declares it. */
const exposed = (changes: Partial<TableSpecArgs> = {}): object =>
  encodeTable(
    requireTableSpec(
      {
        schema: "api",
        table: "events",
        columns: { id: "bigint", at: "timestamptz", tenant: "uuid" },
        primaryKey: ["id", "at"],
        partitionBy: [{ range: "at" }],
        window: { lead: "3 months", retention: "12 months" },
        onExpire: "detach",
        rowSecurity: { policies },
        ...changes,
      },
      "a table",
    ),
  );

const analyze = (properties: object): Promise<Violation[]> => analyzer.analyze(TABLE_TYPE, properties);

async function only(properties: object, policy: string, level = "mandatory"): Promise<string> {
  const found = await analyze(properties);
  expect(found.map((violation) => `${violation.policy} ${violation.level}`)).toEqual([`${policy} ${level}`]);
  return found[0]?.message ?? "";
}

describe("a table that an API shows", () => {
  it("is accepted with row security and closed partitions", async () => {
    expect(await analyze(exposed())).toEqual([]);
  });

  it.each([
    ["not declared", undefined],
    ["switched off", { enable: false, policies }],
  ])("is refused where row security is %s, with its partitions", async (words, rowSecurity) => {
    const { rowSecurity: _security, ...bare } = exposed() as { rowSecurity?: unknown; profile?: object };
    const found = await analyze(rowSecurity ? exposed({ rowSecurity }) : { ...bare, profile: undefined });
    expect(found.map(({ policy, level }) => `${policy} ${level}`)).toEqual([
      "rls-required mandatory",
      "partitions-closed mandatory",
    ]);
    expect(found[0]?.message).toContain(
      `api.events: row security is ${words}, and an API shows schema "api". Change rowSecurity in the program, or rls-required.schemas`,
    );
    expect(found[1]?.message).toContain(
      'api.events: row security is not on, and an API shows its partitions in schema "api".',
    );
  });

  it("is refused where its partitions mirror it, unless they are in a schema that no API shows", async () => {
    const mirror = { partitionAccess: "mirror" as const, policies };
    expect(await only(exposed({ rowSecurity: mirror }), "partitions-closed")).toContain(
      'partitionAccess is "mirror", and an API shows its partitions in schema "api". Change rowSecurity.partitionAccess or partitionSchema',
    );
    expect(await analyze(exposed({ rowSecurity: mirror, partitionSchema: "partitions" }))).toEqual([]);
  });

  it("may not put its partitions there either, when only they are in a schema that an API shows", async () => {
    expect(
      await only(
        exposed({ schema: "app", partitionSchema: "api", rowSecurity: { enable: false, policies } }),
        "partitions-closed",
      ),
    ).toContain('app.events: row security is not on, and an API shows its partitions in schema "api"');
  });

  it("is refused while its row security is unknown", async () => {
    const found = await analyze({ ...exposed(), profile: UNKNOWN });
    expect(found.map(({ policy }) => policy)).toEqual(["rls-required", "partitions-closed"]);
    expect(found[0]?.message).toContain("its row security is not known yet");
  });

  it("must have it for its owner too where that is configured", async () => {
    await analyzer.configure({ "rls-required": { force: true } });
    expect(await only(exposed(), "rls-required")).toContain(
      "does not apply to the owner of the table. Change rowSecurity.force",
    );
    expect(await analyze(exposed({ rowSecurity: { force: true, policies } }))).toEqual([]);
    await analyzer.configure({});
  });
});

it("a configuration under the old name of the rule is refused with the new one", async () => {
  await analyzer.configure({ "leaves-closed": { schemas: ["api"] } });
  expect(await only(exposed(), "leaves-closed")).toContain(
    'the policy "leaves-closed" is named "partitions-closed" now. Rename the key in the policy configuration.',
  );
  await analyzer.configure({});
});

it("a table that no API shows may do without", async () => {
  expect(await analyze(exposed({ schema: "app", rowSecurity: { enable: false, policies } }))).toEqual([]);
  await analyzer.configure({ "rls-required": { schemas: ["app"] }, "partitions-closed": { schemas: [] } });
  expect(await only(exposed({ schema: "app", rowSecurity: { enable: false, policies } }), "rls-required")).toContain(
    'schema "app"',
  );
  await analyzer.configure({});
});

it.each([
  ["dev", "advisory"],
  ["staging", "mandatory"],
  ["prod", "mandatory"],
])("in %s an open table of schema api is %s", async (environment, level) => {
  await analyzer.configure(environmentConfig(environment));
  const found = await analyze(exposed({ rowSecurity: { enable: false, policies } }));
  expect(found.map((violation) => `${violation.policy} ${violation.level}`)).toEqual([
    `rls-required ${level}`,
    `partitions-closed ${level}`,
  ]);
  await analyzer.configure({});
});
