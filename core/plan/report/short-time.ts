/** Writes midnight UTC as a date, wherever it stands in a text; what is quoted there is copied by its reader, and stays. */
export function formatShortTime(text: string): string {
  return text.replace(/"[^"]*"|T00:00:00Z/g, (found) => (found.startsWith('"') ? found : ""));
}
