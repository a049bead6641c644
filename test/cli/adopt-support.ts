// `pgpartition adopt --out` on a database and a folder of the test's own, and partitions by months around the present one.
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect } from "vitest";
import type { ImportFile } from "../../core/adopt/import-file";
import { type TestDatabase, withDatabase } from "../support/database";
import type { Program } from "../support/harness/declare";
import { withDeployment } from "../support/harness/with-deployment";
import { evaluate } from "./printed-program";
import { onDatabase } from "./support";

const asOf = new Date().toISOString();

/** Call it at the top of a describe block: all are as new before each test. */
export function withOutFolder(version: TestDatabase["version"]) {
  const database = withDatabase(version);
  const deployment = withDeployment(database);
  let path = "";
  beforeEach(async () => void (path = await mkdtemp(join(tmpdir(), "pgpartition-adopt-"))));
  afterEach(() => rm(path, { recursive: true }));
  return { database, deployment, folder: () => path };
}

/** The same, with a run of `adopt` that has to succeed and what it wrote. */
export function withAdoption(version: TestDatabase["version"]) {
  const { database, deployment, folder } = withOutFolder(version);
  const adopt = async (table: string, ...options: string[]) => {
    const run = await onDatabase(database, "adopt", `app.${table}`, "--out", folder(), ...options);
    expect([run.code, run.stderr]).toEqual([0, ""]);
    const text = (ending: string) => readFile(join(folder(), `${table}.${ending}`), "utf8");
    const [source, imports, retire] = [await text("ts"), await text("import.json"), await text("retire.sql")];
    const { name, args } = evaluate(source);
    const program: Program = { tables: { [name]: args }, asOf };
    return { source, retire, args, program, file: JSON.parse(imports) as ImportFile };
  };
  return { database, deployment, folder, adopt };
}

/** The month that lies so many months after the present one: the command line goes by the clock of the database. */
export function month(offset: number): { readonly year: string; readonly month: string; readonly day: string } {
  const now = new Date();
  const text = new Date(Date.UTC(now.getUTCFullYear(), now.getUTCMonth() + offset, 1)).toISOString();
  return { year: text.slice(0, 4), month: text.slice(5, 7), day: text.slice(0, 10) };
}

export const OFFSETS = [-3, -2, -1, 0, 1, 2];

export const present = month(0);

/** One CREATE … PARTITION OF for each month, under the names of one maker. */
export function monthly(
  table: string,
  name: (year: string, month: string) => string,
  more: (partition: string) => string = () => "",
): string {
  const of = (offset: number) => {
    const partition = name(month(offset).year, month(offset).month);
    return `create table app.${partition} partition of app.${table}
      for values from ('${month(offset).day} 00:00+00') to ('${month(offset + 1).day} 00:00+00'); ${more(partition)}`;
  };
  return OFFSETS.map(of).join("\n");
}
