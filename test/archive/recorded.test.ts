// Archives as an earlier version left them, whose parts the server had made: CSV without compression, as the server itself heads it, and
// Parquet with the columns that the server was asked for (written by DuckDB of the values that it gave). Of the manifests only the
// version of the object in its bucket was left out, because a directory has none. The third was named by a template of keys,
// "{table}/{yyyy}-{mm}.csv.zst".
import { createHash } from "node:crypto";
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { parseManifest } from "../../core/archive/manifest";
import { onDatabase } from "../cli/support";
import { type TestDatabase, withDatabase } from "../support/database";
import { ArchiveFolder } from "../support/harness/archive-folder";
import { Deployment } from "../support/harness/deployment";
import { program, reset } from "../support/harness/fixture";
import { preview, up } from "../support/harness/rounds";

const april = "2025-04-10T00:00:00Z";
const NOTES = [null, "", 'a "quoted", line\n😀', "note"];
const ROWS = [1, 2, 3, 4, 5, 6, 7, 8].map((id) => ({ id, at: "2025-02-05", note: NOTES[id % 4] ?? null }));

/** An archive as it was recorded: where it lay below the store, its manifest, and what its entry "exporting" had besides. */
const RECORDED = {
  csv: { folder: undefined, manifest: "_manifest.json", exporting: { method: "aws_s3", encoding: "csv" } },
  parquet: { folder: undefined, manifest: "_manifest.json", exporting: { method: "pg_parquet" } },
  keys: { folder: "events", manifest: "_2025-02.manifest.json", exporting: { stem: "2025-02", encoding: "csv" } },
} as const;
type Recorded = keyof typeof RECORDED;

describe.each([
  ["in CSV that the server made", "csv"],
  ["in Parquet that the server made", "parquet"],
  ["under names by a template of keys", "keys"],
] as const)("an archive of an earlier version, %s,", (_, recorded) => {
  const database = withDatabase();
  const folder = new ArchiveFolder();
  const deployment = new Deployment();
  let place: string;
  const rowsOf = (table: string) =>
    database.query(
      `select id::int, to_char(at at time zone 'UTC', 'YYYY-MM-DD') as at, note from app.${table} where at < '2025-03-01' order by id`,
    );

  beforeAll(async () => {
    await reset(database);
    expect((await up(database, deployment, program(april, folder.declared()))).error).toBeUndefined();
    place = await recall(database, folder, recorded);
  }, 60_000);
  afterAll(async () => {
    folder.remove();
    await database.query("drop schema app cascade");
  });

  it("is listed, and found whole in its store", async () => {
    const listed = await onDatabase(database, "archives", "app.events");
    expect(listed.stdout).toMatch(/^2025-02-01T00:00:00Z\/2025-03-01T00:00:00Z  8 rows, /m);
    expect(listed.stdout).toContain(`file://${place}\n`);
    expect(await onDatabase(database, "archives", "app.events", "--verify")).toMatchObject({ code: 0 });
  });

  it("is asked together with the table", async () => {
    const sql = "select count(*)::int as n, count(note)::int as notes, sum(id)::int as s from events";
    const asked = await onDatabase(database, "query", "app.events", sql, "--json");
    expect(asked).toMatchObject({ code: 0, stderr: expect.stringContaining("of 1 archives") });
    expect(JSON.parse(asked.stdout)).toEqual({ n: 8, notes: 6, s: 36 });
  });

  it("is restored to the letter, by the ledger and by its place alone", async () => {
    expect(await onDatabase(database, "restore", "app.events", "--from", "2025-02")).toMatchObject({ code: 0 });
    expect(await rowsOf("events_p2025_02_restored")).toEqual(ROWS);
    const manifest = ["--manifest", `file://${place}`];
    const again = await onDatabase(database, "restore", "app.events", ...manifest, "--name", "again");
    expect(again).toMatchObject({ code: 0 });
    expect(await rowsOf("again")).toEqual(ROWS);
  });

  it("comes back as a partition of the table", async () => {
    const back = program(april, folder.declared({ restored: ["2025-02"] }));
    expect((await up(database, deployment, back)).error).toBeUndefined();
    expect(await rowsOf("events")).toEqual(ROWS);
    expect((await preview(database, deployment, back)).steps).toEqual([]);
  });
});

/** A file that is no text is recorded as one. */
const BASE64 = ".base64";

/** Puts the recorded archive into the folder, and into the ledger what the earlier version wrote down about it. Gives the place of its manifest. */
async function recall(database: TestDatabase, folder: ArchiveFolder, recorded: Recorded): Promise<string> {
  const archive = RECORDED[recorded];
  const target = archive.folder === undefined ? folder.of(database, "20250201") : join(folder.path, archive.folder);
  mkdirSync(target, { recursive: true });
  for (const name of readdirSync(join(__dirname, "recorded", recorded))) {
    const content = readFileSync(join(__dirname, "recorded", recorded, name));
    const decoded = name.endsWith(BASE64) ? Buffer.from(content.toString(), "base64") : content;
    writeFileSync(join(target, name.replace(BASE64, "")), decoded);
  }
  const place = join(target, archive.manifest);
  const text = readFileSync(place, "utf8");
  const { bytes, generation, parts, partition, rows, run } = parseManifest(text, place);
  const store = `file://${folder.path}`;
  const below = `${target.slice(folder.path.length + 1)}/`;
  const exporting = { generation, store, folder: below, filenodes: { [partition.oid]: partition.oid } };
  const begun = await write("exporting", { ...exporting, ...archive.exporting });
  for (const [index, part] of parts.entries())
    await database.query(
      `insert into pgpartition.archive_parts (export, part, relation, first_tid, end_tid, row_count, text_bytes, text_sha256, object_key, bytes, sha256, run)
       values ($1::bigint, $2::integer, $3::oid, '(0,0)', '(1,0)', $4::bigint, $5::bigint, $6, $7, $8::bigint, $9, $10)`,
      [
        begun,
        index + 1,
        partition.oid,
        part.rows,
        part.textBytes,
        part.textSha256,
        below + part.name,
        part.bytes,
        part.sha256,
        run,
      ],
    );
  const manifestSha256 = createHash("sha256").update(text).digest("hex");
  const details = {
    generation,
    export: begun,
    manifest: `file://${place}`,
    manifestSha256,
    rows,
    bytes,
    objects: parts.length,
  };
  await write("archived", { ...details, verify: "checksum", fence: "gone", dropAfter: april });
  await write("dropped", {});
  return place;

  async function write(event: string, detail: object): Promise<string> {
    const [row] = await database.query<{ id: string }>(
      `insert into pgpartition.ledger (schema_name, table_name, partition_name, partition_oid, lower_bound, upper_bound, event, effective_at, run, detail)
       values ('app', 'events', 'events_p2025_02', $1::oid, '2025-02-01T00:00:00Z', '2025-03-01T00:00:00Z', $2, $3::timestamptz, $4, $5::jsonb) returning id::text`,
      [partition.oid, event, april, run, JSON.stringify(detail)],
    );
    return row?.id ?? "";
  }
}
