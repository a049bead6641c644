// Stores archives in a local directory.
import { randomBytes } from "node:crypto";
import { createReadStream } from "node:fs";
import { access, constants, link, lstat, readdir, realpath, rm, stat } from "node:fs/promises";
import { dirname, join } from "node:path";
import { Readable } from "node:stream";
import { formatLocation, type Location } from "../../core/store/location";
import { readFreeBytes } from "./disk-space";
import { openSource, type Source } from "./content";
import { ObjectConflict, StoreError } from "./store-errors";
import { getErrorCode, explainFileError, ignoreAbsent } from "./file-errors";
import { makeFolders, syncFolder, writeAndSync } from "./file-write";
import { toFullKey, toFullPrefix } from "./keys";
import { guardBody, hashContent } from "./read";
import type {
  CallOptions,
  CheckOptions,
  Content,
  GetOptions,
  ObjectStore,
  PutOptions,
  StoredObject,
  StoreFacts,
} from "./store";

/** Name of a file that is not yet an object. No object's name may match it. */
const UNFINISHED = /^\.[0-9a-f]{16}\.unfinished$/;

const READ_BYTES = 1 << 20;

export class FileStore implements ObjectStore {
  readonly url: string;
  readonly headReads = true;

  constructor(private readonly location: Extract<Location, { kind: "file" }>) {
    this.url = formatLocation(location);
  }

  async put(key: string, content: Content, options: PutOptions = {}): Promise<StoredObject> {
    const object = this.formatObjectUrl(key);
    return this.explain("storing", object, async () => {
      const path = await this.resolvePath(key);
      const source = await openSource(object, content, READ_BYTES);
      try {
        options.signal?.throwIfAborted();
        const there = (await this.inspect(key, options.signal)) ?? (await this.write(key, path, source, options));
        if (there.sha256 === source.sha256) return there;
        throw new ObjectConflict(object, there.sha256 ?? "unknown", source.sha256);
      } finally {
        await source.close();
      }
    });
  }

  async head(key: string, { signal }: CallOptions = {}): Promise<StoredObject | undefined> {
    return this.explain("looking at", this.formatObjectUrl(key), () => this.inspect(key, signal));
  }

  async get(key: string, options: GetOptions = {}): Promise<Readable> {
    const object = this.formatObjectUrl(key);
    return this.explain("reading", object, async () => {
      if (options.version !== undefined)
        throw new StoreError("unsupported", object, "reading", "a directory has no versions");
      const found = await this.find(key);
      if (!found) throw new StoreError("missing", object, "reading", "no such file exists");
      const body = createReadStream(found.path, { highWaterMark: READ_BYTES, signal: options.signal });
      const pieces = guardBody(body, found.bytes, object, (error) =>
        Promise.resolve(explainFileError(error, "reading", object)),
      );
      return Readable.from(pieces, { objectMode: false });
    });
  }

  async *list(prefix: string, options: CallOptions = {}): AsyncIterable<StoredObject> {
    const start = toFullPrefix(this.url, "", prefix);
    const paths = await this.explain("listing", this.url, () => this.walk(start, (name) => !UNFINISHED.test(name)));
    for (const key of paths) {
      options.signal?.throwIfAborted();
      const { size } = await this.explain("listing", this.formatObjectUrl(key), () =>
        stat(join(this.location.directory, key)),
      );
      yield { key, bytes: size, sha256: undefined };
    }
  }

  async abortUploads(prefix: string): Promise<number> {
    const start = toFullPrefix(this.url, "", prefix);
    return this.explain("giving up uploads below", this.formatObjectUrl(prefix), async () => {
      const folder = start.slice(0, start.lastIndexOf("/") + 1);
      const leftovers = await this.walk(folder, (name) => UNFINISHED.test(name));
      for (const path of leftovers) await rm(join(this.location.directory, path), { force: true });
      return leftovers.length;
    });
  }

  async check({ writing = false }: CheckOptions = {}): Promise<StoreFacts> {
    await this.explain("looking at", this.url, async () => {
      const root = await this.resolveRoot();
      if (writing) await access(root, constants.W_OK | constants.X_OK);
    });
    return { versioning: false, objectLock: { enabled: false }, encryption: undefined, region: undefined };
  }

  close(): Promise<void> {
    return Promise.resolve();
  }

