import type { Problem } from "../../core/problems/problem";
import type { TableName } from "../../core/names/table-name";

/** Refuses a strategy for a table whose changes another one captures: that alone knows how to end it, and they would pile up. */
export function refuseCaptured({ schema, table }: TableName, wayBack: string): Problem {
  return {
    path: "convertFrom.strategy",
    code: "conflict",
    message: `"${schema}.${table}" ${wayBack}: another strategy captures its changes.`,
    fix: 'Declare that one as before ("copy" for a way back, "copyThenSwitch" for two tables), or remove convertFrom for one update, which ends it.',
  };
}

/** Refuses to go on with a copy that was begun for another declared table. */
export function refuseOtherTarget({ schema, table }: TableName, begun: string | undefined): Problem {
  return {
    path: "convertFrom.strategy",
    code: "conflict",
    message: `"${schema}.${table}" is being converted already: ${begun === undefined ? "its copy is to take its place" : `its rows are copied into "${schema}.${begun}"`}.`,
    fix: `Declare that conversion as before, remove it for one update, or give it up by pgpartition convert give-up ${schema}.${table} --yes.`,
  };
}
