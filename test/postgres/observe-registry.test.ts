import { Temporal } from "temporal-polyfill";
import { beforeAll, describe, expect, it } from "vitest";
import { formatInterval } from "../../core/time/interval";
import { ensureManagementSchema } from "../../postgres/management/install";
import { recordLedgerStatement } from "../../postgres/registry/ledger";
import {
  recordIndexesStatement,
  recordWindowStatement,
  registerTableStatement,
} from "../../postgres/registry/registry";
import { testVersions, withDatabase } from "../support/database";
import { opener, options, recordingLog } from "./support";

const CREATED = { event: "created", run: "r1", detail: {} } as const;

describe.each(testVersions())("observing on PostgreSQL %i", (version) => {
  const server = withDatabase(version);
  const open = opener(server);

  describe("with a registry", () => {
    beforeAll(async () => {
      await server.query("create table w (ts bigint not null, n int) partition by range (ts)");
      for (let month = 1; month <= 3; month += 1) {
        await server.query(`create table w${month} partition of w for values from (${month}) to (${month + 1})`);
      }
    });

    it("reads registration, ledger and detached tables in three statements, and keeps them", async () => {
      const database = open();
      await ensureManagementSchema(database, { signal: new AbortController().signal, log: recordingLog() });
      const at = Temporal.Instant.from("2025-05-01T00:00:00Z");
      const name = { schema: "public", table: "w" };
      const month = (n: number) => ({
        from: Temporal.Instant.fromEpochMilliseconds(n * 1000),
        to: Temporal.Instant.fromEpochMilliseconds((n + 1) * 1000),
      });
      const index = { name: "i", partitionIndexName: "{partition}_i", declared: "a", printed: "A" };
      await database.execute(
        [
          registerTableStatement("pgpartition", { ...name, owner: "shop/dev" }),
          recordWindowStatement("pgpartition", {
            ...name,
            window: { key: { column: "ts", encoding: "epoch-s", zone: "UTC" } },
          }),
          recordIndexesStatement("pgpartition", { ...name, indexes: [index, { ...index, name: "j" }] }),
          recordIndexesStatement("pgpartition", { ...name, indexes: [{ ...index, printed: "B" }] }),
          recordLedgerStatement("pgpartition", { ...name, ...CREATED, partition: "w1", bounds: month(1) }),
          recordLedgerStatement("pgpartition", { ...name, ...CREATED, partition: "w2", bounds: month(2) }),
          recordLedgerStatement("pgpartition", {
            ...name,
            ...CREATED,
            event: "detaching",
            partition: "w1",
            bounds: month(1),
            effectiveAt: at,
            detail: { dropAfter: "2025-05-08T00:00:00Z" },
          }),
          recordLedgerStatement("pgpartition", {
            ...name,
            ...CREATED,
            event: "detaching",
            partition: "w2",
            bounds: month(2),
          }),
        ],
        options(),
      );
      await server.query("alter table w detach partition w1");
      const before = database.statementCount;
      const observation = await database.observe("public", "w");
      expect(database.statementCount - before).toBe(3);
      expect(observation.registration).toMatchObject({ owner: "shop/dev", mode: "managed", paused: false });
      expect(observation.registration?.indexes.map((one) => [one.name, one.printed])).toEqual([
        ["i", "B"],
        ["j", "A"],
      ]);
      expect(observation.ledger.map((entry) => [entry.partition, entry.event])).toEqual([
        ["w1", "created"],
        ["w2", "created"],
        ["w1", "detaching"],
        ["w2", "detaching"],
      ]);
      expect(observation.ledger[0]?.oid).toMatch(/^\d+$/);
      expect(observation.ledger[2]?.at.toString()).toBe("2025-05-01T00:00:00Z");
      // Of the two that were begun only one has left its table. The window in the registry says how numbers are times.
      expect(
        observation.detached.map((one) => [
          one.name,
          formatInterval(one.bounds),
          one.detachedAt.toString(),
          one.dropAfter?.toString(),
        ]),
      ).toEqual([["w1", "1970-01-01T00:00:01Z/1970-01-01T00:00:02Z", "2025-05-01T00:00:00Z", "2025-05-08T00:00:00Z"]]);
      expect(observation.table?.partitions[0]?.bounds && formatInterval(observation.table.partitions[0].bounds)).toBe(
        "1970-01-01T00:00:02Z/1970-01-01T00:00:03Z",
      );
      await database.observe("public", "w");
      expect(database.statementCount - before).toBe(3);
      // Another table in its place, under the same name: names never decide.
      await server.query("drop table w1");
      await server.query("create table w1 (ts bigint)");
      database.invalidate("public", "w");
      expect((await database.observe("public", "w")).detached).toEqual([]);
    });
  });
});
