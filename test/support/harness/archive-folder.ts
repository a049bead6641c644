// A directory of the test's own as the store of an archive, and what lies in it.
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeEach } from "vitest";
import { type Manifest, parseManifest } from "../../../core/archive/manifest";
import type { TableSpecArgs } from "../../../core/declare/table/args";
import type { TestDatabase } from "../database";

/** Empty before each test, and gone after the last. */
export function withArchiveFolder(): ArchiveFolder {
  const folder = new ArchiveFolder();
  beforeEach(() => folder.empty());
  afterAll(() => folder.remove());
  return folder;
}

export class ArchiveFolder {
  readonly path = mkdtempSync(join(tmpdir(), "pgpartition-test-archive-"));

  /** What a table declares to be archived here, and dropped in the same update. */
  declared(changes: Partial<TableSpecArgs> = {}): Partial<TableSpecArgs> {
    const { archive, ...rest } = changes;
    return { onExpire: "archive", grace: "none", archive: { to: `file://${this.path}`, ...archive }, ...rest };
  }

  /** Folder of one range of `app.events`; `from` as 20250201. */
  of(database: Pick<TestDatabase, "url">, from: string, generation = 1): string {
    const name = new URL(database.url).pathname.slice(1);
    return join(this.path, name, "app", "table=events", `from=${from}T000000Z`, `gen=${String(generation)}`);
  }

  manifest(database: Pick<TestDatabase, "url">, from: string, generation = 1): Manifest {
    const file = join(this.of(database, from, generation), "_manifest.json");
    return parseManifest(readFileSync(file, "utf8"), file);
  }

  /** Names of the objects of one range. */
  objects(database: Pick<TestDatabase, "url">, from: string, generation = 1): string[] {
    const folder = this.of(database, from, generation);
    return existsSync(folder) ? readdirSync(folder).sort() : [];
  }

  /** As if nothing had ever been archived here. */
  empty(): void {
    for (const name of readdirSync(this.path)) rmSync(join(this.path, name), { recursive: true, force: true });
  }

  remove(): void {
    rmSync(this.path, { recursive: true, force: true });
  }
}
