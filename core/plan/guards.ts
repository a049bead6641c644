import type { DetachedTable, LedgerEntry } from "../ledger";
import { branchPath } from "../levels/levels";
import { quoteQualified } from "../names/identifier";
import type { Observation, ObservedLeaf } from "../observed";
import type { WindowSpec } from "../spec/spec";
import { compareInstants, formatInstant, type Instant } from "../time/instant";
import { formatInterval, type OpenInterval, sameInterval } from "../time/interval";
import { type BackupFact, whyNoBackup } from "./backup";
import { type Dependents, whyNotDroppable } from "./dependents";
import { extentOf } from "./extent";
import { describeHold, holdOn } from "./holds";
import { pinOn, whyNotDropped } from "./pins";
import { type ReferringRows, whyItStays } from "./referring";
import { dropOf, type Retirement, whyNotArchived } from "./retiring";

/** One step that is due by the clock, before anything has been asked that may keep it. */
export interface Candidate {
  readonly step: Retirement;
  /** Of a partition that is attached. */
  readonly leaf?: ObservedLeaf;
  /** Of a table that has left by our hand. */
  readonly table?: DetachedTable;
}

/** What guards decide by. */
export interface GuardFacts {
  readonly spec: WindowSpec;
  readonly observation: Pick<Observation, "ledger">;
  /** The moment that graces, holds and backups are measured by. */
  readonly now: Instant;
  readonly referring: ReferringRows;
  readonly dependents: Dependents;
  readonly backup: BackupFact | undefined;
}

/** What keeps a step from being done, in words. */
export interface Keep {
  readonly by:
    | "hold"
    | "restored"
    | "foreign"
    | "adopted"
    | "odd"
    | "unrecorded"
    | "archive"
    | "grace"
    | "backup"
    | "referred"
    | "dependents";
  readonly reason: string;
  /** Said behind the reason for which it would go, not in its place. */
  readonly behind?: true;
  /** It goes at the day that the step names, and nothing but time keeps it. */
  readonly dated?: true;
  readonly marks?: Pick<Retirement, "held" | "referred">;
}

type Guard = (candidate: Candidate, facts: GuardFacts) => Keep | undefined;

const hold: Guard = ({ step }, { spec, now }) => {
  const found = holdOn(spec, step.bounds, now);
  return found && { by: "hold", reason: describeHold(found), marks: { held: true } };
};

const restored: Guard = ({ leaf }, { spec, observation, now }) => {
  const reason = leaf && (pinOn(spec, leaf, observation.ledger, now) ?? whyNotDropped(spec, leaf, observation.ledger));
  return reason === undefined ? undefined : { by: "restored", reason };
};

/** Its rows are elsewhere: an archive of this database would not be one of them. */
const foreign: Guard = ({ leaf, table, step }, { spec }) => {
  const archived = spec.onExpire === "archive" || table?.toArchive === true;
  if (!archived || !(leaf ?? table)?.foreign) return undefined;
  const above = leaf && quoteQualified(step.parent?.schema ?? spec.schema, step.parent?.name ?? spec.table);
  const keep = { by: "foreign", reason: whyNotArchived(step, above), marks: { referred: true } } as const;
  return leaf ? { ...keep, behind: true } : keep;
};

/** Only those that had expired on the day of adoption wait; the others are under the declared rule from then on. */
const adopted: Guard = ({ leaf, step }, { spec, observation }) => {
  if (!leaf || step.onlyEmpty || isConfirmed(step.bounds, spec, observation.ledger)) return undefined;
  const history = observation.ledger.filter((entry) => entry.oid === leaf.oid);
  const waits =
    history.length === 0 ||
    history.some(({ event, detail }) => event === "adopted" && detail.expiredAtAdoption === true);
  return waits
    ? { by: "adopted", reason: `had expired before this table was adopted; ${confirming(step.bounds)}` }
    : undefined;
};

const odd: Guard = ({ step }, { spec, observation }) => {
  if (step.onlyEmpty || isConfirmed(step.bounds, spec, observation.ledger)) return undefined;
  const why = whyOdd(spec, step);
  return why === undefined ? undefined : { by: "odd", behind: true, reason: `${why}; ${confirming(step.bounds)}` };
};

/** When it left is not known: nothing that is counted from then can be over. */
const unrecorded: Guard = ({ table, step }, { spec }) =>
  table?.unrecorded && step.verb === "drop" && (spec.grace !== undefined || spec.requireBackupSince)
    ? { by: "unrecorded", reason: "its detach is written down first" }
    : undefined;

