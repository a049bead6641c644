import type { CopyStatus } from "../conversion/read-status";
import { explainPressure, resolveLimits } from "../core/conversion/pace/pressure";
import { formatTableId } from "../core/names/resource-id";
import { type CopyPhase, type CopyRecord, isWayBackOpen } from "../postgres/conversion/journal";
import { isOpening } from "../postgres/conversion/journal-opening";
import type { InTheWay, LockHolder } from "../postgres/conversion/copy-status";
import { describeBlockers } from "../postgres/execute/blockers";
import { formatDuration } from "../postgres/execute/obstacles";
import { formatBytes, formatSize } from "../core/size";

const PHASES: Readonly<Record<CopyPhase, string>> = {
  prepared: "the copy is created, and nothing is captured yet",
  copying: "rows are copied",
  finishing: "all rows are copied; keys and indexes of the copy are built",
  verifying: "rows are compared",
  verified: "verified: only the swap remains, by the update that declares it",
  swapped: "swapped; the next pulumi up finishes what is left, such as foreign keys to validate",
  returnable: "swapped, and a way back is open: the former table is kept current",
  returning: "swapped, and taken back by the next pulumi up: rows of the table and the former one are compared",
  reverified: "swapped, and taken back by the next pulumi up: every row of the former table was compared",
  returned: "taken back; the next pulumi up finishes what is left, such as foreign keys to validate",
  ended: "swapped, and nothing is left to do but the drop of the former table",
};

const OPENING =
  "partitioned, and a way back is being opened: its rows are copied into a new plain table, and its keys and indexes built";

/** Prints one conversion in some lines, the first of which is the phase. */
export function renderStatus(status: CopyStatus): string {
  const { record, table, inTheWay } = status;
  const { phase, detail } = record;
  const ended = phase === "ended";
  const split =
    detail.historyOf === undefined ? "" : `, the history of ${detail.historyOf}, which ${ended ? "was" : "is"} split`;
  const head = `${formatTableId(table)}${split}: ${detail.both ? describeBoth(status) : isOpening(record) ? OPENING : PHASES[phase]}`;
  if (ended) return [head, ...renderFormer(status)].join("\n");
  return [
    head,
    `  copied: ${renderCopied(status)}`,
    `  changes: ${count(status.pending)} pending, ${count(record.changesReconciled)} followed`,
    `  compared: ${count(record.rowsVerified)} rows${record.verifiedAt === undefined ? "" : `, all equal at ${record.verifiedAt}`}`,
    ...(detail.both?.conflicts === undefined
      ? []
      : [`  changed on both sides: ${count(detail.both.conflicts)} rows, of which the later change stayed`]),
    ...(detail.back && isWayBackOpen(record) ? [`  way back: open until ${detail.back.until}`] : []),
    ...renderFormer(status),
    ...renderControl(record).map((text) => `  setting: ${text}`),
    ...renderPressure(status).map((text) => `  held back: ${text}`),
    `  last step: ${formatDuration(Math.round(status.secondsSinceMoved))} ago; begun at ${record.begunAt}`,
    ...(detail.restarted === undefined ? [] : [`  begun again: ${detail.restarted}`]),
    `  worked on by: ${status.holder ? renderHolder(status.holder) : "no run; pulumi up or pgpartition convert run goes on"}`,
    ...inTheWay.map((session) => `  in the way: ${renderInTheWay(session)}`),
  ].join("\n");
}

function describeBoth({ record: { phase, detail } }: CopyStatus): string {
  const name = detail.target;
  return phase === "ended"
    ? `not kept equal to ${name} any more: ${detail.both?.closed ?? "it has ended"}`
    : `kept equal to ${name}, whichever is written to, until ${detail.both?.until ?? ""}`;
}

function renderFormer({ former, record: { detail } }: CopyStatus): string[] {
  if (!former) return [];
  const after = detail.formerTable?.dropAfter;
  const until =
    after === undefined
      ? "kept, and yours to drop"
      : `kept until ${after}, and dropped by the first pulumi up from then on that still declares it`;
  return [`  former table: ${former.schema}.${former.name}, ${formatBytes(former.bytes)}, ${until}`];
}

function renderCopied({ record, estimatedRows, share, rowsPerSecond, secondsLeft }: CopyStatus): string {
  const of = estimatedRows === undefined ? "" : ` of about ${count(estimatedRows)}`;
  const { nextBlock, endBlock } = record;
  const blocks = endBlock === undefined ? "" : `, ${count(nextBlock)} of ${count(endBlock)} blocks`;
  const rate = rowsPerSecond === undefined ? "" : `; ${count(rowsPerSecond)} rows a second since it began`;
  const left = secondsLeft === undefined ? "" : `, about ${formatDuration(Math.ceil(secondsLeft))} left`;
  return `${count(record.rowsCopied)}${of} rows (${Math.floor(share * 100)} %${blocks})${rate}${left}`;
}

