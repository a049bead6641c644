import { readFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { z } from "zod";
import { RULES } from "../../policies/rules";
import { PROVIDER_TYPE, WINDOW_TYPE } from "../../policies/rules/support/rule";
import { requireStack } from "../../stacks/stack";
import { repositoryRoot } from "../../tools/paths";
import { rawConfig } from "../stacks/raw-config";
import { environmentConfig, withAnalyzer } from "./analyzer";
import { propertiesOf } from "./properties";

// Without transpile-only, as for somebody who runs `pulumi --policy-pack policies` by hand.
const analyzer = withAnalyzer({});

const outside = {
  environment: { PGPARTITION_PASSWORD: "secret" },
  readFile: () => '{"host":"127.0.0.1","port":5432,"database":"d","user":"u","password":"p"}',
};

describe.each(["dev", "staging", "prod"])("the policies of %s", (environment) => {
  const config = environmentConfig(environment);
  const stack = requireStack(rawConfig(environment), "pulumi-pgpartition", environment, outside);

  beforeAll(() => analyzer.configure(config));

  it("configure rules that exist, by values that their schemas allow", () => {
    for (const [name, given] of Object.entries(config)) {
      const rule = RULES.find((candidate) => candidate.name === name);
      expect(rule, name).toBeDefined();
      if (!rule || typeof given === "string") continue;
      const { enforcementLevel, ...values } = given;
      expect(["advisory", "mandatory", undefined]).toContain(enforcementLevel);
      const properties = { ...rule.configProperties } as Record<string, z.core.JSONSchema.JSONSchema>;
      const schema = z.fromJSONSchema({ type: "object", properties, additionalProperties: false });
      expect(schema.safeParse(values).error?.issues ?? []).toEqual([]);
    }
  });

  it.each(Object.keys(stack.tables))("accept %s as its stack declares it", async (key) => {
    const table = stack.tables[key];
    expect(table).toBeDefined();
    if (table) expect(await analyzer.analyze(WINDOW_TYPE, propertiesOf(table))).toEqual([]);
  });

  it("accept a normal roll of every table", async () => {
    for (const table of Object.values(stack.tables)) {
      const drops = table.onExpire === "drop";
      const roll = propertiesOf(table, {
        createCount: 1,
        detachCount: 1,
        dropCount: drops ? 1 : 0,
        youngestDrop: { partition: "p", to: "2025-03-01T00:00:00Z", ageDays: environment === "staging" ? 89 : 181 },
        hazards: [
          "LOCK_REF_WRITE",
          "WAITS_OLD_XACTS",
          "NON_TRANSACTIONAL",
          ...(drops ? (["LOCK_REF_AX", "DELETES_DATA"] as const) : []),
        ],
      });
      expect(await analyzer.analyze(WINDOW_TYPE, roll)).toEqual([]);
    }
  });

  it("refuse audit data that is kept for one month", async () => {
    const audit = stack.tables["audit_logs"];
    expect(audit).toBeDefined();
    if (!audit) return;
    const found = await analyzer.analyze(
      WINDOW_TYPE,
      propertiesOf({ ...audit, window: { ...audit.window, retention: "1 month" } }),
    );
    expect(found).toMatchObject([{ policy: "retention-minimum", level: "mandatory" }]);
  });

  it(environment === "dev" ? "let a simulated clock decide" : "let no simulated clock decide", async () => {
    const found = await analyzer.analyze(PROVIDER_TYPE, { trustAsOf: "true" });
    expect(found.map((violation) => violation.policy)).toEqual(environment === "dev" ? [] : ["protected-environment"]);
  });
});

describe("a pack's version", () => {
  it("is the package's, so that reports say which rules judged", async () => {
    const version = (JSON.parse(readFileSync(join(repositoryRoot, "package.json"), "utf8")) as { version: string })
      .version;
    expect((await analyzer.info()).getVersion()).toBe(version);
  });
});
