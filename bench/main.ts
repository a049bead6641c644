// `npm run bench [name …] [--quick]`: speed, as ratios to the fastest possible way. Exit code 1: a limit is exceeded.
import { join } from "node:path";
import { workFolder } from "../tools/paths";
import { archive } from "./archive/archive";
import type { Bench } from "./bench";
import { claims } from "./claims";
import { attach } from "./conversion/attach";
import { copy } from "./conversion/copy";
import { follow } from "./conversion/follow";
import { indexed } from "./conversion/indexed";
import { split } from "./conversion/split";
import { create } from "./create/create";
import { levels } from "./levels";
import { noop } from "./noop";
import { isWithin, type Row, table, writeJson } from "./report";
import { stall } from "./stall/stall";
import { statements } from "./statements";
import { buildAll, removeWorkFolder } from "./support/bundles";
import { window } from "./window";

const benches: Readonly<Record<string, Bench>> = {
  noop,
  create,
  statements,
  window,
  levels,
  stall,
  archive,
  attach,
  copy,
  indexed,
  follow,
  split,
  claims,
};

/** Names that mean several. */
const groups: Readonly<Record<string, readonly string[]>> = {
  convert: ["attach", "copy", "indexed", "follow", "split"],
};

async function main(args: readonly string[]): Promise<void> {
  const quick = args.includes("--quick");
  const names = args.filter((arg) => arg !== "--quick").flatMap((name) => groups[name] ?? [name]);
  const unknown = names.filter((name) => !(name in benches));
  if (unknown.length > 0)
    throw new Error(
      `no bench "${unknown.join(", ")}": there are ${[...Object.keys(benches), ...Object.keys(groups)].join(", ")}, and --quick`,
    );
  const stopping = new AbortController();
  for (const signal of ["SIGINT", "SIGTERM"] as const)
    process.once(signal, () => stopping.abort(new Error(`stopped by ${signal}`)));
  const rows: Row[] = [];
  process.once("exit", removeWorkFolder);
  await buildAll();
  for (const [name, bench] of Object.entries(benches)) {
    if (names.length > 0 && !names.includes(name)) continue;
    const say = (text: string): void => console.error(`${name}: ${text}`);
    rows.push(
      ...(await bench({ quick, signal: stopping.signal, say })).map((row) => (quick ? withoutLimit(row) : row)),
    );
    stopping.signal.throwIfAborted();
  }
  console.log(`\n${table(rows)}`);
  writeJson(join(workFolder, "bench.json"), rows);
  if (rows.some((row) => isWithin(row) === false)) process.exitCode = 1;
}

function withoutLimit({ limit: _limit, ...row }: Row): Row {
  return row;
}

main(process.argv.slice(2)).catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
});
