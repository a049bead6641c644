import { formatBytes } from "../../../core/size";
import type { HistoryFacts } from "../../../postgres/read/history-facts";

/** Returns "about 2,000 rows, 598 kB". */
export function describeSize({ rows, bytes }: Pick<HistoryFacts, "rows" | "bytes">): string {
  return `${rows === undefined ? "rows never counted" : `about ${rows.toLocaleString("en")} rows`}, ${formatBytes(bytes)}`;
}
