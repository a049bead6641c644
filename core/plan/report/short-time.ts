/** Writes midnight UTC as a date, wherever it stands in a text. */
export function formatShortTime(text: string): string {
  return text.replace(/T00:00:00Z/g, "");
}
