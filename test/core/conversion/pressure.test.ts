import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  decidePressure,
  explainPressure,
  keepWaiting,
  namePressure,
  type Pressure,
  resolveLimits,
  type ServerPressure,
} from "../../../core/conversion/pace/pressure";

const MB = 1024 ** 2;
const GB = 1024 ** 3;
const IDLE: ServerPressure = { replicas: [], slots: [], wal: undefined, waiting: [] };
const LIMITS = resolveLimits({});

const slot = (changes: Partial<ServerPressure["slots"][number]>) => ({
  name: "cdc",
  active: true,
  keptBytes: 0,
  leftBytes: undefined,
  unreserved: false,
  ...changes,
});
const replica = (changes: Partial<ServerPressure["replicas"][number]>) => ({
  name: "standby",
  bytes: 0,
  seconds: undefined,
  ...changes,
});
const wal = (changes: Partial<NonNullable<ServerPressure["wal"]>>) => ({
  sinceCheckpointBytes: 0,
  maxWalBytes: GB,
  checkpointsLastMinute: undefined,
  ...changes,
});
const shareOf = (pressure: Pressure) => (pressure.kind === "wait" ? 0 : pressure.share);
const decide = (changes: Partial<ServerPressure>, limits = LIMITS) => decidePressure({ ...IDLE, ...changes }, limits);

