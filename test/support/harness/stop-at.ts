// Stops a plugin of its own at a fault point until the test has done what is to happen there.
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onTestFinished } from "vitest";
import type { Plugin } from "./plugin";
import { until } from "./until";

/** Resolves when a plugin says that it waits for the lock of a table. */
export function whenWaiting(plugin: Pick<Plugin, "messages">): Promise<void> {
  return until(() => plugin.messages.some((message) => message.includes("waiting for the lock of table")));
}

export interface Stop {
  /** For the plugin. */
  readonly env: NodeJS.ProcessEnv;
  /** Resolves when the plugin stands there. */
  readonly reached: () => Promise<void>;
  readonly goOn: () => void;
}

export function stopAt(point: string, withinMs = 60_000): Stop {
  const folder = mkdtempSync(join(tmpdir(), "stop-at-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const [log, go] = [join(folder, "log"), join(folder, "go")];
  return {
    env: { PGPARTITION_FAULT: `${point}:until ${go}`, PGPARTITION_FAULT_LOG: log },
    reached: () => until(() => existsSync(log) && `\n${readFileSync(log, "utf8")}`.includes(`\n${point}\n`), withinMs),
    goOn: () => writeFileSync(go, ""),
  };
}