const archive: Guard = ({ table, step }, { spec }) =>
  table && step.verb === "drop" && !dropDay(spec, table)
    ? { by: "archive", reason: 'to be archived, which onExpire "drop" does not do: it stays' }
    : undefined;

const grace: Guard = ({ table, step }, { spec, now }) => {
  const day = table && step.verb === "drop" ? dropDay(spec, table) : undefined;
  if (!day || compareInstants(day, now) <= 0) return undefined;
  return { by: "grace", reason: `its grace ends ${formatInstant(day)}`, dated: true };
};

const backup: Guard = ({ table, step }, facts) => {
  const reason = table && step.verb === "drop" ? whyNoBackup(facts.spec, table, facts.backup, facts.now) : undefined;
  return reason === undefined ? undefined : { by: "backup", reason };
};

/** PostgreSQL itself would refuse to let it go, half-way. An archive only reads. */
const referred: Guard = ({ step }, { referring }) => {
  const reason = step.verb === "archive" ? undefined : whyItStays(step.oid, referring);
  return reason === undefined ? undefined : { by: "referred", behind: true, reason, marks: { referred: true } };
};

/** What could not be dropped in the end is not detached for it: its rows stay where they are looked for. */
const dependents: Guard = ({ step }, facts) => {
  const ends = step.verb === "drop" || (step.verb === "detach" && (facts.spec.onExpire !== "detach" || step.onlyEmpty));
  const why = ends ? whyNotDroppable(step, facts.dependents.get(step.oid)) : undefined;
  if (why === undefined) return undefined;
  const stays =
    step.verb === "detach" ? "stays attached, because it could not be dropped afterwards" : "is not dropped";
  return {
    by: "dependents",
    behind: true,
    reason: `${stays}: ${why}, and the next update goes on`,
    marks: { referred: true },
  };
};

/** In order: the first that keeps a step gives its reason, and is the one to be removed first. */
const GUARDS: readonly Guard[] = [
  hold,
  restored,
  foreign,
  adopted,
  odd,
  unrecorded,
  archive,
  grace,
  backup,
  referred,
  dependents,
];

/** What keeps a step from being done now; undefined: nothing does. */
export function keepOf(candidate: Candidate, facts: GuardFacts): Keep | undefined {
  for (const guard of GUARDS) {
    const keep = guard(candidate, facts);
    if (keep) return keep;
  }
  return undefined;
}

/** The step as it is shown while something keeps it: without a day that no clock would bring. */
export function kept({ step, table }: Candidate, { reason, behind, dated, marks }: Keep): Retirement {
  // An archive that does not come about leaves nothing to say but that its table is not dropped.
  const shown =
    table && !behind ? dropOf(table, reason) : { ...step, reason: behind ? `${step.reason}; ${reason}` : reason };
  return { ...shown, ...(dated ? {} : { dropAfter: undefined }), ...marks };
}

/** By the program now, or by an earlier one as the ledger tells. */
export function isConfirmed(
  bounds: OpenInterval | undefined,
  spec: WindowSpec,
  ledger: readonly LedgerEntry[],
): boolean {
  if (!bounds) return false;
  return (
    spec.confirmDrops.some((interval) => sameInterval(interval, bounds)) ||
    ledger.some((entry) => entry.event === "approved" && sameInterval(entry.bounds, bounds))
  );
}

/** Why a partition never leaves as one interval among others, whichever change has let it expire; undefined: it does. */
export function whyOdd({ maxDropsPerUpdate }: WindowSpec, { odd, intervals = 1 }: Retirement): string | undefined {
  if (odd !== undefined) return `it ${odd}, so that it leaves by its own confirmation alone`;
  if (intervals <= maxDropsPerUpdate) return undefined;
  return `it spans ${intervals} intervals of the grid, and maxDropsPerUpdate is ${maxDropsPerUpdate}`;
}

/** The step with what its partition takes of the grid of its branch. */
export function measured(step: Retirement, spec: WindowSpec): Retirement {
  const { intervals, odd } = extentOf(spec, step.bounds, branchPath(step.branch ?? ""));
  return { ...step, ...(intervals > 1 ? { intervals } : {}), ...(odd === undefined ? {} : { odd }) };
}

/** What was to be archived is dropped only with its archive. */
function dropDay({ onExpire }: WindowSpec, table: DetachedTable): Instant | undefined {
  return onExpire === "archive" || table.toArchive ? table.archived?.dropAfter : table.dropAfter;
}

function confirming(bounds: OpenInterval): string {
  return `add ${JSON.stringify(formatInterval(bounds))} to confirmDrops to retire it`;
}
