// Time that clients wait for this product, and for others at the same job, while an old transaction is open.
import type { Bench } from "../bench";
import { startBenchServer } from "../support/server";
import { stallOfOurs } from "./ours";
import { stallOfPeers } from "./peers";
import type { Sizes } from "./world";

const full: Sizes = { rows: 20_000, recentRows: 300_000, oldMs: 5_000 };
const small: Sizes = { rows: 200, recentRows: 0, oldMs: 500 };

/** PostgreSQL 15: the version of pg_partman 4.7, and the oldest that this product supports. */
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
