import { explainNoBackupSince } from "../../plan/retire/backup-guard";
import { explainNotDroppable } from "../../plan/retire/dependents";
import { describeHold, findHold } from "../../plan/retire/hold-on";
import { STOPS } from "../../plan/retire/stops";
import { compareInstants, formatInstant } from "../../time/instant";
import type { FormerFacts } from "./former-table";

type FormerKeptBy =
  | "wayBack"
  | "unsettled"
  | "otherTable"
  | "unrecorded"
  | "time"
  | "hold"
  | "renamed"
  | "attached"
  | "opened"
  | "backup"
  | "dependents"
  | "paused"
  | "hours";

interface FormerGuard {
  /** Returns the reason that keeps it. */
  readonly guard: (facts: FormerFacts) => string | undefined;
  /** Kept until an operator acts, so each update warns once its time has come. */
  readonly warns?: true;
}

/**
 * Every guard of the drop of a former table, in order: the first that keeps it gives its reason, which has to be resolved first.
 * Those after `time` are asked only once that has come.
 */
export const FORMER_GUARDS: Readonly<Record<FormerKeptBy, FormerGuard>> = {
  // Its conversion:
  wayBack: { guard: wayBack },
  unsettled: { guard: ({ record }) => (record.ended ? undefined : "what its swap has left is done first") },
  otherTable: { guard: otherTable, warns: true },
  unrecorded: { guard: unrecorded, warns: true },
  // What is declared:
  time: { guard: time },
  hold: { guard: hold },
  // The table itself:
  renamed: { guard: renamed, warns: true },
  attached: { guard: attached, warns: true },
  opened: { guard: opened, warns: true },
  backup: { guard: backup },
  dependents: { guard: dependents, warns: true },
  // Stops of all retirement:
  paused: { guard: stop("paused") },
  hours: { guard: stop("hours") },
};

/** Reason that keeps a former table, with its guard. */
export interface FormerKeep {
  readonly by: FormerKeptBy;
  readonly reason: string;
}

/** Asks every guard in order. Undefined: it may be dropped now. */
export function judgeFormer(facts: FormerFacts): FormerKeep | undefined {
  for (const by of Object.keys(FORMER_GUARDS) as FormerKeptBy[]) {
    const reason = FORMER_GUARDS[by].guard(facts);
    if (reason !== undefined) return { by, reason };
  }
  return undefined;
}

/** Keeps what a way back returns to. */
function wayBack({ record: { wayBackUntil } }: FormerFacts): string | undefined {
  return wayBackUntil === undefined
    ? undefined
    : `its way back is open until ${wayBackUntil} (convertFrom.rollbackUntil), and is closed first`;
}

function otherTable({ record }: FormerFacts): string | undefined {
  return record.isOfTable
    ? undefined
    : "the table is another one than its conversion has made, so its rows may be in no other one. Drop it by hand if they are";
}

/** Nothing in the journal shows that it is the table that the trigger was made on. */
function unrecorded({ record: { swapped } }: FormerFacts): string | undefined {
  return swapped
    ? undefined
    : "an earlier version has swapped it, and its journal does not say how it left it. Drop it by hand";
}

function time({ rules: { dropAfter }, now }: FormerFacts): string | undefined {
  return compareInstants(now, dropAfter) < 0
    ? `until ${formatInstant(dropAfter)} (convertFrom.dropFormerAfter)`
    : undefined;
}

/** Its rows are those of the time of the swap: what a hold is for may be only there. */
function hold({ rules, now }: FormerFacts): string | undefined {
  const found = findHold(rules, rules.bounds, now);
  return found && describeHold(found);
}

function renamed({ record, table }: FormerFacts): string | undefined {
  return table.name === record.name
    ? undefined
    : `it was called ${record.name}: what was given another name is in use. Give it that name again, or drop it by hand`;
}

function attached({ table: { parents } }: FormerFacts): string | undefined {
  return parents.length === 0
    ? undefined
    : `it is a partition or a child of ${parents.join(", ")}. Detach it there, and the next update drops it`;
}

/** A table that was opened for writes may have rows that are nowhere else, whether it refuses them again or not. */
function opened({ record: { swapped }, table }: FormerFacts): string | undefined {
  return table.refusal === swapped?.refusal
    ? undefined
    : "the trigger that refuses writes to it was switched off or dropped since the swap, so it may have rows that the table lacks. Drop it by hand if it has none";
}

function backup({ rules, record, backup: found, now }: FormerFacts): string | undefined {
  return record.swapped && explainNoBackupSince(rules, record.swapped.at, found, now);
}

function dependents({ table, dependents: found }: FormerFacts): string | undefined {
  const why = explainNotDroppable({ schema: table.schema, partition: table.name }, found);
  return why === undefined ? undefined : `${why}, and the next update drops it`;
}

function stop(name: "paused" | "hours"): FormerGuard["guard"] {
  return ({ rules, registration, now }) =>
    STOPS[name]({ spec: rules, observation: { registration }, clocks: { asOf: now, database: now, trusted: now } })
      ?.short;
}