function renderControl({ control }: CopyRecord): string[] {
  const { paused = false, pace = 1, stopBeforeSwap = false, maxReplicaLagSeconds, maxSlotLagBytes } = control;
  return [
    ...(paused ? ["paused; pgpartition convert resume goes on"] : []),
    ...(pace < 1 ? [`works ${toPercent(pace)} % of the time`] : []),
    ...(maxReplicaLagSeconds === undefined ? [] : [describeReplicaLimit(maxReplicaLagSeconds)]),
    ...(maxSlotLagBytes === undefined ? [] : [describeSlotLimit(maxSlotLagBytes)]),
    ...(stopBeforeSwap ? ["an update stops before the swap; pgpartition convert resume takes it back"] : []),
  ];
}

/** Says what a setting of `convert pace` does. */
export function describeReplicaLimit(seconds: number | null): string {
  return seconds === null ? "waits for no replica" : `waits while a replica is more than ${seconds} s behind`;
}

export function describeSlotLimit(bytes: number | null): string {
  return bytes === null ? "waits for no slot" : `waits while a slot keeps more than ${formatSize(bytes)} of WAL`;
}

function renderPressure({ pressure, hiddenReplicas, table }: CopyStatus): string[] {
  const explained = explainPressure(formatTableId(table), pressure);
  const hidden =
    hiddenReplicas === 0
      ? []
      : [
          `not by ${hiddenReplicas} replicas, whose state is hidden from this role; GRANT pg_monitor TO it shows how far they are behind`,
        ];
  if (pressure.kind === "wait") return [`waits: ${explained}`, ...hidden];
  return [...(pressure.share < 1 ? [`slowed to ${toPercent(pressure.share)} %: ${explained}`] : []), ...hidden];
}

function toPercent(share: number): number {
  return Math.round(share * 100);
}

function renderHolder({ pid, application, since }: LockHolder): string {
  return `pid ${pid} ("${application ?? "unnamed"}"${since === undefined ? "" : `, connected since ${since}`})`;
}

function renderInTheWay(session: InTheWay): string {
  const what =
    session.why === "older"
      ? "its transaction began before the copy was verified, and the swap waits for it"
      : session.relation === null
        ? "a run waits for its transaction"
        : `a run waits for a lock of ${session.relation} that it holds or waits for itself`;
  return `${describeBlockers([session])}: ${what}`;
}

/** Returns the same for tools. What is not known, or not so, is null. */
export function toJson(status: CopyStatus): object {
  const { record, table, holder, inTheWay, pressure } = status;
  const { control, detail } = record;
  const limits = resolveLimits(control);
  return {
    table: formatTableId(table),
    historyOf: detail.historyOf === undefined ? null : formatTableId({ schema: table.schema, table: detail.historyOf }),
    phase: record.phase,
    rowsCopied: record.rowsCopied,
    estimatedRows: status.estimatedRows ?? null,
    nextBlock: record.nextBlock,
    endBlock: record.endBlock ?? null,
    share: status.share,
    rowsPerSecond: status.rowsPerSecond ?? null,
    secondsLeft: status.secondsLeft ?? null,
    changesPending: status.pending,
    changesFollowed: record.changesReconciled,
    rowsCompared: record.rowsVerified,
    verifiedAt: record.verifiedAt ?? null,
    paused: control.paused ?? false,
    pacePercent: toPercent(control.pace ?? 1),
    maxReplicaLagSeconds: limits.replicaLagSeconds ?? null,
    maxSlotLagBytes: limits.slotLagBytes ?? null,
    heldBack:
      pressure.why.length === 0
        ? null
        : {
            waits: pressure.kind === "wait",
            sharePercent: pressure.kind === "wait" ? 0 : toPercent(pressure.share),
            why: pressure.why.map(({ fact, fix }) => ({ fact, fix })),
          },
    hiddenReplicas: status.hiddenReplicas,
    stopBeforeSwap: control.stopBeforeSwap ?? false,
    begunAt: record.begunAt,
    updatedAt: record.updatedAt,
    secondsSinceLastStep: status.secondsSinceMoved,
    begunAgain: detail.restarted ?? null,
    keptEqualTo: detail.both && record.phase !== "ended" ? detail.target : null,
    keptEqualUntil: detail.both && record.phase !== "ended" ? detail.both.until : null,
    changedOnBothSides: detail.both?.conflicts ?? 0,
    wayBackUntil: detail.back && isWayBackOpen(record) ? detail.back.until : null,
    formerTable: status.former
      ? {
          table: formatTableId({ schema: status.former.schema, table: status.former.name }),
          bytes: status.former.bytes,
          dropAfter: detail.formerTable?.dropAfter ?? null,
        }
      : null,
    workedOnBy: holder
      ? { pid: holder.pid, application: holder.application ?? null, since: holder.since ?? null }
      : null,
    inTheWay: inTheWay.map(({ pid, why, application, state, relation, transaction_seconds: seconds }) => ({
      pid,
      why,
      application,
      state,
      relation,
      transactionSeconds: seconds === null ? null : Number(seconds),
    })),
  };
}

function count(number: number): string {
  return Math.round(number).toLocaleString("en");
}
