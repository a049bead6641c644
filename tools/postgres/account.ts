// Account under which PostgreSQL runs: it refuses root.
import { execFileSync } from "node:child_process";

export interface Account {
  readonly uid: number;
  readonly gid: number;
}

/** Returns undefined when this process is not root: PostgreSQL then runs as its user. */
export function account(): Account | undefined {
  if (process.getuid?.() !== 0) return undefined;
  // "nobody" exists on every system, so that no user has to be created where "postgres" is missing.
  const found = ["postgres", "nobody"].map(lookUp).find((one) => one !== undefined);
  if (found === undefined)
    throw new Error('PostgreSQL refuses to run as root, and no user "postgres" or "nobody" exists');
  return found;
}

function lookUp(name: string): Account | undefined {
  try {
    const id = (flag: string): number =>
      Number(execFileSync("id", [flag, name], { encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] }));
    return { uid: id("-u"), gid: id("-g") };
  } catch {
    return undefined;
  }
}
