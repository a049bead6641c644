import { beforeAll, describe, expect, it } from "vitest";
import { PROVIDER_TYPE } from "../../policies/rules/support/rule";
import { withAnalyzer } from "./analyzer";
import { UNKNOWN } from "./properties";

const analyzer = withAnalyzer();

beforeAll(() => analyzer.configure({}));

const provider = { host: "db", password: "canary-password" };

describe("in a protected environment", () => {
  it.each([
    ["nothing", {}],
    ["texts, as the engine sends them", { trustAsOf: "false", allowDestroy: "[]" }],
    ["plain values", { trustAsOf: false, allowDestroy: [] }],
  ])("a provider that opens nothing is accepted: %s", async (_name, values) => {
    expect(await analyzer.analyze(PROVIDER_TYPE, { ...provider, ...values })).toEqual([]);
  });

  it.each([
    ["trustAsOf", "true", "trustAsOf is true; in a protected environment it must be false."],
    ["trustAsOf", true, "trustAsOf is true;"],
    ["trustAsOf", UNKNOWN, "trustAsOf is not known yet;"],
    [
      "allowDestroy",
      '["public.audit_logs"]',
      'allowDestroy is ["public.audit_logs"]; in a protected environment it must be empty.',
    ],
    ["allowDestroy", ["public.audit_logs"], 'allowDestroy is ["public.audit_logs"];'],
  ])("%s of %j is refused", async (name, value, message) => {
    const found = await analyzer.analyze(PROVIDER_TYPE, { ...provider, [name]: value });
    expect(found).toMatchObject([{ policy: "protected-environment", level: "mandatory" }]);
    expect(found[0]?.message).toContain(message);
    expect(found[0]?.message).toContain(
      `Change ${name} in the program, or protected-environment.protected in the policy configuration.`,
    );
    expect(found[0]?.message).not.toContain(provider.password);
  });
});

describe("in an environment that is not protected", () => {
  it("both are allowed", async () => {
    await analyzer.configure({ "protected-environment": { protected: false } });
    expect(
      await analyzer.analyze(PROVIDER_TYPE, { ...provider, trustAsOf: "true", allowDestroy: '["public.t"]' }),
    ).toEqual([]);
    await analyzer.configure({});
  });
});
