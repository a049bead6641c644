import type { Observation, ObservedPartitionIndex } from "../core/observed/observed-table";
import type { RegisteredExpression } from "../core/observed/registration";
import type { Statement } from "../core/sql/statement";
import type { Trial } from "../core/table/needs/trial";
import type { TrialOutcome } from "../core/table/needs/trial-problems";
import type { Instant } from "../core/time/instant";
import type { KeyReading } from "./catalog/bounds";
import { cancelBackends } from "./connect/cancel";
import type { DatabaseConfig } from "./connect/database-config";
import { listSecrets } from "./connect/database-config";
import { Connections, type Identity } from "./connect/connections";
import { type DetachRequest, detachPartition } from "./execute/detach";
import type { ExecuteOptions } from "./execute/execute-options";
import { type CopyFrame, type CopyOptions, runInCopyTransaction } from "./execute/copy-transaction";
import { executeStatements } from "./execute/executor";
import { flushStatement } from "./registry/flush";
import { parseTime, type RawObservation, toObservation } from "./catalog/observation";
import { observeIndexesOfPartitions, observeTable } from "./catalog/observe";
import { readPatiently } from "./execute/patient-read";
import { type DeclaredExpression, printExpressions } from "./catalog/print-expressions";
import { type PrintedPolicies, printPolicies, type PrintRequest } from "./catalog/print-policies";
import { trySteps } from "./catalog/try-steps";
import { query } from "./queries";
import type { TableName } from "../core/names/table-name";
import type { Row, Session, Value } from "./connect/session";
import { type LockedBody, type TableLockOptions, TableLocks } from "./execute/table-lock";
import { runInTransaction } from "./connect/transaction";
import type { Environment } from "./connect/target";
import { type Patience, getPatience } from "./execute/timeouts";
import { runWholeTransaction, type WholeTransaction } from "./execute/whole-transaction";

/** A table as an update will have left it. */
interface ExpectedTable {
  readonly observe: (before: Observation) => Observation;
  /** Of its partitions. Left out: as they are. */
  readonly indexes?: readonly ObservedPartitionIndex[];
}

/** Access of the rest of the product to one database: connects at first use, reads, executes, locks, cancels. */
export class Database {
  readonly managementSchema: string;
  private readonly connections: Connections;
  private readonly locks: TableLocks;
  private readonly patience: Patience;
  private readonly observed = new Map<string, Promise<RawObservation>>();
  /** Ends the waits of reads. */
  private readonly cancelled = new AbortController();
  private readonly converted = new WeakMap<RawObservation, Map<string, Observation>>();
  private readonly expected = new Map<string, ExpectedTable>();

  constructor(
    private readonly config: DatabaseConfig,
    env: Environment,
  ) {
    this.managementSchema = config.managementSchema;
    this.patience = getPatience(config);
    this.connections = new Connections(config, env);
    this.locks = new TableLocks(this.connections, this.patience.lockBudgetMs);
  }

  /** Statements sent so far, apart from setting connections up. */
  get statementCount(): number {
    return this.connections.statementCount;
  }

  /** Longest time for which work that may wait for others does. */
  get waitBudgetMs(): number {
    return this.patience.waitBudgetMs;
  }

  /** Texts that must never be printed. Passwords from the environment, a command or a file are included once connected. */
  get secrets(): string[] {
    return [...new Set([...listSecrets(this.config), ...this.connections.connector.secrets])];
  }

  /** Connects now instead of at the first use. A failure is remembered: every later call fails at once with the same error. */
  async connect(): Promise<void> {
    await this.connections.findStart();
  }

  /** Returns the identity of the database, to detect another one at the same address. */
  async readIdentity(): Promise<Identity> {
    return (await this.connections.findStart()).identity;
  }

  /** Returns `host:port/database as user`, with the values from the environment. */
  describe(): Promise<string> {
    return this.connections.connector.describe();
  }

  async readNow(): Promise<Instant> {
    const rows = await this.read(query("now"));
    return parseTime(String(rows[0]?.["now"]));
  }

