import type { ConnectionOptions } from "node:tls";
import { setTimeout as sleep } from "node:timers/promises";
import { Client, type ClientBase, type ClientConfig } from "pg";
import { type DatabaseConfig, listSpellings } from "./database-config";
import { ConnectionError, explainConnectionError } from "./connection-error";
import { findPassword } from "./password";
import { refuseTransactionPooling, refuseUsed } from "./pooler";
import { Session } from "./session";
import { applySettings, readFacts, type ServerFacts, setUp } from "./set-up";
import { type Environment, nameTarget, resolveTarget, type Target } from "./target";
import { listTlsAttempts } from "./tls";

/** Pause between two attempts while a server starts or has no free connection. */
const RETRY_PAUSE_MS = 250;

/** Opened session, and the facts of its server. */
interface Opened {
  readonly session: Session;
  readonly facts: ServerFacts;
}

/** Opens sessions: resolves the target, gets the password, and detects TLS and poolers once. */
export class Connector {
  private known: Promise<Known> | undefined;
  /** True once a session is known to keep its server process until it ends. */
  private keepsServer = false;
  private passwords: string[] = [];

  constructor(
    private readonly config: DatabaseConfig,
    private readonly env: Environment,
    private readonly count: () => void,
  ) {}

  /** Passwords known so far, in all their spellings. */
  get secrets(): string[] {
    return listSpellings(this.passwords);
  }

  async describe(): Promise<string> {
    return nameTarget((await this.resolve()).target);
  }

  /** Opens one session. A server that starts or is full gets time; with `patient` an unreachable one does, too. */
  async openSession(patient: boolean, kind: SessionKind = "pipelined"): Promise<Opened> {
    const known = await this.resolve();
    const deadline = performance.now() + known.target.connectTimeoutMs;
    for (;;) {
      try {
        return await this.openOnce(known, kind);
      } catch (error) {
        const failure = explainConnectionError(error, known.target, (text) => this.hide(text));
        const passes =
          failure.kind === "starting" || failure.kind === "busy" || (patient && failure.kind === "unreachable");
        if (!passes || performance.now() + RETRY_PAUSE_MS > deadline) throw failure;
        await sleep(RETRY_PAUSE_MS);
      }
    }
  }

  /** Returns the driver's options, for its pool. */
  async resolveClientConfig(): Promise<ClientConfig> {
    const known = await this.resolve();
    return buildClientConfig(this.config, known, known.tls[0] ?? false);
  }

  /**
   * Prepares a connected session for work. A pooler accepts a connection at once and answers when it has a server for it, so the
   * first answer has the same time limit as the connection.
   */
  async makeReady(session: Session): Promise<ServerFacts> {
    const { target } = await this.resolve();
    const facts = await limitTime(this.prepare(session), target.connectTimeoutMs, () => createNoAnswerError(target));
    refuseUsed(facts);
    return facts;
  }

  private async prepare(session: Session): Promise<ServerFacts> {
    if (this.keepsServer) return setUp(session);
    const facts = await readFacts(session);
    await refuseTransactionPooling(session, () => this.openBare());
    await applySettings(session);
    this.keepsServer = true;
    return facts;
  }

  /** Opens a session without any settings. */
  private async openBare(): Promise<Session> {
    const { client, session } = this.createSession(await this.resolve());
    try {
      await client.connect();
      return session;
    } catch (error) {
      session.destroy();
      throw error;
    }
  }

  /** Creates a session, not connected yet; with TLS as it worked before. */
  private createSession(
    known: Known,
    kind: SessionKind = "pipelined",
  ): { readonly client: Client; readonly session: Session } {
    const config = buildClientConfig(this.config, known, known.tls[0] ?? false);
    const client = new Client({ ...config, pipeline: kind === "pipelined" });
    return { client, session: this.wrap(client, known.target, kind) };
  }

  private wrap(client: ClientBase, target: Target, kind: SessionKind): Session {
    return new Session(client, this.count, kind === "pipelined", nameTarget(target));
  }

  /** Wraps a connection of the driver's pool as a session. */
  async adopt(client: ClientBase): Promise<Session> {
    return this.wrap(client, (await this.resolve()).target, "pipelined");
  }

  /** Explains why there is no connection. */
  async explain(error: unknown): Promise<ConnectionError> {
    return explainConnectionError(error, (await this.resolve()).target, (text) => this.hide(text));
  }

  private hide(text: string): string {
    return this.secrets.reduce((rest, secret) => rest.replaceAll(secret, "[secret]"), text);
  }

  private resolve(): Promise<Known> {
    this.known ??= this.find();
    return this.known;
  }

  private async find(): Promise<Known> {
    const target = resolveTarget(this.config, this.env);
    const password = await findPassword(target, this.env);
    this.passwords = [password, target.password].filter((text): text is string => text !== undefined && text !== "");
    return { target, password, tls: [...listTlsAttempts(target)] };
  }

  /** Opens one session. The working TLS option is remembered: later sessions do not try TLS again on a server without it. */
  private async openOnce(known: Known, kind: SessionKind): Promise<Opened> {
    for (;;) {
      const { client, session } = this.createSession(known, kind);
      try {
        await client.connect();
        return { session, facts: await this.makeReady(session) };
      } catch (error) {
        session.destroy();
        if (known.tls.length < 2 || !mayTryWithoutTls(error, known.target)) throw error;
        known.tls.shift();
      }
    }
  }
}

/** `streaming`: one request at a time, because a COPY takes the connection over. */
type SessionKind = "pipelined" | "streaming";

interface Known {
  readonly target: Target;
  readonly password: string | undefined;
  readonly tls: (ConnectionOptions | false)[];
}

function mayTryWithoutTls(error: unknown, target: Target): boolean {
  const kind = explainConnectionError(error, target, (text) => text).kind;
  return !(error instanceof ConnectionError) && (kind === "tls" || /pg_hba/.test(String(error)));
}

function buildClientConfig(config: DatabaseConfig, known: Known, ssl: ConnectionOptions | false): ClientConfig {
  const { target, password } = known;
  return {
    host: target.host,
    port: target.port,
    database: target.database,
    user: target.user,
    // A function, so that the driver neither prints it nor applies its own rules for PGPASSWORD and password files.
    password: () => password ?? "",
    ssl,
    application_name: config.applicationName,
    connectionTimeoutMillis: target.connectTimeoutMs,
    keepAlive: true,
    pipeline: true,
    client_encoding: "UTF8",
    ...(target.options === undefined ? {} : { options: target.options }),
  };
}

/** Limits the wait for `work`, which continues by itself until its session is destroyed. */
async function limitTime<T>(work: Promise<T>, ms: number, refusal: () => Error): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => (timer = setTimeout(() => reject(refusal()), ms)));
  work.catch(() => undefined);
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}

function createNoAnswerError(target: Target): ConnectionError {
  return new ConnectionError(
    "busy",
    `${nameTarget(target)} accepted a connection and gave no answer in ${String(target.connectTimeoutMs / 1000)} s. ` +
      "A connection pooler does so while none of its server connections is free: " +
      "give it one for each connection of this provider (poolSize) and of the application (PgBouncer: default_pool_size, max_db_connections), " +
      "lower poolSize, or connect to the server itself.",
  );
}
