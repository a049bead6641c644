// Runs a printed program with stand-ins for the package.
import { transformSync } from "esbuild";
import type { TableSpecArgs } from "../../core/declare/table/args";

interface Declared {
  readonly name: string;
  readonly args: TableSpecArgs;
}

/** What the program declares. */
export function evaluate(text: string): Declared {
  const { code } = transformSync(text, { loader: "ts", format: "cjs" });
  const found: Declared[] = [];
  class PartitionedTable {
    constructor(name: string, args: TableSpecArgs) {
      found.push({ name, args });
    }
  }
  const run = new Function("require", code) as (load: () => object) => void;
  run(() => ({ ManagementSchema: class {}, PartitionedTable }));
  const [declared] = found;
  if (!declared) throw new Error(`the program declares no table:\n${text}`);
  return declared;
}