describe("decidePressure", () => {
  it("lets a copy work where nothing is behind", () => {
    expect(
      decide({ replicas: [replica({ seconds: 0.2 })], slots: [slot({ keptBytes: 64 * MB })], wal: wal({}) }),
    ).toEqual({ kind: "go", share: 1, why: [] });
  });

  it.each([
    ["a replica up to half of its limit", { replicas: [replica({ seconds: 5 })] }, 1],
    ["a replica near its limit", { replicas: [replica({ seconds: 8 })] }, 0.4],
    ["a replica at its limit", { replicas: [replica({ seconds: 10 })] }, 0.1],
    ["a replica beyond its limit", { replicas: [replica({ seconds: 10.1 })] }, 0],
    ["a replica whose time is not known", { replicas: [replica({ bytes: 9 * GB })] }, 0],
    ["a slot up to half of its limit", { slots: [slot({ keptBytes: 4 * GB })] }, 1],
    ["a slot near its limit", { slots: [slot({ keptBytes: 6 * GB })] }, 0.5],
    ["a slot beyond its limit", { slots: [slot({ keptBytes: 9 * GB })] }, 0],
    [
      "a slot that has used three tenths of what the server keeps",
      { slots: [slot({ keptBytes: 3 * GB, leftBytes: 7 * GB })] },
      1,
    ],
    [
      "a slot that has used nine tenths of what the server keeps",
      { slots: [slot({ keptBytes: 0.9 * GB, leftBytes: 0.1 * GB })] },
      0,
    ],
    ["a slot that the server is about to give up", { slots: [slot({ keptBytes: MB, unreserved: true })] }, 0],
    ["WAL that a checkpoint keeps up with", { wal: wal({ sinceCheckpointBytes: GB }) }, 1],
    ["WAL that no checkpoint keeps up with", { wal: wal({ sinceCheckpointBytes: 1.5 * GB }) }, 0.5],
    ["WAL of twice max_wal_size", { wal: wal({ sinceCheckpointBytes: 2.1 * GB }) }, 0],
    ["two checkpoints a minute", { wal: wal({ checkpointsLastMinute: 2 }) }, 1],
    ["three checkpoints a minute", { wal: wal({ checkpointsLastMinute: 3 }) }, 2 / 3],
    ["any number of checkpoints a minute", { wal: wal({ checkpointsLastMinute: 30 }) }, 0.5],
    ["a session that waits", { waiting: [{ pid: 7, application: "deploy" }] }, 0],
  ] as const)("with %s", (_, changes, share) => {
    expect(shareOf(decide(changes))).toBeCloseTo(share, 6);
  });

  it("is not held back where an operator has lifted a limit, not even by a slot that will be lost", () => {
    const none = resolveLimits({ maxReplicaLagSeconds: null, maxSlotLagBytes: null });
    const behind = {
      replicas: [replica({ seconds: 9_999, bytes: 999 * GB })],
      slots: [slot({ keptBytes: 999 * GB, leftBytes: 0, unreserved: true })],
    };
    expect(decide(behind, none)).toEqual({ kind: "go", share: 1, why: [] });
    expect(decide(behind, resolveLimits({ maxSlotLagBytes: null })).kind).toBe("wait");
    expect(decide(behind, resolveLimits({ maxReplicaLagSeconds: null })).kind).toBe("wait");
  });

  it("tells each reason with what ends it, those it waits for alone if it waits", () => {
    const slower = decide({ slots: [slot({ keptBytes: 6 * GB })], replicas: [replica({ seconds: 8 })] });
    expect(explainPressure("app.events", slower)).toBe(
      'replica "standby" is 8 s behind of 10 s at most (it goes on as the replica catches up, or pgpartition convert pace app.events --max-replica-lag allows more); ' +
        'slot "cdc" keeps 6 GB of WAL of 8 GB at most (it goes on as the reader of the slot catches up, or pgpartition convert pace app.events --max-slot-lag allows more)',
    );
    expect(namePressure(slower)).toBe(
      'slowed to 40 %: replica "standby" is 8 s behind of 10 s at most; slot "cdc" keeps 6 GB of WAL of 8 GB at most',
    );
    expect(namePressure(decide({}))).toBeUndefined();
    const waits = decide({ slots: [slot({ active: false, keptBytes: 20 * GB })], replicas: [replica({ seconds: 8 })] });
    expect(namePressure(waits)).toBe('waits: slot "cdc" keeps 20 GB of WAL of 8 GB at most');
    expect(waits).toMatchObject({ kind: "wait", why: [{ share: 0 }] });
    expect(explainPressure("app.events", waits)).toContain(
      "nothing reads the slot: start its reader, or SELECT pg_drop_replication_slot('cdc') if it has none any more",
    );
  });

  const bytes = fc.integer({ min: 0, max: 20 * GB });
  const server = fc.record({
    replicas: fc.array(
      fc.record({
        name: fc.constant("r"),
        bytes,
        seconds: fc.option(fc.float({ min: 0, max: 60, noNaN: true }), { nil: undefined }),
      }),
      { maxLength: 3 },
    ),
    slots: fc.array(
      fc.record({
        name: fc.constant("s"),
        active: fc.boolean(),
        keptBytes: bytes,
        leftBytes: fc.option(bytes, { nil: undefined }),
        unreserved: fc.boolean(),
      }),
      { maxLength: 3 },
    ),
    wal: fc.option(
      fc.record({
        sinceCheckpointBytes: bytes,
        maxWalBytes: fc.integer({ min: 2 * MB, max: 20 * GB }),
        checkpointsLastMinute: fc.option(fc.integer({ min: 0, max: 60 }), { nil: undefined }),
      }),
      { nil: undefined },
    ),
    waiting: fc.array(fc.record({ pid: fc.integer({ min: 1 }), application: fc.constant(undefined) }), {
      maxLength: 2,
    }),
  });

  it("always says why it is slower than it could be, and works at least a tenth of the time or not at all", () => {
    fc.assert(
      fc.property(server, (seen) => {
        const decided = decidePressure(seen, LIMITS);
        if (decided.kind === "wait") return decided.why.length > 0;
        return decided.share >= 0.1 && decided.share <= 1 && decided.why.length > 0 === decided.share < 1;
      }),
    );
  });

  it("never works more because one thing more is behind, or is further behind", () => {
    fc.assert(
      fc.property(server, server, bytes, (one, other, more) => {
        const before = shareOf(decidePressure(one, LIMITS));
        const both = { ...one, slots: [...one.slots, ...other.slots], replicas: [...one.replicas, ...other.replicas] };
        const further = {
          ...one,
          replicas: one.replicas.map((it) => ({
            ...it,
            bytes: it.bytes + more,
            seconds: (it.seconds ?? 0) + more / MB,
          })),
          slots: one.slots.map((it) => ({
            ...it,
            keptBytes: it.keptBytes + more,
            leftBytes: it.leftBytes === undefined ? undefined : it.leftBytes - more,
          })),
        };
        return shareOf(decidePressure(both, LIMITS)) <= before && shareOf(decidePressure(further, LIMITS)) <= before;
      }),
    );
  });

  it("a comparison, which writes nothing, is held back by those alone who wait for it", () => {
    fc.assert(
      fc.property(server, (seen) => {
        const decided = decidePressure(keepWaiting(seen), LIMITS);
        return (decided.kind === "wait") === seen.waiting.length > 0;
      }),
    );
  });
});
