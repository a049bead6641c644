import { validateReferring } from "../../../core/conversion/attach/repoint";
import { listHolding } from "../../../core/conversion/copy/copy-source";
import { acceptSnapshots } from "../../../core/conversion/copy/old-snapshots";
import { settleOutgoing } from "../../../core/conversion/copy/swap-copy";
import {
  copyOfflineStatements,
  lockOfflineStatements,
  swapOfflineStatements,
} from "../../../core/conversion/offline/offline-statements";
import type { DeclaredCopy } from "../../../core/resources/conversion";
import type { Statement } from "../../../core/sql/statement";
import { convertOffline, type OfflineJob, OfflineStopped } from "../../../conversion/offline/convert-offline";
import type { Copyable } from "../../../conversion/read/copy-reading";
import { Refusal } from "../../runtime/failures";
import { describeSize } from "./describe-size";

/** Returns what an update does, in its order, without the journal. */
export function listOfflineSteps({ source, facts }: Copyable, management: string): Statement[] {
  const proof = { fingerprints: [facts.fingerprint], management };
  return [
    ...lockOfflineStatements(source, proof),
    ...copyOfflineStatements(source),
    ...swapOfflineStatements(source, proof),
    ...validateReferring(source),
    ...settleOutgoing(source),
    ...acceptSnapshots({ schema: source.table.schema, table: source.table.name }, source.names.pending),
  ];
}

export function formatOfflineHeading(declared: DeclaredCopy, { facts, source }: Copyable): string {
  const { schema, table, formerName, timeBudgetMinutes } = declared;
  const limit = timeBudgetMinutes === undefined ? "" : ` (rolled back after ${timeBudgetMinutes} minutes)`;
  return (
    `conversion of ${schema}.${table} offline (${describeSize(facts)}, into ${listHolding(source.partitions).length} partitions): ` +
    `copied, compared and swapped in one transaction, while writers wait${limit}; the former table stays as ${schema}.${formerName}, and refuses writes`
  );
}

/** Longest time of a timer of Node.js. */
const MAX_TIMER_MS = 2 ** 31 - 1;

/** Converts the table now, within the declared time. */
export async function performOffline(job: Omit<OfflineJob, "budget">): Promise<void> {
  const { work, declared } = job;
  const minutes = declared.timeBudgetMinutes;
  const budget =
    minutes === undefined
      ? new AbortController().signal
      : AbortSignal.timeout(Math.min(MAX_TIMER_MS, Math.ceil(minutes * 60_000)));
  try {
    await convertOffline({ ...job, budget });
  } catch (error) {
    if (error instanceof OfflineStopped) throw new Refusal(error.message, { cause: error });
    throw error;
  }
  work.log.info(
    `table ${declared.schema}.${declared.table} is partitioned: its rows were copied and compared, and the former table is ${declared.schema}.${declared.formerName}`,
  );
}
