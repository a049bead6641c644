// How long clients wait for us, and for others at the same job, while an old transaction is open.
import type { Bench } from "../bench";
import { startBenchServer } from "../support/server";
import { stallOfOurs } from "./ours";
import { stallOfPeers } from "./peers";
import type { Sizes } from "./world";

const full: Sizes = { rows: 20_000, recentRows: 300_000, oldMs: 5_000 };
const small: Sizes = { rows: 200, recentRows: 0, oldMs: 500 };

/** PostgreSQL 15: the version for which pg_partman 4.7 was made, and the oldest of ours. */
export const stall: Bench = async (options) => {
  const sizes = options.quick ? small : full;
  const server = await startBenchServer({ version: 15, logStatements: false });
  try {
    return [
      ...(await stallOfOurs(server, sizes, false, options)),
      ...(options.quick ? [] : await stallOfOurs(server, sizes, true, options)),
      ...(await stallOfPeers(server, sizes, options)),
    ];
  } finally {
    await server.stop();
  }
};
