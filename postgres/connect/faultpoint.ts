import { appendFileSync, existsSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";

/** Set by esbuild's `define` in the bundle for tests, and nowhere else. */
declare const PGPARTITION_FAULTPOINTS: boolean | undefined;

/** Thrown by an armed fault point. */
class InjectedFault extends Error {
  constructor(readonly point: string) {
    super(`fault injected at "${point}"`);
    this.name = "InjectedFault";
  }
}

/** Means that a point offers to its fault. */
interface FaultSite {
  /** Cuts the connection in use. */
  readonly dropConnection?: () => void;
}

/** Returns true for a test build that stops between statements. Statements are then sent one by one. */
export function areFaultpointsEnabled(): boolean {
  return typeof PGPARTITION_FAULTPOINTS !== "undefined" && PGPARTITION_FAULTPOINTS === true;
}

/**
 * Named point at which tests kill, cut, delay or fail the program. Does nothing in the product. `PGPARTITION_FAULT` arms one:
 * `<name>:kill`, `<name>:throw`, `<name>:drop-connection`, `<name>:sleep 500`, `<name>:until <file>` to stop until that file
 * exists, `<name>@2:kill` for the second point of that name, or `*#3:kill` for the third point that is reached.
 * `PGPARTITION_FAULT_LOG` names a file that collects the names of all points reached.
 */
export async function faultpoint(name: string, site: FaultSite = {}): Promise<void> {
  if (!areFaultpointsEnabled()) return;
  reached += 1;
  reachedByName.set(name, (reachedByName.get(name) ?? 0) + 1);
  const log = process.env["PGPARTITION_FAULT_LOG"];
  if (log) appendFileSync(log, `${name}\n`);
  const action = findArmedAction(name, reached, process.env["PGPARTITION_FAULT"] ?? "");
  if (action !== undefined) await act(action, name, site);
}

let reached = 0;
const reachedByName = new Map<string, number>();

/** Returns the action, after the last colon: a name may hold colons itself. */
function findArmedAction(name: string, count: number, armed: string): string | undefined {
  const split = armed.lastIndexOf(":");
  if (split < 0) return undefined;
  const where = armed.slice(0, split);
  return [name, `${name}@${reachedByName.get(name)}`, `*#${count}`].includes(where)
    ? armed.slice(split + 1)
    : undefined;
}

async function act(action: string, name: string, site: FaultSite): Promise<void> {
  const pause = /^sleep (\d+)$/.exec(action);
  const file = /^until (.+)$/.exec(action)?.[1];
  if (pause) await sleep(Number(pause[1]));
  else if (file !== undefined) while (!existsSync(file)) await sleep(20);
  else if (action === "throw") throw new InjectedFault(name);
  else if (action === "drop-connection") site.dropConnection?.();
  else if (action === "kill") {
    process.kill(process.pid, "SIGKILL");
    // The signal arrives in a moment; nothing more may be sent until then.
    await new Promise(() => undefined);
  } else
    throw new Error(
      `PGPARTITION_FAULT: unknown action "${action}"; known are kill, throw, drop-connection, sleep <ms> and until <file>`,
    );
}