  /**
   * Reads everything that planning one table needs, in at most three statements; cached until {@link invalidate}. `key` states
   * how a key of numbers or UUIDs encodes times; without it the registry does.
   */
  async observe(schema: string, table: string, key?: KeyReading): Promise<Observation> {
    const raw = await this.observeRaw(schema, table);
    const byReading = this.converted.get(raw) ?? new Map<string, Observation>();
    this.converted.set(raw, byReading);
    const name = JSON.stringify([key?.encoding, key?.zone, key?.column]);
    const observation = byReading.get(name) ?? this.applyExpected(schema, table, toObservation(raw, key));
    byReading.set(name, observation);
    return observation;
  }

  /**
   * Lets the rest of this process see a table otherwise than it is: in a preview, as its update will have left it by then. Reads of
   * its rows are not concerned.
   */
  expect({ schema, table }: TableName, expected: ExpectedTable): void {
    this.expected.set(JSON.stringify([schema, table]), expected);
    this.invalidate(schema, table);
  }

  private applyExpected(schema: string, table: string, observation: Observation): Observation {
    return this.expected.get(JSON.stringify([schema, table]))?.observe(observation) ?? observation;
  }

  /** Reads the indexes of the partitions, uncached: they are read when they are about to change. */
  observePartitionIndexes(
    schema: string,
    table: string,
    away?: { readonly schema: string; readonly name: string },
  ): Promise<readonly ObservedPartitionIndex[]> {
    const expected = this.expected.get(JSON.stringify([schema, table]))?.indexes;
    if (expected) return Promise.resolve(expected);
    return this.readWithPatience(`reading the indexes of table "${schema}"."${table}"`, (session) =>
      observeIndexesOfPartitions(session, schema, table, away),
    );
  }

  /** Returns policies as the server parses and prints them, in a transaction that is rolled back. */
  printPolicies(request: PrintRequest): Promise<PrintedPolicies> {
    return this.readWithPatience(`reading the policies of table "${request.schema}"."${request.table}"`, (session) =>
      printPolicies(session, request),
    );
  }

  /** Returns checks and defaults as the server prints them, in a transaction that is rolled back. */
  printExpressions(table: TableName, declared: readonly DeclaredExpression[]): Promise<RegisteredExpression[]> {
    return this.readWithPatience(`reading the expressions of table "${table.schema}"."${table.table}"`, (session) =>
      printExpressions(session, table, declared),
    );
  }

  /** Returns what the server says to the new parts of a declaration, in a transaction that is rolled back. */
  tryDeclaration({ schema, table }: TableName, trial: Trial): Promise<TrialOutcome | undefined> {
    return this.readWithPatience(`judging the declaration of table "${schema}"."${table}"`, (session) =>
      trySteps(session, trial),
    );
  }

  /** Forgets the cached facts of one table, or of all. */
  invalidate(schema?: string, table?: string): void {
    if (schema === undefined || table === undefined) this.observed.clear();
    else this.observed.delete(JSON.stringify([schema, table]));
  }

  /** Runs statements in order, transaction by transaction, with the time-outs of their class. */
  async execute(statements: readonly Statement[], options: ExecuteOptions): Promise<void> {
    await this.locks.assertHeld(options.subject);
    await executeStatements(this.connections, this.patience, statements, this.addConfirm(options));
  }

  /**
   * Writes to disk what the holder of a table's lock committed with `flushedLater`. An error: some of it may be lost, though
   * never a part of a transaction. Not to be aborted: the transactions that it secures are committed.
   */
  async flush(table: TableName, options: Pick<ExecuteOptions, "log">): Promise<void> {
    const name = `"${table.schema}"."${table.table}"`;
    const subject = `writing the changes of table ${name} to disk`;
    const signal = new AbortController().signal;
    await executeStatements(this.connections, this.patience, [flushStatement(table)], { ...options, subject, signal });
    // A server that crashed and came back before the flush would have nothing to write: it has lost the lock as well.
    await this.locks.confirm(table.schema, table.table, subject);
  }

