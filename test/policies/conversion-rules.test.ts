import { beforeAll, describe, expect, it } from "vitest";
import { encodeConversion } from "../../core/resources/conversion";
import type { TableSpecArgs } from "../../core/declare/table/args";
import { requireTableSpec } from "../../core/declare/table/parse";
import { CONVERSION_TYPE } from "../../policies/rules/support/rule";
import { environmentConfig, withAnalyzer } from "./analyzer";
import { ASOF, UNKNOWN } from "./properties";

const analyzer = withAnalyzer();

beforeAll(() => analyzer.configure({}));

const TABLE: TableSpecArgs = {
  schema: "app",
  table: "events",
  partitionBy: [{ range: "at", every: "month" }],
  window: { lead: "1 month", retention: "24 months" },
  onExpire: "drop",
  convertFrom: { strategy: "copy" },
};

interface Changes {
  readonly until?: "verify";
  readonly rollbackUntil?: string;
  readonly dropFormerAfter?: string;
  readonly plan?: object;
}

/** What a policy sees of a conversion: the inputs as the component sends them. */
function copying({ plan, ...changes }: Changes = {}): Record<string, unknown> {
  const inputs = encodeConversion(requireTableSpec(TABLE, "a table"));
  const convertFrom = { ...inputs?.convertFrom, ...changes };
  return { ...inputs, convertFrom, ...(plan === undefined ? {} : { plan }) };
}

const attaching = {
  ...encodeConversion(requireTableSpec({ ...TABLE, convertFrom: { historyUntil: "2027-01-01" } }, "a table")),
};

const judge = async (properties: object): Promise<string[]> => {
  const found = await analyzer.analyze(CONVERSION_TYPE, properties);
  return found.map(({ policy, level }) => `${policy} ${level}`);
};
const messageOf = async (policy: string, properties: object): Promise<string> => {
  const found = await analyzer.analyze(CONVERSION_TYPE, properties);
  return found.find((violation) => violation.policy === policy)?.message ?? "";
};

const OPEN = "2026-06-01T00:00:00Z";
const PROOF_AND_BACK = ["conversion-proof advisory", "conversion-way-back advisory"];

const splitting = (plan?: object, convertFrom: object = {}): Record<string, unknown> => ({
  ...attaching,
  convertFrom: { ...attaching.convertFrom, split: true, ...convertFrom },
  ...(plan === undefined ? {} : { plan: { asOf: ASOF, state: "converted", rows: 5_000_000, ...plan } }),
});

describe("the swap of a copy", () => {
  it("comes after an update that has compared every row, and with a way back", async () => {
    expect(await judge(copying())).toEqual([...PROOF_AND_BACK, "conversion-former-table advisory"]);
    expect(await messageOf("conversion-proof", copying())).toContain(
      'app.events: its copy is compared and swapped by one update. Change convertFrom.until to "verify" in the program, or conversion-proof.allowed in the policy configuration.',
    );
    expect(await messageOf("conversion-way-back", copying())).toContain(
      "app.events: its copy would be swapped without a way back. Change convertFrom.rollbackUntil in the program, or conversion-way-back.allowed in the policy configuration.",
    );
  });

  it("is none while the program stops before it, nor where the table is attached whole", async () => {
    expect(await judge(copying({ until: "verify" }))).toEqual([]);
    expect(await judge(attaching)).toEqual([]);
  });

  it("is allowed by name to be compared and swapped at once, and without a way back", async () => {
    await analyzer.configure({
      "conversion-proof": { allowed: ["app.events"] },
      "conversion-way-back": { allowed: ["app.events"] },
      "conversion-former-table": { allowed: ["app.events"] },
    });
    expect(await judge(copying())).toEqual([]);
    await analyzer.configure({
      "conversion-proof": { allowed: ["app.others"] },
      "conversion-way-back": { allowed: ["app.others"] },
      "conversion-former-table": { allowed: ["app.others"] },
    });
    expect(await judge(copying())).toEqual([...PROOF_AND_BACK, "conversion-former-table advisory"]);
    await analyzer.configure({});
  });

  it("is not guessed at while the conversion is not known", async () => {
    const unknown = { ...copying(), convertFrom: UNKNOWN };
    expect(await judge(unknown)).toEqual([
      "conversion-online advisory",
      ...PROOF_AND_BACK,
      "conversion-former-table advisory",
    ]);
    expect(await messageOf("conversion-proof", unknown)).toContain("its conversion is not known yet");
  });
});

describe("the swap of a copy whose table Check has read", () => {
  const facts = (changes: object) => ({
    rollbackUntil: OPEN,
    dropFormerAfter: OPEN,
    plan: { state: "plain", rows: 5_000_000, asOf: ASOF, ...changes },
  });

  it.each([
    ["a large table", {}, ["conversion-proof advisory"]],
    ["a large table that is being copied", { state: "copying" }, ["conversion-proof advisory"]],
    ["a table that was never analyzed", { rows: null }, ["conversion-proof advisory"]],
    ["a verified copy", { state: "verified" }, []],
    ["a small table", { rows: 1_000_000 }, []],
    ["a table that is converted already", { state: "converted" }, []],
    ["a table that does not exist", { state: "none" }, []],
  ])("is judged by the table: %s, %j %j", async (_, changes, expected) => {
    expect(await judge(copying(facts(changes)))).toEqual(expected);
  });

  it("names the rows and the limit", async () => {
    expect(await messageOf("conversion-proof", copying(facts({})))).toContain(
      "compared and swapped by one update, of about 5000000 rows; at most 1000000 may be.",
    );
  });

  it.each([
    ["2026-03-07T23:59:59Z", ["conversion-way-back advisory"]],
    ["2026-03-08T00:00:00Z", []],
  ])("leaves its way back open for a week at least: until %s, %j", async (rollbackUntil, expected) => {
    const properties = copying({ ...facts({ state: "verified" }), rollbackUntil });
    expect(await judge(properties)).toEqual(expected);
    if (expected.length > 0)
      expect(await messageOf("conversion-way-back", properties)).toContain(
        `its way back is open until ${rollbackUntil} (as of ${ASOF}); at least 7 days are required. Change convertFrom.rollbackUntil in the program, or conversion-way-back.days`,
      );
  });

  it("asks for no way back once the table is converted, whatever the program still says", async () => {
    expect(await judge(copying({ plan: { state: "converted", asOf: ASOF } }))).toEqual([]);
  });
});

