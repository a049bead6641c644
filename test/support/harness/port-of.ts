import type { ChildProcess } from "node:child_process";

/** The port that a process prints as its first line. */
export function portOf(child: ChildProcess): Promise<number> {
  return new Promise((resolve, reject) => {
    let text = "";
    child.stdout?.on("data", (chunk: Buffer) => {
      text += chunk.toString();
      if (text.includes("\n")) resolve(Number(text));
    });
    child.once("error", reject);
    child.once("exit", (code, signal) =>
      reject(new Error(`the plugin ended before its port: ${String(signal ?? code)}`)),
    );
  });
}
