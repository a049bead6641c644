import { describe, expect, test } from "vitest";
import type { TableSpecArgs } from "../../core/declare/table/args";
import { onDatabase } from "../cli/support";
import { evaluate } from "../cli/printed-program";
import { testVersions, withDatabase } from "../support/database";
import { withEngine } from "./support";

const asOf = new Date().toISOString();

/** The month that lies so many months after the present one, as adopt goes by the clock of the database. */
function month(offset: number): string {
  const now = new Date();
  return new Date(Date.UTC(now.getUTCFullYear(), now.getUTCMonth() + offset, 1)).toISOString().slice(0, 10);
}

describe.each(testVersions().slice(-1))("constraints that hold for new rows only, on PostgreSQL %i", (version) => {
  const database = withDatabase(version);
  const engine = withEngine(database);
  const key = version >= 18;

  const states = () =>
    database.query<{ name: string; n: number; unread: number }>(
      `select conname as name, count(*)::int as n, count(*) filter (where not convalidated)::int as unread
       from pg_constraint where conname in ('check_t', 'fk_u') group by 1 order by 1`,
    );
  const untouched = [{ name: "check_t", n: 5, unread: 5 }, ...(key ? [{ name: "fk_u", n: 5, unread: 5 }] : [])];
  let adopted: TableSpecArgs;

  test(`${version}: are printed by adopt, and adopted by an update that reads and changes nothing of them`, async () => {
    await database.query(`create table public.u (id bigint primary key); insert into public.u values (1);
      create table public.ae (id bigint not null, at timestamp not null, t text, uid bigint, primary key (id, at)) partition by range (at);
      ${[-2, -1, 0, 1].map((n) => `create table public.ae_${month(n).slice(0, 7).replace("-", "")} partition of public.ae for values from ('${month(n)}') to ('${month(n + 1)}');`).join("\n")}
      insert into public.ae values (1, '${month(-1)}', 'toolongtext', 7);
      alter table public.ae add constraint check_t check (char_length(t) <= 5) not valid;
      ${key ? "alter table public.ae add constraint fk_u foreign key (uid) references public.u (id) not valid" : ""}`);
    const printed = await onDatabase(database, "adopt", "public.ae", "--columns");
    expect(printed.code).toBe(0);
    const [, program = ""] = /\/\/ ae\.ts\n([\s\S]*?)\n\/\/ ae\./.exec(printed.stdout) ?? [];
    adopted = evaluate(program).args;
    expect(adopted.checks).toEqual({ check_t: { expression: "(char_length(t) <= 5)", validate: false } });
    expect(printed.stdout).toContain('check "check_t" is NOT VALID: it holds for new rows only');
    if (key) expect(adopted.foreignKeys).toMatchObject({ fk_u: { validate: false } });
    engine.declare({ tables: { ae: adopted }, asOf });
    expect((await engine.pulumi(["preview"])).stdout).not.toContain("VALIDATE");
    await engine.pulumi(["up", "--yes", "--skip-preview"]);
    await engine.pulumi(["up", "--yes", "--skip-preview", "--expect-no-changes"]);
    await engine.pulumi(["refresh", "--yes", "--skip-preview", "--expect-no-changes"]);
    expect(await states()).toEqual(untouched);
  }, 600_000);

  test(`${version}: declared for all rows, preview says what happens where one does not satisfy it, and up leaves them as they were`, async () => {
    const whole: TableSpecArgs = {
      ...adopted,
      checks: { check_t: "char_length(t) <= 5" },
      ...(key ? { foreignKeys: { fk_u: { columns: ["uid"], references: { table: "u", columns: ["id"] } } } } : {}),
    };
    engine.declare({ tables: { ae: whole }, asOf });
    const preview = await engine.pulumi(["preview"]);
    expect(preview.stdout).toContain('VALIDATE CONSTRAINT "check_t"');
    expect(preview.stdout).toMatch(/check "check_t" exists, NOT VALID.*it remains NOT VALID/s);
    for (const round of [1, 2]) {
      const refused = await engine.refused(["up", "--yes", "--skip-preview"]);
      expect(refused.stdout, String(round)).toMatch(/do not satisfy check "check_t".*Nothing was dropped/s);
      expect(await states()).toEqual(untouched);
      await expect(database.query(`insert into public.ae values (2, '${month(0)}', 'muchtoolong', 1)`)).rejects.toThrow(
        /check_t/,
      );
      if (key)
        await expect(database.query(`insert into public.ae values (2, '${month(0)}', 'x', 99)`)).rejects.toThrow(
          /fk_u/,
        );
    }
    await database.query("update public.ae set t = 'short', uid = 1");
    await engine.pulumi(["up", "--yes", "--skip-preview"]);
    expect(await states()).toEqual(untouched.map((one) => ({ ...one, unread: 0 })));
    await engine.pulumi(["up", "--yes", "--skip-preview", "--expect-no-changes"]);
  }, 600_000);
});
