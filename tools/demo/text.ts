/** Prints a heading of the demo, and the command that a reader would type. */
export function headline(text: string, command?: string): void {
  console.log(`\n=== ${text}${command === undefined ? "" : `\n$ ${command}`}\n`);
}

export function say(text: string): void {
  console.log(`  ${text}`);
}
