/** A line of Pulumi's about one resource, or about its own progress. */
const ROW =
  /^(?: *[-+~]* +(?:pulumi|pgpartition|postgresql|aws):\S+:\S+ (?!.*\):$)|@ |Previewing |Updating |Loading policy packs)/;

/**
 * Returns the lines of a command's output that a person reads: policies, what is said about resources, and the totals. A
 * paragraph that an earlier command has printed is left out.
 *
 * @param seen paragraphs so far; new ones are added
 */
export function selectReadable(output: string, seen: Set<string>): string[] {
  const paragraphs = output
    .split("\n")
    .filter((line) => !ROW.test(line))
    .join("\n")
    .split(/\n{2,}/)
    .map((text) => text.replace(/^\n+|\s+$/g, ""));
  const isNew = (text: string): boolean => {
    const said = text.replace(/^(?:Diagnostics|Policies):\n/, "");
    if (said.startsWith("Resources:")) return true;
    if (said.trim() === "" || /^(?:Outputs|Duration):/.test(said) || seen.has(said)) return false;
    seen.add(said);
    return true;
  };
  return paragraphs.filter(isNew).flatMap((text) => text.split("\n"));
}
