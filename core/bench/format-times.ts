/** Formats a time with two or three digits: `0.31 ms`, `12.4 ms`, `1.52 s`. */
export function formatMs(ms: number): string {
  if (ms >= 1000) return `${Number((ms / 1000).toPrecision(3))} s`;
  return `${Number(ms.toPrecision(ms >= 10 ? 3 : 2))} ms`;
}

/** Says how two times compare: `2.3 times slower`, `4.1 times faster`. */
export function formatRatio(ratio: number): string {
  const digits = (times: number): string => String(Number(times.toPrecision(times >= 100 ? 3 : 2)));
  return ratio >= 1 ? `${digits(ratio)} times slower` : `${digits(1 / ratio)} times faster`;
}
