import type { Statement } from "../../core/sql/statement";
import { faultpoint, areFaultpointsEnabled } from "../connect/faultpoint";
import type { Group } from "./groups";
import type { Session } from "../connect/session";
import { READ_LOCK_TIMEOUT_MS } from "../connect/session-settings";
import { isConnectionLoss, getSqlState, wasUnsent } from "../connect/sqlstate";
import type { Timeouts } from "./timeouts";
import { DEFAULT_STATEMENT_TIMEOUT_MS } from "../../core/defaults";

/** Request to the server. */
interface Step {
  /** Name of the fault points before and after it. */
  readonly name: string;
  readonly text: string;
  readonly values: readonly (string | null)[];
  readonly statement: Statement | undefined;
  /** True if its effect lasts once it has ended: COMMIT, and a statement without a transaction. */
  readonly lasting?: boolean;
}

/** Thrown for the first step that failed, as the later ones only fail because of it. */
export class FailedStep extends Error {
  constructor(
    readonly statement: Statement | undefined,
    override readonly cause: unknown,
    /** True if it may have taken effect anyway: COMMIT, or a statement without a transaction, was under way. */
    readonly inDoubt = false,
  ) {
    super("a statement failed", { cause });
  }
}

export type OnStatement = (statement: Statement, durationMs: number) => void;

/** What stands around the statements of a group. */
export interface Frame {
  readonly begin: string;
  readonly end: string;
  /** True if its effect lasts once it has ended. */
  readonly lasting: boolean;
}

export const TRANSACTION: Frame = { begin: "begin", end: "commit", lasting: true };

interface AttemptOptions {
  readonly frame: Frame;
  readonly timeouts: (statement: Statement) => Timeouts;
  readonly flushedLater: boolean;
  readonly done: OnStatement;
}

/**
 * Runs a group once. All its requests are sent together and answered one by one, so no lock is held for a network round trip. If
 * one fails, the server refuses the rest and turns COMMIT into ROLLBACK.
 */
export async function attempt(session: Session, group: Group, options: AttemptOptions): Promise<void> {
  const steps =
    group.label === undefined
      ? buildAloneSteps(group.statements[0], options.timeouts)
      : buildTransactionSteps(group, group.label, options);
  await send(session, steps, options.done);
}

/** Begins or ends a transaction, between the fault points of its name. */
export function sendControl(session: Session, name: string, text: string, lasting = false): Promise<void> {
  return send(session, [{ ...createControlStep(name, text), lasting }], () => undefined);
}

async function send(session: Session, steps: readonly Step[], done: OnStatement): Promise<void> {
  if (areFaultpointsEnabled()) await sendOneByOne(session, steps, done);
  else await sendInOneGo(session, steps, done);
}

function buildTransactionSteps(group: Group, label: string, { frame, timeouts, flushedLater }: AttemptOptions): Step[] {
  const steps: Step[] = [createControlStep(`begin ${label}`, frame.begin)];
  if (flushedLater) steps.push(createControlStep(`commit later ${label}`, "set local synchronous_commit = off"));
  let current: Timeouts | undefined;
  group.statements.forEach((statement, index) => {
    const wanted = timeouts(statement);
    if (wanted.lock !== current?.lock || wanted.statement !== current.statement)
      steps.push(setTimeouts(`time-outs ${label}`, wanted, true));
    current = wanted;
    steps.push({ name: `${label} #${index + 1}`, text: statement.sql, values: statement.values ?? [], statement });
  });
  return [...steps, { ...createControlStep(`commit ${label}`, frame.end), lasting: frame.lasting }];
}

/** Returns the steps outside a transaction, where the time-outs are the session's and are reset afterwards. */
function buildAloneSteps(statement: Statement, timeouts: (statement: Statement) => Timeouts): Step[] {
  const own = timeouts(statement);
  const session: Timeouts = { lock: READ_LOCK_TIMEOUT_MS, statement: DEFAULT_STATEMENT_TIMEOUT_MS };
  return [
    setTimeouts("time-outs", own, false),
    { name: statement.sql, text: statement.sql, values: statement.values ?? [], statement, lasting: true },
    setTimeouts("time-outs back", session, false),
  ];
}

function setTimeouts(name: string, timeouts: Timeouts, local: boolean): Step {
  return {
    name,
    text: "select pg_catalog.set_config('lock_timeout', $1, $3), pg_catalog.set_config('statement_timeout', $2, $3)",
    values: [`${timeouts.lock}ms`, `${timeouts.statement}ms`, String(local)],
    statement: undefined,
  };
}

function createControlStep(name: string, text: string): Step {
  return { name, text, values: [], statement: undefined };
}

async function sendInOneGo(session: Session, steps: readonly Step[], done: OnStatement): Promise<void> {
  let last = performance.now();
  const answers = steps.map(async (step) => {
    await session.query(step.text, step.values);
    const now = performance.now();
    if (step.statement !== undefined) done(step.statement, now - last);
    last = now;
  });
  const outcomes = await Promise.allSettled(answers);
  const failed = outcomes.findIndex((outcome) => outcome.status === "rejected");
  const outcome = outcomes[failed];
  if (outcome?.status !== "rejected") return;
  const reason: unknown = outcome.reason;
  if (isDone(reason, steps.slice(0, failed))) return;
  // Answers come in order: a server that ends the session at one step has done none of the later ones.
  const onTheWay = getSqlState(reason) === undefined ? steps.slice(failed) : steps.slice(failed, failed + 1);
  throw new FailedStep(steps[failed]?.statement, reason, isInDoubt(reason, onTheWay));
}

/** Returns true if a lasting step ended before its session was lost. */
function isDone(reason: unknown, before: readonly Step[]): boolean {
  return isConnectionLoss(reason) && before.some((step) => step.lasting);
}

function isInDoubt(reason: unknown, onTheWay: readonly (Step | undefined)[]): boolean {
  return isConnectionLoss(reason) && !wasUnsent(reason) && onTheWay.some((step) => step?.lasting);
}

/** Does the same with a stop between any two requests, so that tests can end after every prefix of the requests. */
async function sendOneByOne(session: Session, steps: readonly Step[], done: OnStatement): Promise<void> {
  const site = { dropConnection: () => session.destroy() };
  let failure: FailedStep | undefined;
  for (const step of steps) {
    await faultpoint(`before ${step.name}`, site);
    const start = performance.now();
    try {
      await session.query(step.text, step.values);
      if (step.statement !== undefined && failure === undefined) done(step.statement, performance.now() - start);
    } catch (error) {
      const before = steps.slice(0, steps.indexOf(step));
      if (failure === undefined && !isDone(error, before))
        failure = new FailedStep(step.statement, error, isInDoubt(error, [step]));
    }
    await faultpoint(`after ${step.name}`, site);
  }
  if (failure !== undefined) throw failure;
}
