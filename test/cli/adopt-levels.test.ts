import { describe, expect, it } from "vitest";
import type { TableSpecArgs } from "../../core/declare/table/args";
import { ddlOf } from "../provider/support";
import { anyVersion, withDatabase } from "../support/database";
import type { Program } from "../support/harness/declare";
import { preview, up } from "../support/harness/rounds";
import { withDeployment } from "../support/harness/with-deployment";
import { statementsDuring } from "../support/statement-log";
import { evaluate } from "./printed-program";
import { onDatabase } from "./support";

const asOf = new Date().toISOString();
const OFFSETS = [-2, -1, 0, 1];

function day(offset: number): string {
  const now = new Date();
  return new Date(Date.UTC(now.getUTCFullYear(), now.getUTCMonth() + offset, 1)).toISOString().slice(0, 10);
}

const months = (stem: string, more = "") =>
  OFFSETS.map(
    (offset) => `create table app.${stem}_${day(offset).slice(0, 7).replace("-", "_")} partition of app.${stem}
      for values from ('${day(offset)} 00:00+00') to ('${day(offset + 1)} 00:00+00') ${more};`,
  ).join("\n");

const columns =
  "observation_id uuid not null, program_id text not null, site_id text not null, created_at timestamptz not null";
const sources = `create table app.pilot_programs (program_id text primary key);
  create table app.sites (site_id text, program_id text references app.pilot_programs, primary key (site_id, program_id));
  insert into app.pilot_programs values ('abc-123'), ('p2');
  insert into app.sites values ('def-456', 'abc-123'), ('xyz', 'abc-123'), ('one', 'p2')`;

/** Program, site, month, as somebody made them by hand, under the names of theirs. */
const byHand = (keys = "") => `create table app.petri_observations (${columns}${keys}) partition by list (program_id);
  create index petri_observations_created on app.petri_observations (created_at);
  create table app.petri_obs_prog_abc123 partition of app.petri_observations for values in ('abc-123') partition by list (site_id);
  create table app.petri_obs_prog_p2 partition of app.petri_observations for values in ('p2') partition by list (site_id);
  ${[
    ["abc123", "def456", "def-456"],
    ["abc123", "xyz", "xyz"],
    ["p2", "one", "one"],
  ]
    .map(([program = "", site = "", value = ""]) => {
      const stem = `petri_obs_prog_${program}_site_${site}`;
      return `create table app.${stem} partition of app.petri_obs_prog_${program} for values in ('${value}') partition by range (created_at);
        ${months(stem)}`;
    })
    .join("\n")}`;

const levels = (): TableSpecArgs["partitionBy"] => [
  { list: "program_id", values: { from: "pilot_programs", column: "program_id" }, name: "petri_obs_prog_{value}" },
  { list: "site_id", values: { from: "sites", column: "site_id", parent: "program_id" }, name: "{base}_site_{value}" },
  { range: "created_at", every: "month", name: "{base}_{yyyy}_{mm}" },
];

describe.each(anyVersion())("PostgreSQL %s, pgpartition adopt, levels", (version) => {
  const database = withDatabase(version);
  const deployment = withDeployment(database);

  async function adopt(...options: string[]) {
    const run = await onDatabase(database, "adopt", "app.petri_observations", ...options);
    expect([run.code, run.stderr]).toEqual([0, ""]);
    const source = run.stdout.slice(0, run.stdout.indexOf("// petri_observations.import.json"));
    const { name, args } = evaluate(source);
    const program: Program = { tables: { [name]: args }, asOf };
    return { source, args, program, imports: run.stdout.slice(source.length) };
  }

  async function adoptedWithoutDdl(program: Program): Promise<void> {
    const shown = await preview(database, deployment, program);
    expect(shown.error).toBeUndefined();
    let error: string | undefined;
    const sent = await statementsDuring(database, async () => ({ error } = await up(database, deployment, program)));
    expect(error).toBeUndefined();
    expect(ddlOf(sent)).toEqual([]);
    expect((await up(database, deployment, program)).steps).toEqual([]);
  }

  it.each<[string, string, readonly string[]]>([
    [
      "read from the tables that foreign keys point to",
      `, foreign key (program_id) references app.pilot_programs, foreign key (site_id, program_id) references app.sites`,
      [],
    ],
    [
      "read from the tables that somebody names",
      "",
      ["--values", "program_id=pilot_programs.program_id", "--values", "site_id=sites.site_id,program_id"],
    ],
  ])(
    "program, site and month, values %s: the printed declaration adopts them without DDL",
    async (_, keys, options) => {
      await database.query(sources);
      await database.query(byHand(keys));
      const { args, program, imports } = await adopt(...options);
      expect(args.partitionBy).toEqual(levels());
      expect(imports).not.toContain('index:Partition"');
      await adoptedWithoutDdl(program);
    },
  );

  it("reports that values without a source differ from branch to branch, and what the update would create", async () => {
    await database.query(byHand());
    const { args, source } = await adopt();
    expect(args.partitionBy[1]).toEqual({
      list: "site_id",
      values: ["def-456", "one", "xyz"],
      name: "{base}_site_{value}",
    });
    expect(source).toContain('the values of "site_id" are not the same in every branch');
    expect(source).toMatch(
      /branches that the table does not have \("abc-123" \/ "one", "p2" \/ "def-456", "p2" \/ "xyz"\)/,
    );
  });

  it("given values, and HASH above and below: the printed declaration adopts them without DDL", async () => {
    const parts = (stem: string) =>
      OFFSETS.map((offset) => {
        const partition = `app.${stem}_${day(offset).slice(0, 7).replace("-", "_")}`;
        return [0, 1]
          .map(
            (n) =>
              `create table ${partition}_h${String(n)} partition of ${partition} for values with (modulus 2, remainder ${String(n)});`,
          )
          .join("\n");
      }).join("\n");
    await database.query(`create table app.petri_observations (${columns}) partition by hash (site_id);
      ${[0, 1]
        .map((n) => {
          const half = `petri_observations_${String(n)}`;
          return `create table app.${half} partition of app.petri_observations for values with (modulus 2, remainder ${String(n)}) partition by list (program_id);
          ${["a", "b"]
            .map(
              (
                value,
              ) => `create table app.${half}_${value} partition of app.${half} for values in ('${value}') partition by range (created_at);
            ${months(`${half}_${value}`, "partition by hash (observation_id)")} ${parts(`${half}_${value}`)}`,
            )
            .join("\n")}`;
        })
        .join("\n")}`);
    const { args, program } = await adopt();
    expect(args.partitionBy).toEqual([
      { hash: "site_id", modulus: 2, name: "{base}_{remainder}" },
      { list: "program_id", values: ["a", "b"] },
      { range: "created_at", every: "month", name: "{base}_{yyyy}_{mm}" },
      { hash: "observation_id", modulus: 2 },
    ]);
    await adoptedWithoutDdl(program);
  });

  it("refuses what cannot be declared, and names it", async () => {
    await database.query(`create table app.petri_observations (${columns}) partition by list (program_id);
      create table app.several partition of app.petri_observations for values in ('a', 'b') partition by range (created_at)`);
    const run = await onDatabase(database, "adopt", "app.petri_observations");
    expect([run.code, run.stdout]).toEqual([1, ""]);
    expect(run.stderr).toContain(`"several" holds several values (FOR VALUES IN ('a', 'b'))`);
  });
});
