// A standby that says what it has replayed and which snapshots it has, and no more: a session in the protocol of replication.
import { Client, type ClientConfig } from "pg";
import { onTestFinished } from "vitest";

interface Standby {
  /** Begins to stream, from the end of the WAL; by a physical slot, if it is given one. */
  readonly start: (slot?: string) => Promise<void>;
  /** Everything up to this position is replayed. */
  readonly reply: (lsn: bigint) => void;
  /** Its oldest transaction needs what this one of the primary sees (hot_standby_feedback). */
  readonly report: (xmin: bigint) => void;
}

/** Connects one under this name, until the test ends. */
export async function connectStandby(login: ClientConfig, name: string): Promise<Standby> {
  const client = new Client({ ...login, application_name: name, ...{ replication: "database" } });
  await client.connect();
  onTestFinished(async () => {
    client.on("error", () => undefined);
    await client.end();
  });
  // The driver knows no replication: its connection does.
  const { connection } = client as unknown as {
    connection: {
      query(text: string): void;
      once(event: string, done: () => void): void;
      removeAllListeners(event: string): void;
      sendCopyFromChunk(chunk: Buffer): void;
    };
  };
  return {
    start: async (slot) => {
      const { rows: known } = await client.query<{ xlogpos: string }>("IDENTIFY_SYSTEM");
      const started = new Promise<void>((resolve) => connection.once("replicationStart", resolve));
      connection.removeAllListeners("copyData");
      connection.query(`START_REPLICATION ${slot ? `SLOT ${slot} ` : ""}${known[0]?.xlogpos ?? "0/0"}`);
      await started;
    },
    reply: (lsn) => {
      const message = Buffer.alloc(34);
      message.write("r", 0);
      for (const offset of [1, 9, 17]) message.writeBigInt64BE(lsn, offset);
      connection.sendCopyFromChunk(message);
    },
    report: (xmin) => {
      const message = Buffer.alloc(25);
      message.write("h", 0);
      message.writeUInt32BE(Number(xmin & 0xffffffffn), 9);
      message.writeUInt32BE(Number(xmin >> 32n), 13);
      connection.sendCopyFromChunk(message);
    },
  };
}
