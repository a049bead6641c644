import { formatInstant, type Instant, parseInstant } from "../../time/instant";
import type { ConversionPhase, ConversionSpec, ConversionStrategy } from "./conversion-spec";

export function encodeConversion(spec: ConversionSpec): Sent {
  const until = spec.until === "swap" ? {} : { until: spec.until };
  const former =
    !("dropFormerAfter" in spec) || spec.dropFormerAfter === undefined
      ? {}
      : { dropFormerAfter: formatInstant(spec.dropFormerAfter) };
  const budget = spec.timeBudgetMinutes === undefined ? {} : { timeBudgetMinutes: spec.timeBudgetMinutes };
  if (spec.strategy === "attach") {
    const { historyUntil, historyName, split } = spec;
    return {
      historyUntil: formatInstant(historyUntil),
      historyName,
      ...(split ? { split } : {}),
      ...until,
      ...budget,
      ...former,
    };
  }
  if (spec.strategy === "copyThenSwitch") {
    const { strategy, from, rollbackUntil } = spec;
    return { strategy, table: from, ...until, ...budget, rollbackUntil: formatInstant(rollbackUntil) };
  }
  const { formerName, rollbackUntil, openWayBack } = spec;
  return {
    strategy: spec.strategy,
    formerName,
    ...until,
    ...budget,
    ...(rollbackUntil === undefined ? {} : { rollbackUntil: formatInstant(rollbackUntil) }),
    ...(openWayBack ? { openWayBack } : {}),
    ...former,
  };
}

/** What is left out is not sent at all. */
interface Sent {
  strategy?: ConversionStrategy;
  historyUntil?: string;
  historyName?: string;
  split?: boolean;
  table?: string;
  formerName?: string;
  until?: ConversionPhase;
  timeBudgetMinutes?: number;
  rollbackUntil?: string;
  openWayBack?: boolean;
  dropFormerAfter?: string;
}

type ConversionWire = { readonly [Key in keyof Sent]?: Sent[Key] | undefined };

export function decodeConversion(wire: ConversionWire): ConversionSpec {
  const { strategy: named, historyUntil = "", historyName = "", formerName = "", until, timeBudgetMinutes } = wire;
  const { rollbackUntil, openWayBack = false, split = false } = wire;
  const dropFormerAfter = decodeTime(wire.dropFormerAfter);
  if (named === "copyThenSwitch")
    return {
      strategy: named,
      from: wire.table ?? "",
      until: until === "verify" ? "verify" : "swap",
      timeBudgetMinutes,
      rollbackUntil: parseInstant(rollbackUntil ?? "", "UTC"),
    };
  if (named === "copy" || named === "offline")
    return {
      strategy: named,
      formerName,
      until: until === "verify" ? "verify" : "swap",
      timeBudgetMinutes,
      rollbackUntil: decodeTime(rollbackUntil),
      openWayBack,
      dropFormerAfter,
    };
  return {
    strategy: "attach",
    historyUntil: parseInstant(historyUntil, "UTC"),
    historyName,
    split,
    until: until ?? "swap",
    timeBudgetMinutes,
    dropFormerAfter,
  };
}

function decodeTime(text: string | undefined): Instant | undefined {
  return text === undefined ? undefined : parseInstant(text, "UTC");
}