  /** Detaches a partition concurrently, or finishes a half-done detach, without blocking other sessions. */
  async detach(request: DetachRequest, options: ExecuteOptions): Promise<void> {
    await this.locks.assertHeld(options.subject);
    await detachPartition(this.connections, this.patience, request, this.addConfirm(options));
  }

  private addConfirm(options: ExecuteOptions): ExecuteOptions {
    return { ...options, confirm: () => this.locks.confirmHeld(options.subject) };
  }

  /** Runs `body` in the transaction of one COPY: see the files of rows/. */
  copy<T>(options: CopyOptions, frame: CopyFrame, body: (session: Session) => Promise<T>): Promise<T> {
    return runInCopyTransaction(this.connections, this.patience, options, frame, body);
  }

  /** Runs `body` in one transaction of several steps: all of it is done, or nothing. */
  async runWhole<T>(
    options: ExecuteOptions & { readonly label: string },
    body: (transaction: WholeTransaction) => Promise<T>,
  ): Promise<T> {
    await this.locks.assertHeld(options.subject);
    return runWholeTransaction(this.connections, this.patience, options, body);
  }

  /** Runs a read whose time grows with the table. */
  async readLong(
    text: string,
    values: readonly Value[],
    settings: Readonly<Record<string, string>> = {},
  ): Promise<Row[]> {
    return this.readWithPatience("reading the database", (session) =>
      runInTransaction(
        session,
        "begin read only",
        { ...settings, statement_timeout: `${this.patience.waitBudgetMs}ms` },
        () => session.query(text, values),
      ),
    );
  }

  /**
   * Runs reads of one snapshot in a read-only transaction, with settings of their own. `body` may run again in another one, after a
   * lock that was not available or a lost connection.
   */
  readSnapshot<T>(
    subject: string,
    settings: Readonly<Record<string, string>>,
    body: (session: Session) => Promise<T>,
  ): Promise<T> {
    return this.readWithPatience(subject, (session) =>
      runInTransaction(session, "begin isolation level repeatable read read only", settings, () => body(session)),
    );
  }

  /**
   * Runs `body` as the only writer of a table, in this process and in all others. Not to be nested for one table. If the
   * connection was lost or another session was faster, it runs again under the lock, so it has to read the current state first.
   */
  withTableLock<T>(schema: string, table: string, options: TableLockOptions, body: LockedBody<T>): Promise<T> {
    return this.locks.runLocked(schema, table, options, (round) => {
      if (round.repeat > 0) this.invalidate();
      return body(round);
    });
  }

  /** Cancels all running statements of this process, from another session. */
  async cancelAll(): Promise<void> {
    this.cancelled.abort();
    await cancelBackends(this.connections, this.connections.busyPids);
  }

  async close(): Promise<void> {
    await this.connections.close();
  }

  /** Runs one read by the extended protocol, for the other files of this folder. */
  read(text: string, values: readonly Value[] = []): Promise<Row[]> {
    return this.readWithPatience("reading the database", (session) => session.query(text, values));
  }

  /** Runs a read: it waits for locks as long as a statement does, and survives a lost connection. */
  private readWithPatience<T>(subject: string, body: (session: Session, tried: number) => Promise<T>): Promise<T> {
    return readPatiently(this.connections, this.patience, { subject, signal: this.cancelled.signal }, body);
  }

  private observeRaw(schema: string, table: string): Promise<RawObservation> {
    const key = JSON.stringify([schema, table]);
    const known = this.observed.get(key);
    if (known !== undefined) return known;
    const observing = this.readWithPatience(`reading table "${schema}"."${table}"`, (session, tried) =>
      observeTable(session, this.config.managementSchema, schema, table, tried),
    );
    this.observed.set(key, observing);
    observing.catch(() => {
      if (this.observed.get(key) === observing) this.observed.delete(key);
    });
    return observing;
  }
}
