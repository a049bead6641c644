import {
  DEFAULT_MAX_REPLICA_LAG_SECONDS,
  DEFAULT_MAX_SLOT_LAG,
  MAX_CHECKPOINTS_A_MINUTE,
  SLOT_KEEP_SHARE,
} from "../../defaults";
import { formatSize, parseSize } from "../../size";

/** What of the server shows that a copy is too fast for it, at one moment. */
export interface ServerPressure {
  readonly replicas: readonly LaggingReplica[];
  readonly slots: readonly KeepingSlot[];
  /** Undefined: closed to the role. */
  readonly wal: WalPressure | undefined;
  readonly waiting: readonly WaitingSession[];
}

/** A standby or subscriber that is connected. */
interface LaggingReplica {
  readonly name: string;
  /** WAL that it has not replayed. */
  readonly bytes: number;
  /** Age of what it replays. Undefined: it has caught up, or was never measured. */
  readonly seconds: number | undefined;
}

/** A replication slot whose WAL the server still has. */
interface KeepingSlot {
  readonly name: string;
  readonly active: boolean;
  readonly keptBytes: number;
  /** WAL that may still be written before the server gives the slot up. Undefined: it never does (max_slot_wal_keep_size). */
  readonly leftBytes: number | undefined;
  /** True: the server gives it up at its next checkpoint. */
  readonly unreserved: boolean;
}

interface WalPressure {
  /** WAL since the beginning of the last checkpoint that is complete. */
  readonly sinceCheckpointBytes: number;
  readonly maxWalBytes: number;
  /** Undefined: not watched for long enough. */
  readonly checkpointsLastMinute: number | undefined;
}

/** A session that waits for a lock of ours on a table. */
interface WaitingSession {
  readonly pid: number;
  /** Undefined: unnamed, or hidden from the role. */
  readonly application: string | undefined;
}

/** How far others may fall behind. Undefined: without a limit. */
interface PressureLimits {
  readonly replicaLagSeconds: number | undefined;
  readonly slotLagBytes: number | undefined;
}

/** One reason to go slower or to wait. */
interface Cause {
  /** Share of the time that it leaves: 0 is none. */
  readonly share: number;
  readonly fact: string;
  /** What ends it. */
  readonly fix: string;
  /** The setting that allows more of it. */
  readonly setting?: "--max-replica-lag" | "--max-slot-lag";
}

/** Whether a copy works on, in which share of the time, and why not in all of it. */
export type Pressure =
  | { readonly kind: "go"; readonly share: number; readonly why: readonly Cause[] }
  | { readonly kind: "wait"; readonly why: readonly Cause[] };

/** Nothing holds it back. */
export const FREE: Pressure = { kind: "go", share: 1, why: [] };

/** Smallest share before it waits: the measure must move, or nothing would be known any more. */
const SMALLEST_SHARE = 0.1;

/** Returns the limits that apply: what is left out of the settings has the default, and null is no limit. */
export function resolveLimits({
  maxReplicaLagSeconds: seconds = DEFAULT_MAX_REPLICA_LAG_SECONDS,
  maxSlotLagBytes: bytes = parseSize(DEFAULT_MAX_SLOT_LAG),
}: {
  readonly maxReplicaLagSeconds?: number | null;
  readonly maxSlotLagBytes?: number | null;
}): PressureLimits {
  return { replicaLagSeconds: seconds ?? undefined, slotLagBytes: bytes ?? undefined };
}

/**
 * Decides how a copy goes on: at full speed up to half of each limit, slower and slower up to it, and not at all beyond. The cause that
 * leaves least decides; all are told.
 */
export function decidePressure(server: ServerPressure, limits: PressureLimits): Pressure {
  const why = [
    ...server.waiting.map(judgeWaiting),
    ...server.replicas.flatMap((replica) => judgeReplica(replica, limits)),
    ...server.slots.map((slot) => judgeSlot(slot, limits)),
    ...(server.wal ? judgeWal(server.wal) : []),
  ]
    .filter(({ share }) => share < 1)
    .sort((a, b) => a.share - b.share);
  const share = why[0]?.share ?? 1;
  return share > 0 ? { kind: "go", share, why } : { kind: "wait", why: why.filter((cause) => cause.share === 0) };
}

/** Returns the part of the pressure that matters to a step that reads and writes nothing. */
export function keepWaiting({ waiting }: ServerPressure): ServerPressure {
  return { replicas: [], slots: [], wal: undefined, waiting };
}

