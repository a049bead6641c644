// Finds a Pulumi CLI: on PATH, in the cache, by Pulumi's own installation, or built from the Go module proxy.
import { mkdir, mkdtemp, rename, rm } from "node:fs/promises";
import { dirname, join } from "node:path";
import { cacheFolder } from "../../paths";
import { buildEngine, cannotBuild, oldestGo } from "./build";
import { findExecutable, isExecutable, outputOf } from "./executables";
import { type LanguageHost, languageHostOf } from "./language-host";
import { withLock } from "./lock";
import { installOfficial, unreachable } from "./official";
import { isSupported, parseVersion, pinnedVersion, supportedRange } from "./version";

export type Source = "path" | "cache" | "official" | "build";

export interface Engine {
  /** Absolute path of the `pulumi` executable. */
  readonly command: string;
  readonly version: string;
  readonly source: Source;
  readonly languageHost: LanguageHost;
}

interface ResolveOptions {
  readonly env?: NodeJS.ProcessEnv;
  /** Progress and notes, one line each; standard error by default. */
  readonly say?: (line: string) => void;
  /** Sources to try, always in this order; all by default. */
  readonly sources?: readonly Source[];
}

type Found = { readonly command: string; readonly version: string } | { readonly reason: string };

const allSources: readonly Source[] = ["path", "cache", "official", "build"];

export async function resolveEngine(options: ResolveOptions = {}): Promise<Engine> {
  const env = options.env ?? process.env;
  const say = options.say ?? ((line: string) => process.stderr.write(`${line}\n`));
  const reasons: string[] = [];
  for (const source of allSources.filter((one) => (options.sources ?? allSources).includes(one))) {
    const found = await from(source, env, say);
    if ("command" in found) return { ...found, source, languageHost: languageHostOf(found.command, env) };
    reasons.push(`  ${source}: ${found.reason}`);
  }
  throw new Error(
    `no Pulumi CLI can be had here:\n${reasons.join("\n")}\n` +
      `Install Pulumi ${supportedRange} (https://www.pulumi.com/docs/install/), or Go ${oldestGo.text} or newer ` +
      "(https://go.dev/dl/) with access to a Go module proxy, and run the command again.",
  );
}

function from(source: Source, env: NodeJS.ProcessEnv, say: (line: string) => void): Promise<Found> {
  switch (source) {
    case "path":
      return fromPath(env, say);
    case "cache":
      return Promise.resolve(fromCache(env));
    case "official":
      return install(env, say, unreachable, installOfficial);
    case "build":
      return install(
        env,
        say,
        () => cannotBuild(env),
        (folder) => buildEngine(folder, env, say),
      );
  }
}

async function fromPath(env: NodeJS.ProcessEnv, say: (line: string) => void): Promise<Found> {
  const command = findExecutable("pulumi", env["PATH"]);
  if (command === undefined) return { reason: "pulumi is not on PATH" };
  const version = parseVersion((await outputOf(command, ["version"], quiet(env))) ?? "");
  if (version === undefined) return { reason: `${command} does not answer "pulumi version"` };
  if (isSupported(version)) return { command, version };
  const reason = `${command} is ${version}, supported are ${supportedRange}`;
  say(`${reason}: looking for another`);
  return { reason };
}

function fromCache(env: NodeJS.ProcessEnv): Found {
  const command = join(versionFolder(env), "bin", "pulumi");
  if (!isExecutable(command)) return { reason: `nothing in ${versionFolder(env)}` };
  return { command, version: pinnedVersion };
}

/** Fills the cache under a lock; an incomplete folder never gets the name that other processes look for. */
async function install(
  env: NodeJS.ProcessEnv,
  say: (line: string) => void,
  obstacle: () => Promise<string | undefined>,
  make: (folder: string) => Promise<void>,
): Promise<Found> {
  const reason = await obstacle();
  if (reason !== undefined) return { reason };
  const target = versionFolder(env);
  await mkdir(dirname(target), { recursive: true });
  const onWait = (): void => say(`another process is building ${target}: waiting for it`);
  return withLock(`${target}.lock`, onWait, async () => {
    const cached = fromCache(env);
    if ("command" in cached) return cached;
    const temporary = await mkdtemp(`${target}.partial-`);
    try {
      await make(temporary);
      await rm(target, { recursive: true, force: true });
      await rename(temporary, target);
      return fromCache(env);
    } catch (error) {
      return { reason: error instanceof Error ? error.message : String(error) };
    } finally {
      await rm(temporary, { recursive: true, force: true });
    }
  });
}

function versionFolder(env: NodeJS.ProcessEnv): string {
  return join(cacheFolder(env), "engine", pinnedVersion);
}

function quiet(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return { ...env, PULUMI_SKIP_UPDATE_CHECK: "true" };
}
