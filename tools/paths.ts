// Paths: the repository, its git-ignored working folder and the cache that outlives it.
import { homedir } from "node:os";
import { join, resolve } from "node:path";

/** Also right inside dist/, which is at the same depth as tools/. */
export const repositoryRoot = resolve(__dirname, "..");

/** Git-ignored folder: state of the file backend, connection of the dev database, its data, test results. */
export const workFolder = join(repositoryRoot, ".pgpartition");

/** Returns a folder that outlives `npm ci` and the clone, because building the engine takes minutes. */
export function cacheFolder(environment: NodeJS.ProcessEnv = process.env): string {
  const base = environment["XDG_CACHE_HOME"];
  // The XDG rule: a relative or empty value counts as unset.
  const cache = base !== undefined && base.startsWith("/") ? base : join(homedir(), ".cache");
  return join(cache, "pulumi-pgpartition");
}