/** 1 up to half of the limit, then less and less, and 0 beyond it. */
function leave(value: number, limit: number | undefined): number {
  if (limit === undefined || value <= limit / 2) return 1;
  if (value > limit) return 0;
  return Math.max(SMALLEST_SHARE, (2 * (limit - value)) / limit);
}

/** It gets its lock with the end of the statement that is under way, before the next one begins. */
function judgeWaiting({ pid, application }: WaitingSession): Cause {
  return {
    share: 0,
    fact: `pid ${pid} ("${application ?? "unnamed"}") waits for a lock of the conversion`,
    fix: "it goes first",
  };
}

function judgeReplica({ name, bytes, seconds }: LaggingReplica, limits: PressureLimits): Cause[] {
  const fix = "it goes on as the replica catches up";
  return [
    {
      share: leave(seconds ?? 0, limits.replicaLagSeconds),
      fact: `replica "${name}" is ${formatSeconds(seconds ?? 0)} behind${ofLimit(limits.replicaLagSeconds, formatSeconds)}`,
      fix,
      setting: "--max-replica-lag",
    },
    {
      share: leave(bytes, limits.slotLagBytes),
      fact: `replica "${name}" has ${formatSize(bytes)} of WAL to replay${ofLimit(limits.slotLagBytes, formatSize)}`,
      fix,
      setting: "--max-slot-lag",
    },
  ];
}

function judgeSlot({ name, active, keptBytes, leftBytes, unreserved }: KeepingSlot, limits: PressureLimits): Cause {
  const { slotLagBytes } = limits;
  // Beyond its reservation the server gives a slot up, and its reader has to begin anew.
  const given = leftBytes === undefined ? Infinity : (keptBytes + Math.max(0, leftBytes)) * SLOT_KEEP_SHARE;
  const limit = slotLagBytes === undefined ? undefined : Math.min(slotLagBytes, given);
  const lost = unreserved && limit !== undefined;
  return {
    share: lost ? 0 : leave(keptBytes, limit),
    fact: lost
      ? `slot "${name}" is about to be lost: it keeps more WAL than max_slot_wal_keep_size`
      : `slot "${name}" keeps ${formatSize(keptBytes)} of WAL${ofLimit(limit, formatSize)}`,
    fix: active
      ? "it goes on as the reader of the slot catches up"
      : `nothing reads the slot: start its reader, or SELECT pg_drop_replication_slot('${name}') if it has none any more`,
    setting: "--max-slot-lag",
  };
}

function judgeWal({ sinceCheckpointBytes, maxWalBytes, checkpointsLastMinute: often = 0 }: WalPressure): Cause[] {
  return [
    {
      // A checkpoint is asked for so early that it ends below max_wal_size; more of it is one that cannot keep up.
      share: leave(sinceCheckpointBytes, Math.max(1, 2 * maxWalBytes)),
      fact: `${formatSize(sinceCheckpointBytes)} of WAL were written since the last checkpoint, and max_wal_size is ${formatSize(maxWalBytes)}`,
      fix: "it goes on as the checkpoint ends; a larger max_wal_size leaves more room",
    },
    {
      // Never less than half: it is a question of speed, and nothing breaks.
      share: often > MAX_CHECKPOINTS_A_MINUTE ? Math.max(0.5, MAX_CHECKPOINTS_A_MINUTE / often) : 1,
      fact: `${often} checkpoints in the last minute: max_wal_size is ${formatSize(maxWalBytes)}`,
      fix: "a larger max_wal_size makes them fewer",
    },
  ];
}

function ofLimit(limit: number | undefined, format: (value: number) => string): string {
  return limit === undefined ? "" : ` of ${format(limit)} at most`;
}

/** Formats `4.2 s` and `35 s`. */
function formatSeconds(seconds: number): string {
  return `${seconds < 10 ? Number(seconds.toPrecision(2)) : Math.round(seconds)} s`;
}

/** Returns one reason after the other, each with what ends it and the setting that allows more. */
export function explainPressure(table: string, { why }: Pick<Pressure, "why">): string {
  return why
    .map(({ fact, fix, setting }) => {
      const more = setting === undefined ? "" : `, or pgpartition convert pace ${table} ${setting} allows more`;
      return `${fact} (${fix}${more})`;
    })
    .join("; ");
}

/** Returns what the line of the progress says of it: the facts alone. Undefined: nothing holds it back. */
export function namePressure(pressure: Pressure): string | undefined {
  const facts = pressure.why.map(({ fact }) => fact).join("; ");
  if (pressure.kind === "wait") return `waits: ${facts}`;
  return pressure.share < 1 ? `slowed to ${Math.round(pressure.share * 100)} %: ${facts}` : undefined;
}
