import { findConversionFindings } from "../../../core/conversion/analyze/findings";
import { formatFinding, toProblem } from "../../../core/conversion/analyze/tell-finding";
import { type AttachSource, choosePrimaryKey } from "../../../core/conversion/attach/attach-source";
import { type ConversionPlan, planConversion } from "../../../core/conversion/attach/plan-attach";
import type { Problem } from "../../../core/problems/problem";
import type { DeclaredAttach } from "../../../core/resources/conversion";
import { compareInstants, formatInstant, type Instant } from "../../../core/time/instant";
import { readConversionFacts } from "../../../postgres/read/conversion-facts";
import { type HistoryFacts, readHistoryFacts } from "../../../postgres/read/history-facts";
import type { Statement } from "../../../core/sql/statement";
import type { Runtime } from "../../runtime/runtime";
import { readDeclaredSplit, type Split } from "./split";
import { readRestored, readUnsettled, readWayBack, type Reversible } from "./read-way-back";
import { refuseCaptured } from "../../../conversion/read/refuse-other-strategy";

/** A plain table that can be converted, and the statements that do. */
export interface Convertible {
  readonly source: AttachSource;
  readonly facts: HistoryFacts;
  readonly plan: ConversionPlan;
  /** What an operator should know before it. */
  readonly notes: readonly string[];
  /** True if only a part of the rows was read: others may not belong to the history. */
  readonly sampled: boolean;
}

/** What the database says about a declared conversion. */
export type ConversionReading =
  | { readonly kind: "none" }
  /** `settle`: what an interrupted run has left. */
  | { readonly kind: "converted"; readonly settle: readonly Statement[]; readonly split: Split }
  /** Taken back from the declared conversion: nothing is done again, except what that left. */
  | { readonly kind: "restored"; readonly settle: readonly Statement[] }
  | ({ readonly kind: "reversible" } & Reversible)
  | { readonly kind: "refused"; readonly state: "plain" | "converted"; readonly problems: readonly Problem[] }
  | ({ readonly kind: "convertible" } & Convertible);

/** Reads the table as it is now, with everything that is bound to it, and plans its conversion. */
export async function readConversion(runtime: Runtime, declared: DeclaredAttach): Promise<ConversionReading> {
  const known = await runtime.observe(declared, declared.key);
  if (known.table?.wayBack !== undefined)
    return { kind: "refused", state: "converted", problems: [refuseCaptured(declared, known.table.wayBack)] };
  if (known.table?.kind === "partitioned" && declared.until !== "prepare") {
    const settle = await readUnsettled(runtime, declared, known);
    return { kind: "converted", settle, split: await readDeclaredSplit(runtime, declared, known.table) };
  }
  const facts = await readHistoryFacts(runtime.database, declared);
  const observation = await runtime.observeAgain(declared, declared.key);
  const { table } = observation;
  if (!table) return { kind: "none" };
  if (table.kind === "partitioned") return readWayBack(runtime, declared, { ...observation, table });
  const restored = table.kind === "plain" && (await readRestored(runtime, declared, observation, table));
  if (restored) return restored;
  const { key, historyUntil, historyName } = declared;
  const asked = { column: key.column, encoding: key.encoding, zone: key.zone, historyUntil };
  const found = await readConversionFacts(runtime.database, declared, asked);
  if (!found) return { kind: "none" };
  const findings = findConversionFindings(found);
  const problems = [
    ...findings.filter(({ level }) => level === "blocker").map(toProblem),
    ...(await findTakenName(runtime, declared)),
    ...findPastEnd(declared, runtime.getNow(observation)),
  ];
  const kind = found.key?.kind;
  if (problems.length > 0 || !kind) return { kind: "refused", state: "plain", problems };
  const source: AttachSource = {
    table,
    bound: found.source,
    publications: observation.replication.publications,
    defaultGrantees: observation.defaultGrantees,
    key: { column: key.column, kind, zone: key.zone },
    historyUntil,
    historyName,
    primaryKey: choosePrimaryKey(declared.primaryKey, table, [key.column]),
  };
  return {
    kind: "convertible",
    source,
    facts,
    plan: planConversion(source, facts.fingerprint),
    sampled: found.key?.rows?.from !== "index" && found.key?.rows?.from !== "table",
    notes: findings.filter(({ level }) => level === "note").map(formatFinding),
  };
}

async function findTakenName(runtime: Runtime, { schema, historyName }: DeclaredAttach): Promise<Problem[]> {
  const { table } = await runtime.observe({ schema, table: historyName });
  if (!table) return [];
  return [
    {
      path: "convertFrom.historyName",
      code: "conflict",
      message: `"${schema}.${historyName}" exists already.`,
      fix: "Rename it, or declare another historyName.",
    },
  ];
}

function findPastEnd({ schema, table, historyUntil }: DeclaredAttach, now: Instant): Problem[] {
  if (compareInstants(now, historyUntil) < 0) return [];
  return [
    {
      path: "convertFrom.historyUntil",
      code: "invalid-time",
      message: `the history ends ${formatInstant(historyUntil)}, which is past: new rows of "${schema}.${table}" would be refused.`,
      fix: "End it where a later interval of the grid begins.",
    },
  ];
}
