import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { Readable } from "node:stream";
import {
  type ArchivedColumn,
  buildArchivedRangeCondition,
  quoteRegister,
  type TableRef,
} from "../../core/archive/table-sql";
import type { KeySpec } from "../../core/declare/table/spec";
import type { OpenInterval } from "../../core/time/interval";
import {
  countBrought,
  countRange,
  recordManifestStatements,
  readEntries,
  type RegisterEntry,
  takeBackStatements,
} from "../../postgres/archive/archive-register";
import { storeRows } from "../../postgres/archive/store-rows";
import { readColumns } from "../../postgres/rows/read-columns";
import type { Database } from "../../postgres/database";
import type { Log } from "../../postgres/connect/log";
import { ArchiveContradicted } from "../store/mismatch";
import { ObjectConflict, StoreError } from "../store/store-errors";
import type { CallOptions, Content, ObjectStore, PutOptions, StoredObject, StoreFacts } from "../store/store";

/** Archive table that receives the rows of one partition. */
interface TableStoreSettings {
  readonly target: Database;
  readonly table: TableRef;
  /** Location as the ledger names it. */
  readonly place: string;
  readonly source: Database;
  /** Oid of the detached table. */
  readonly oid: string;
  readonly key: KeySpec;
  readonly bounds: OpenInterval;
  readonly log: Log;
  /** Creates what the target lacks, and fails if it cannot take the rows. */
  readonly prepare: (oid: string) => Promise<void>;
}

/**
 * Archive table used as an object store, for one partition. A part is its rows, written in one transaction with its entry in the
 * register next to the table; that transaction identifies them later, as PostgreSQL keeps it in each row (`xmin`): exact, without
 * an extra column in the table, and different as soon as a row is changed. The manifest is an entry too.
 */
export class TableStore implements ObjectStore {
  private described: Promise<Described> | undefined;

  constructor(private readonly settings: TableStoreSettings) {}

  get url(): string {
    return this.settings.place;
  }

  async put(key: string, content: Content, { signal }: PutOptions = {}): Promise<StoredObject> {
    const sha256 = "body" in content ? hashBody(content.body) : content.sha256;
    if ("body" in content) await this.putManifest(key, content.body, sha256, signal);
    else await this.putRows(key, content, signal);
    const found = await this.findEntry(key);
    if (!found)
      throw new StoreError("integrity", `${this.url}/${key}`, "checking", "it was stored, and does not exist");
    if (found.sha256 !== sha256) throw new ObjectConflict(`${this.url}/${key}`, found.sha256, sha256);
    return toStoredObject(found);
  }

  async head(key: string): Promise<StoredObject | undefined> {
    const found = await this.findEntry(key);
    return found && toStoredObject(found);
  }

  async get(key: string): Promise<Readable> {
    const found = await this.findEntry(key);
    if (found?.body !== undefined) return Readable.from([Buffer.from(found.body)]);
    throw new StoreError("missing", `${this.url}/${key}`, "reading", "it is no object: the rows are in the table");
  }

  async *list(prefix: string): AsyncIterable<StoredObject> {
    for (const entry of await this.listEntries(prefix)) yield toStoredObject(entry);
  }

  /**
   * Prepares the table, and removes rows of an earlier archive of the same table that no drop depends on any more, so that no row
   * exists twice. Rows of this range archived from another table are kept, and are an error: they may be the only copy.
   */
  async abortUploads(folder: string, { signal }: CallOptions = {}): Promise<number> {
    await this.settings.prepare(this.settings.oid);
    return this.takeBack(folder, signal);
  }

  async confirm(folder: string, parts: readonly { readonly key: string; readonly rows: number }[]): Promise<void> {
    const { condition } = await this.describe();
    const { target, table } = this.settings;
    await this.takeBack(folder);
    const entries = new Map((await this.listEntries(folder)).map((entry) => [entry.key, entry]));
    const xids = [...entries.values()].flatMap(({ xid }) => xid ?? []);
    const brought = await countBrought(target, table, condition, xids);
    for (const { key, rows } of parts) {
      const found = brought.get(entries.get(key)?.xid ?? "") ?? 0;
      if (found !== rows)
        throw new ArchiveContradicted(
          `"${table.schema}"."${table.name}" holds ${found} of the ${rows} rows of ${key}: the others were changed or deleted there since they were archived`,
        );
    }
  }

  async check(): Promise<StoreFacts> {
    await this.settings.target.connect();
    return { versioning: undefined, objectLock: undefined, encryption: undefined, region: undefined };
  }

  /** The database is closed by its opener. */
  close(): Promise<void> {
    return Promise.resolve();
  }