describe("a conversion while writers wait", () => {
  const offline = (plan?: object, more: object = { dropFormerAfter: OPEN }) => ({
    ...encodeConversion(requireTableSpec({ ...TABLE, convertFrom: { strategy: "offline", ...more } }, "a table")),
    ...(plan ? { plan } : {}),
  });

  it.each([
    [{ state: "plain", rows: 1_000_001 }, ["conversion-online advisory", "conversion-way-back advisory"]],
    [{ state: "plain", rows: null }, ["conversion-online advisory", "conversion-way-back advisory"]],
    [{ state: "plain", rows: 1_000_000 }, ["conversion-way-back advisory"]],
    [{ state: "converted", rows: 1_000_001 }, []],
  ])("is for small tables, and has no way back: %j %j", async (plan, expected) => {
    expect(await judge(offline(plan))).toEqual(expected);
  });

  it("is allowed by name or by number, and names both", async () => {
    const large = offline({ state: "plain", rows: 5_000_000 });
    expect(await messageOf("conversion-online", large)).toContain(
      "app.events: its writers would wait until it is converted, of about 5000000 rows; at most 1000000 may be. Change convertFrom.strategy in the program, or conversion-online.allowed",
    );
    expect(await messageOf("conversion-way-back", large)).toContain("converted offline it has no way back");
    expect(await judge(offline({ state: "plain", rows: 1 }, {}))).toEqual([
      "conversion-way-back advisory",
      "conversion-former-table advisory",
    ]);
    await analyzer.configure({ "conversion-online": { rows: 5_000_000 } });
    expect(await judge(large)).toEqual(["conversion-way-back advisory"]);
    await analyzer.configure({ "conversion-online": { allowed: ["app.events"] } });
    expect(await judge(large)).toEqual(["conversion-way-back advisory"]);
    await analyzer.configure({});
  });
});

describe("the former table of a copy or a split", () => {
  it.each([
    ["2026-03-07T23:59:59Z", ["conversion-former-table advisory"]],
    ["2026-03-08T00:00:00Z", []],
  ])("is kept for a week at least: until %s, %j", async (dropFormerAfter, expected) => {
    const copied = copying({ rollbackUntil: OPEN, dropFormerAfter, plan: { state: "verified", rows: 1, asOf: ASOF } });
    const history = splitting({ split: "verified" }, { dropFormerAfter });
    expect(await judge(copied)).toEqual(expected);
    expect(await judge(history)).toEqual(expected);
    if (expected.length === 0) return;
    expect(await messageOf("conversion-former-table", history)).toContain(
      `app.events: its history is kept until ${dropFormerAfter} (as of ${ASOF}); at least 7 days are required. Change convertFrom.dropFormerAfter in the program, or conversion-former-table.days`,
    );
  });

  it("is not kept for ever, and is asked about by the update that swaps alone", async () => {
    expect(await messageOf("conversion-former-table", copying())).toContain(
      "app.events: its former table would be kept for ever. Change convertFrom.dropFormerAfter in the program, or conversion-former-table.allowed",
    );
    expect(await judge(copying({ plan: { state: "converted", asOf: ASOF } }))).toEqual([]);
    expect(await judge(splitting({ split: "converted" }))).toEqual([]);
  });
});

describe("the split of a history", () => {
  const former = { dropFormerAfter: OPEN };
  it.each([
    ["that is whole", { split: "plain" }, ["conversion-proof advisory"]],
    ["that is being copied", { split: "copying" }, ["conversion-proof advisory"]],
    ["that was never analyzed", { split: "plain", rows: null }, ["conversion-proof advisory"]],
    ["that is verified", { split: "verified" }, []],
    ["that is small", { split: "plain", rows: 1_000_000 }, []],
    ["that is split already", { split: "converted" }, []],
    ["of a table that is still plain", { state: "plain" }, []],
  ])("%s is judged as the swap of a copy: %j %j", async (_, plan, expected) => {
    expect(await judge(splitting(plan, former))).toEqual(expected);
  });

  it("comes in an update of its own", async () => {
    expect(await messageOf("conversion-proof", splitting({ split: "plain" }, former))).toContain(
      "app.events: its history is compared and split by one update, of about 5000000 rows; at most 1000000 may be.",
    );
    expect(await judge(splitting({ split: "plain" }, { until: "verify" }))).toEqual([]);
    expect(await judge(splitting())).toEqual(["conversion-proof advisory", "conversion-former-table advisory"]);
  });
});

it.each([
  ["dev", [...PROOF_AND_BACK, "conversion-former-table advisory"]],
  ["staging", [...PROOF_AND_BACK, "conversion-former-table advisory"]],
  ["prod", ["conversion-proof mandatory", "conversion-way-back mandatory", "conversion-former-table mandatory"]],
])("in %s a swap in one go without a way back is: %j", async (environment, expected) => {
  await analyzer.configure(environmentConfig(environment));
  expect(await judge(copying())).toEqual(expected);
  await analyzer.configure({});
});
