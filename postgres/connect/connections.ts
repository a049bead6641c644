import { Client, Pool, type PoolClient } from "pg";
import { DEFAULT_POOL_SIZE } from "../../core/defaults";
import type { DatabaseConfig } from "./database-config";
import { Connector } from "./connector";
import type { Session } from "./session";
import type { ServerFacts } from "./set-up";
import type { Environment } from "./target";
import { isConnectionLoss, getSqlState } from "./sqlstate";

/** Idle sessions of the pool are closed after this time: a run that waits does not occupy the server. */
const IDLE_MS = 30_000;

/** A stopping server may for a moment accept connections and end them, again and again. */
const MAX_FAILURES = 3;

export interface Identity {
  /**
   * Of the cluster; "unknown" if the role may not read it (some hosted servers): then only oid and name distinguish databases.
   */
  readonly systemIdentifier: string;
  readonly databaseOid: string;
  readonly database: string;
  /** `server_version_num`, for example 150018. */
  readonly version: number;
}

/**
 * Sessions of one database: a pool for work, and one service session that holds the table locks, samples blockers and cancels.
 * Everything on the service session is instant, so it is free when another one hangs.
 */
export class Connections {
  statementCount = 0;
  readonly connector: Connector;
  private readonly busy = new Set<Session>();
  private readonly sessions = new WeakMap<object, Session>();
  private first: Promise<Started> | undefined;
  private service: Promise<Session> | undefined;
  /** Time of the last loss of a session, by performance.now(): the cause often ends all of them. */
  private lossAt = -Infinity;

  constructor(
    private readonly config: DatabaseConfig,
    env: Environment,
  ) {
    this.connector = new Connector(config, env, () => (this.statementCount += 1));
  }

  /** Connects once; a failure is remembered, because Check is called serially and each call would wait for it again. */
  findStart(): Promise<Started> {
    this.first ??= this.startOnce();
    return this.first;
  }

  /** Returns the service session, opened again if it was lost. */
  async getServiceSession(): Promise<Session> {
    await this.findStart();
    const asked = this.service;
    const current = await asked?.catch(() => undefined);
    if (current !== undefined && (await current.isAlive(this.lossAt))) return current;
    // Another caller has opened it meanwhile.
    if (this.service !== asked && this.service !== undefined) return this.service;
    const opened = this.connector.openSession(true).then(({ session }) => session);
    this.service = opened;
    opened.catch(() => undefined);
    return opened;
  }

  /** Runs `body` with a session of the pool. A session that was lost or is in doubt is discarded. */
  async withSession<T>(body: (session: Session) => Promise<T>): Promise<T> {
    const { pool } = await this.findStart();
    const { client, session } = await this.checkOut(pool);
    this.busy.add(session);
    try {
      return await body(session);
    } finally {
      this.busy.delete(session);
      if (session.lost !== undefined) this.lossAt = performance.now();
      client.release(session.lost ?? client.getTransactionStatus() !== "I");
    }
  }

  /** Runs `body` with a session of its own, for a COPY, which does not tolerate the pipelined requests of the pool's sessions. */
  async withStreamingSession<T>(body: (session: Session) => Promise<T>): Promise<T> {
    await this.findStart();
    const { session } = await this.connector.openSession(true, "streaming");
    this.busy.add(session);
    try {
      return await body(session);
    } finally {
      this.busy.delete(session);
      await session.closeAndExit();
    }
  }

  /** Pids of the sessions in use. */
  get busyPids(): number[] {
    return [...this.busy].filter((session) => session.lost === undefined).map((session) => session.pid);
  }

  async close(): Promise<void> {
    const started = await this.first?.catch(() => undefined);
    if (started === undefined) return;
    const service = await this.service?.catch(() => undefined);
    await Promise.allSettled([started.pool.end(), service?.closeAndExit()]);
  }

  private async startOnce(): Promise<Started> {
    const { session, facts } = await this.connector.openSession(false);
    try {
      const identity = await readIdentity(session, facts);
      this.service = Promise.resolve(session);
      return { pool: await this.makePool(), facts, identity };
    } catch (error) {
      session.destroy();
      throw isConnectionLoss(error) ? await this.connector.explain(error) : error;
    }
  }

  private async makePool(): Promise<Pool> {
    const size = Math.max(2, this.config.poolSize ?? DEFAULT_POOL_SIZE);
    const config = await this.connector.resolveClientConfig();
    const pool = new Pool({
      // The client has the time-out for connecting. That of the pool would also limit the wait for a free session, which lasts as
      // long as other work does.
      Client: class extends Client {
        constructor() {
          super(config);
        }
      },
      // One connection is the service session.
      max: size - 1,
      idleTimeoutMillis: IDLE_MS,
      allowExitOnIdle: true,
      // eslint-disable-next-line @typescript-eslint/no-misused-promises -- the pool awaits it; its types are behind
      onConnect: async (client) => {
        const session = await this.connector.adopt(client);
        this.sessions.set(client, session);
        await this.connector.makeReady(session);
      },
    });
    // An idle session that ends is simply opened again; without a listener the event would end the process.
    pool.on("error", () => (this.lossAt = performance.now()));
    return pool;
  }

  /**
   * Returns a session that answers: a dead one is discarded before anything is sent over it. A server that has gone away since
   * gets the time of one connection to come back.
   */
  private async checkOut(pool: Pool): Promise<{ readonly client: PoolClient; readonly session: Session }> {
    for (let failures = 0; ;) {
      try {
        const client = await pool.connect();
        const session = this.sessions.get(client) ?? (await this.connector.adopt(client));
        if (await session.isAlive(this.lossAt)) return { client, session };
        client.release(true);
        this.lossAt = performance.now();
      } catch (error) {
        failures += 1;
        if (failures > MAX_FAILURES) throw await this.connector.explain(error);
        // A patient attempt finds the precise reason, or that the server is back.
        const { session } = await this.connector.openSession(true);
        await session.closeAndExit();
      }
    }
  }
}

interface Started {
  readonly pool: Pool;
  readonly facts: ServerFacts;
  readonly identity: Identity;
}

async function readIdentity(session: Session, facts: ServerFacts): Promise<Identity> {
  let systemIdentifier = "unknown";
  try {
    const rows = await session.set("select c.system_identifier::text as id from pg_catalog.pg_control_system() c");
    systemIdentifier = String(rows[0]?.["id"] ?? systemIdentifier);
  } catch (error) {
    if (getSqlState(error) !== "42501") throw error;
  }
  return { systemIdentifier, databaseOid: facts.databaseOid, database: facts.database, version: facts.version };
}