  /**
   * Writes an object that becomes visible only whole: written under another name, synced, then linked to its name, which fails if
   * that is taken.
   */
  private async write(key: string, path: string, source: Source, options: PutOptions): Promise<StoredObject> {
    const folder = dirname(path);
    await this.requireRoom(key, source.bytes);
    await makeFolders(await this.resolveRoot(), folder);
    // Just created or older, either may be a link.
    await this.refuseOutside(folder);
    const unfinished = join(folder, `.${randomBytes(8).toString("hex")}.unfinished`);
    try {
      await writeAndSync(unfinished, source, options);
      await link(unfinished, path).catch((error: unknown) => {
        if (getErrorCode(error) !== "EEXIST") throw error;
      });
    } finally {
      await rm(unfinished, { force: true });
    }
    await syncFolder(folder);
    const stored = await this.inspect(key, options.signal);
    if (stored) return stored;
    throw new StoreError("integrity", this.formatObjectUrl(key), "checking", "it was stored, and does not exist");
  }

  /** Checked first, so that no half-written file takes the last space from others. */
  private async requireRoom(key: string, bytes: number): Promise<void> {
    const free = await readFreeBytes(await this.resolveRoot());
    if (free >= bytes) return;
    const room = `it has ${bytes} bytes, and "${this.location.directory}" has room for ${free}`;
    throw new StoreError("full", this.formatObjectUrl(key), "storing", room);
  }

  private async inspect(key: string, signal: AbortSignal | undefined): Promise<StoredObject | undefined> {
    const found = await this.find(key);
    if (!found) return undefined;
    const content = createReadStream(found.path, { highWaterMark: READ_BYTES, signal });
    return { key, bytes: found.bytes, sha256: await hashContent(content) };
  }

  /** Finds a plain file; refuses links and the like. */
  private async find(key: string): Promise<{ readonly path: string; readonly bytes: number } | undefined> {
    const path = await this.resolvePath(key);
    const found = await lstat(path).catch(ignoreAbsent);
    if (!found) return undefined;
    if (found.isFile()) return { path, bytes: found.size };
    const what = "it is a directory, a link or a device, not a file";
    throw new StoreError("key", this.formatObjectUrl(key), "looking at", what);
  }

  /** Returns the path of a key; refuses one that leads out of the directory. */
  private async resolvePath(key: string): Promise<string> {
    toFullKey(this.url, "", key);
    if (key.split("/").some((part) => UNFINISHED.test(part)))
      throw new StoreError("key", this.url, "using", `the key ${JSON.stringify(key)} looks like an unfinished upload`);
    const path = join(await this.resolveRoot(), key);
    await this.refuseOutside(dirname(path));
    return path;
  }

  /**
   * Returns the directory, which must exist: a disk that is not mounted would otherwise be replaced by a folder of the system
   * disk.
   */
  private async resolveRoot(): Promise<string> {
    const { directory } = this.location;
    const found = await stat(directory).catch(ignoreAbsent);
    if (found?.isDirectory()) return realpath(directory);
    throw new StoreError("no-bucket", this.url, "using", found ? "it is no directory" : "no such directory exists");
  }

  /** Refuses links out of the directory, followed as far as the folder exists. */
  private async refuseOutside(folder: string): Promise<void> {
    const root = await this.resolveRoot();
    for (let existing = folder; ; existing = dirname(existing)) {
      const real = await realpath(existing).catch(ignoreAbsent);
      if (real === undefined) continue;
      if (real === root || real.startsWith(`${root}/`)) return;
      throw new StoreError("key", this.url, "using", `"${folder}" is a link to outside of the directory`);
    }
  }

  /** Returns the keys that begin with `start` and whose last part is wanted, ordered by their bytes. */
  private async walk(start: string, wanted: (name: string) => boolean): Promise<string[]> {
    const root = await this.resolveRoot();
    const folder = start.slice(0, start.lastIndexOf("/") + 1);
    await this.refuseOutside(join(root, folder));
    const entries = await readdir(join(root, folder), { recursive: true, withFileTypes: true }).catch(ignoreAbsent);
    return (entries ?? [])
      .filter((entry) => entry.isFile() && wanted(entry.name))
      .map((entry) => join(entry.parentPath, entry.name).slice(root.length + 1))
      .filter((key) => key.startsWith(start))
      .sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
  }

  private formatObjectUrl(key: string): string {
    return `${this.url}/${key.split("/").map(encodeURIComponent).join("/")}`;
  }

  private async explain<T>(doing: string, object: string, body: () => Promise<T>): Promise<T> {
    try {
      return await body();
    } catch (error) {
      throw explainFileError(error, doing, object);
    }
  }
}