  private async putManifest(key: string, body: Uint8Array, sha256: string, signal: AbortSignal | undefined) {
    const { source } = await this.describe();
    const text = Buffer.from(body).toString("utf8");
    const statements = recordManifestStatements(this.settings.table, {
      key,
      source,
      bytes: body.length,
      sha256,
      body: text,
    });
    await this.settings.target.execute(statements, this.buildOptions(`storing ${key}`, signal));
  }

  private async putRows(
    key: string,
    { path, bytes, sha256 }: Extract<Content, { readonly path: string }>,
    signal: AbortSignal | undefined,
  ): Promise<void> {
    const { columns, source } = await this.describe();
    const { target, table } = this.settings;
    const entry = { key, source, bytes, sha256 };
    const names = columns.map(({ name }) => name);
    await storeRows(
      target,
      { table, columns: names, register: quoteRegister(table), entry },
      this.buildOptions(`archiving ${key} in "${table.schema}"."${table.name}"`, signal),
      () => createReadStream(path, { highWaterMark: 1 << 18 }),
    );
  }

  private async takeBack(folder: string, signal?: AbortSignal): Promise<number> {
    const { source, condition } = await this.describe();
    const { target, table } = this.settings;
    const range = folder.replace(/gen=\d+\/$/, "");
    const older = (await this.listEntries(range)).filter(({ key }) => !key.startsWith(folder));
    if (older.length === 0) return 0;
    this.refuseOthers(
      range,
      older.filter((entry) => entry.source !== source),
    );
    await this.refuseChanged(condition, older);
    await target.execute(takeBackStatements(table, condition, older), {
      ...this.buildOptions(`deleting rows of "${table.schema}"."${table.name}" that are archived again`, signal),
    });
    return older.length;
  }

  private refuseOthers(range: string, others: readonly RegisterEntry[]): void {
    if (others.length === 0) return;
    const { table } = this.settings;
    throw new Error(
      `"${table.schema}"."${table.name}" has rows of this range already, archived from another table than this (${others[0]?.key ?? ""}). ` +
        "Nothing was archived, because it would have them twice. If these are the same rows, restored, delete them there and record it in the register: " +
        `UPDATE ${quoteRegister(table)} SET removed_at = now() WHERE object_key LIKE '${range}%'; or archive into another table`,
    );
  }

  /** Refuses if rows to be removed are missing while the range has unaccounted rows: these may be the missing ones. */
  private async refuseChanged(condition: string, older: readonly RegisterEntry[]): Promise<void> {
    const { target, table } = this.settings;
    const brought = await countBrought(
      target,
      table,
      condition,
      older.flatMap(({ xid }) => xid ?? []),
    );
    const missing = older.filter(({ xid, rows }) => xid !== undefined && brought.get(xid) !== rows);
    if (missing.length === 0) return;
    const everyone = (await this.listEntries("")).flatMap(({ xid }) => xid ?? []);
    const accounted = await countBrought(target, table, condition, everyone);
    const known = [...accounted.values()].reduce((sum, rows) => sum + rows, 0);
    const all = await countRange(target, table, condition);
    if (all === known) return;
    throw new Error(
      `"${table.schema}"."${table.name}" holds ${all - known} rows of this range that were changed since they were archived, or never were: ` +
        `archived again, they could exist twice. Nothing was archived. Delete them, or move them elsewhere: they are those WHERE ${condition}`,
    );
  }

  private async findEntry(key: string): Promise<RegisterEntry | undefined> {
    return (await this.listEntries(key)).find((entry) => entry.key === key);
  }

  private listEntries(prefix: string): Promise<RegisterEntry[]> {
    return readEntries(this.settings.target, this.settings.table, prefix);
  }

  private buildOptions(subject: string, signal = new AbortController().signal) {
    return { signal, subject, log: this.settings.log };
  }

  private describe(): Promise<Described> {
    this.described ??= this.read();
    return this.described;
  }

  private async read(): Promise<Described> {
    const { source, oid, key, bounds } = this.settings;
    const columns = await readColumns(source, oid);
    const column = columns.find(({ name }) => name === key.column);
    if (!column) throw new Error(`${this.url}: the table that is archived has no column "${key.column}"`);
    const identity = await source.readIdentity();
    return {
      columns,
      condition: buildArchivedRangeCondition(key, column, bounds),
      source: `${identity.systemIdentifier}/${identity.databaseOid}/${oid}`,
    };
  }
}

/** Description of the archived table, read once. */
interface Described {
  readonly columns: readonly ArchivedColumn[];
  /** SQL condition for the rows of its range in the archive table. */
  readonly condition: string;
  readonly source: string;
}

function toStoredObject({ key, bytes, sha256 }: RegisterEntry): StoredObject {
  return { key, bytes, sha256 };
}

function hashBody(body: Uint8Array): string {
  return createHash("sha256").update(body).digest("hex");
}
