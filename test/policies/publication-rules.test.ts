import { beforeAll, describe, expect, it } from "vitest";
import { PUBLICATION_TYPE } from "../../policies/rules/support/rule";
import { environmentConfig, withAnalyzer } from "./analyzer";
import { UNKNOWN } from "./properties";

const analyzer = withAnalyzer();

beforeAll(() => analyzer.configure({}));

const member = { schema: "public", table: "events", publication: "warehouse" };
const analyze = (changes: object) => analyzer.analyze(PUBLICATION_TYPE, { ...member, ...changes });

describe("a table's membership in a publication", () => {
  it("is allowed in any publication as long as nothing is configured, but not for personal data", async () => {
    expect(await analyze({})).toEqual([]);
    expect(await analyze({ dataClass: "telemetry" })).toEqual([]);
    const found = await analyze({ dataClass: "personal" });
    expect(found).toMatchObject([{ policy: "publication-allow-list", level: "mandatory" }]);
    expect(found[0]?.message).toContain(
      'public.events: it is a member of publication "warehouse"; allowed for data of class "personal": none. ' +
        "Change publications in the program, or publication-allow-list.byDataClass.personal in the policy configuration.",
    );
  });

  it("is allowed by name where a list is configured, and a class may have its own list", async () => {
    await analyzer.configure({
      "publication-allow-list": { allowed: ["realtime"], byDataClass: { audit: ["siem", "warehouse"] } },
    });
    expect(await analyze({ publication: "realtime" })).toEqual([]);
    expect(await analyze({ dataClass: "audit" })).toEqual([]);
    expect((await analyze({ publication: "realtime", dataClass: "audit" }))[0]?.message).toContain(
      'allowed for data of class "audit": "siem", "warehouse"',
    );
    expect((await analyze({}))[0]?.message).toContain(
      'allowed for tables: "realtime". Change publications in the program, or publication-allow-list.allowed',
    );
    await analyzer.configure({});
  });

  it("is not allowed while its publication is unknown", async () => {
    expect((await analyze({ publication: UNKNOWN }))[0]?.message).toContain("its publication is not known yet");
  });

  it.each(["staging", "prod"])(
    "of personal and audit data is refused in %s, Supabase's own is allowed",
    async (name) => {
      await analyzer.configure(environmentConfig(name));
      expect(await analyze({ publication: "supabase_realtime" })).toEqual([]);
      for (const dataClass of ["personal", "audit"]) {
        const found = await analyze({ publication: "supabase_realtime", dataClass });
        expect(found).toMatchObject([{ policy: "publication-allow-list", level: "mandatory" }]);
      }
      await analyzer.configure({});
    },
  );
});

describe("a table with row-level security", () => {
  it("H09 is not published whole without a warning: a subscriber gets every row, whatever the policies", async () => {
    const found = await analyze({ rowSecurity: true });
    expect(found).toMatchObject([{ policy: "publication-row-security", level: "advisory" }]);
    expect(found[0]?.message).toContain(
      'publication "warehouse" sends every row of it, whatever its policies, to every reader of the publication. ' +
        "Change publications.warehouse.where in the program, or publication-row-security.checkedByReader",
    );
    expect(await analyze({ rowSecurity: true, where: "tenant = 7" })).toEqual([]);
    expect(await analyze({ rowSecurity: true, publication: "supabase_realtime" })).toEqual([]);
    await analyzer.configure(environmentConfig("prod"));
    expect(await analyze({ rowSecurity: true, publication: "other" })).toMatchObject([
      { policy: "publication-allow-list" },
      { policy: "publication-row-security", level: "mandatory" },
    ]);
    await analyzer.configure({});
  });
});
