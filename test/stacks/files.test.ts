import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { parseSpan } from "../../core/time/span";
import { buildStackConfigJsonSchema } from "../../stacks/json-schema";
import { requireStack } from "../../stacks/stack";
import { TABLE_KEYS } from "../../stacks/tables";
import { repositoryRoot } from "../../tools/paths";
import { rawConfig, stackFile } from "./raw-config";

const schema = buildStackConfigJsonSchema("pulumi-pgpartition");
const validator = z.fromJSONSchema(schema);
const file = '{"host":"127.0.0.1","port":5433,"database":"dev","user":"postgres","password":"p"}';
const outside = { environment: { PGPARTITION_PASSWORD: "p" }, readFile: () => file };
const stack = (environment: string) => requireStack(rawConfig(environment), "pulumi-pgpartition", environment, outside);

describe("the JSON Schema for editors", () => {
  it("is the one that the program's schema gives (else: npm run docs:gen)", () => {
    const committed: unknown = JSON.parse(readFileSync(join(repositoryRoot, "stacks", "config.schema.json"), "utf8"));
    expect(committed).toEqual(schema);
  });

  const dev = stackFile("dev");
  const changed = (key: string, value: unknown) => ({
    ...dev,
    config: { ...dev.config, [`pulumi-pgpartition:${key}`]: value },
  });

  it("accepts an encrypted password, a boolean as text, and other namespaces", () => {
    const database = { host: "h", database: "d", user: "u", password: { secure: "v1:abc" } };
    expect(validator.safeParse(changed("database", database)).success).toBe(true);
    expect(validator.safeParse(changed("trustAsOf", "true")).success).toBe(true);
    expect(
      validator.safeParse({ config: { ...dev.config, "aws:region": "eu-north-1" }, encryptionsalt: "v1:x" }).success,
    ).toBe(true);
  });

  it.each([
    ["enviroment", "dev"],
    ["environment", "test"],
    ["allTables", { grace: 7 }],
    ["allTables", { window: { retention: "12" } }],
    ["tables", { audit_log: {} }],
  ])("refuses %s: %j", (key, value) => expect(validator.safeParse(changed(key, value)).success).toBe(false));
});

describe.each(["dev", "staging", "prod"])("Pulumi.%s.yaml", (environment) => {
  it("is valid, names its schema, and declares all five tables", () => {
    expect(validator.safeParse(stackFile(environment)).error?.issues ?? []).toEqual([]);
    const text = readFileSync(join(repositoryRoot, "stacks", `Pulumi.${environment}.yaml`), "utf8");
    expect(text).toMatch(/^# yaml-language-server: \$schema=\.\/config\.schema\.json\n/);
    expect(Object.keys(stack(environment).tables)).toEqual(TABLE_KEYS);
  });

  it(environment === "dev" ? "drops a week after the detach" : "never drops", () => {
    for (const table of Object.values(stack(environment).tables)) {
      expect(table.onExpire).toBe(environment === "dev" ? "drop" : "detach");
      expect(table.grace).toBe(environment === "dev" ? "7 days" : undefined);
    }
  });
});

describe("retentions", () => {
  it("are longest in prod and shortest in staging", () => {
    const months = (environment: string, key: string) =>
      parseSpan(stack(environment).tables[key]?.window.retention ?? "")?.count ?? 0;
    for (const key of TABLE_KEYS) {
      expect(months("prod", key), key).toBeGreaterThan(months("dev", key));
      expect(months("staging", key), key).toBeLessThan(months("dev", key));
    }
  });
});
